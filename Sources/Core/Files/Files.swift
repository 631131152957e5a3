package import Wire

/// What the operator decides about files that people share.
package struct FileSettings: Equatable, Sendable {
  /// Bytes of a file: a long video of a phone is more, all the rest is not. 0: none are taken.
  package var mostBytes: Int64 = 32 << 20
  /// Bytes of all files of an account.
  package var quotaBytes: Int64 = 1 << 30
  /// Which are taken: `image/png`, `image/*`, `*/*`.
  package var types = ["*/*"]
  /// Days for which a file is kept; 0: as long as what is said.
  package var keepDays = 0

  package init() {}
}

/// A file that somebody has uploaded. What is in it lies in the data folder, under its hash.
package struct FileRecord: Equatable, Sendable {
  /// What its address has, which nobody can guess: whoever knows it may read the file.
  package var id: String
  package var account: PersonID
  package var name: String
  /// What it is served as.
  package var type: String
  /// Whether browsers show it in place.
  package var isShown: Bool
  package var size: Int64
  /// SHA-256 of what is in it.
  package var hash: [UInt8]
  package var created: Milliseconds
  package init(
    id: String, account: PersonID, name: String, type: String, isShown: Bool, size: Int64, hash: [UInt8],
    created: Milliseconds
  ) {
    self.id = id
    self.account = account
    self.name = name
    self.type = type
    self.isShown = isShown
    self.size = size
    self.hash = hash
    self.created = created
  }
}

/// The names by which addresses name files.
package enum FileID {
  /// Characters of one: 128 bits of chance in Base64.
  package static let length = 22

  /// Whether this can be one.
  package static func isOne(_ text: some StringProtocol) -> Bool {
    text.utf8.count == length
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
      }
  }
}

/// A file that another realm keeps.
package struct FileElsewhere: Hashable, Sendable {
  package var id: String
  package var realm: String
  package init(id: String, realm: String) {
    self.id = id
    self.realm = realm
  }

  /// What its address has here, and the record of the copy that is kept: `ID@beta`.
  package var text: String { "\(id)@\(realm)" }
}

/// What the realm that keeps a file tells of it to one that fetches it.
package struct FileHead: Equatable, Sendable {
  package var name: String
  /// What it is served as there.
  package var type: String
  package var size: Int64
  package var hash: [UInt8]
  package init(name: String, type: String, size: Int64, hash: [UInt8]) {
    self.name = name
    self.type = type
    self.size = size
    self.hash = hash
  }
}

/// A part of a file of ours that another realm wants next.
package struct FilePartWish: Equatable, Sendable {
  /// Who wants it, and the number by which that realm knows what it fetches.
  package var realm: String
  package var number: UInt64
  package var id: String
  package var at: Int64
  package var count: Int
  package init(realm: String, number: UInt64, id: String, at: Int64, count: Int) {
    self.realm = realm
    self.number = number
    self.id = id
    self.at = at
    self.count = count
  }
}

/// A part of a file, as it was read.
package struct FilePart: Equatable, Sendable {
  package var head: FileHead
  package var bytes: [UInt8]
  package init(head: FileHead, bytes: [UInt8]) {
    self.head = head
    self.bytes = bytes
  }
}

/// What the files of an account come to.
package struct FileUsage: Equatable, Sendable {
  package var files = 0
  package var bytes: Int64 = 0
  package init(files: Int = 0, bytes: Int64 = 0) {
    self.files = files
    self.bytes = bytes
  }
}

/// Which files are asked for.
package enum FileQuery: Equatable, Sendable {
  case one(String)
  case of(PersonID)
  /// The oldest first.
  case before(Milliseconds)
  /// Copies of files of other realms, the oldest first.
  case fetched
}

/// Names a connection that a file comes by.
package typealias TransferID = UInt64

/// Who somebody says to be who wants something about files.
package enum FileCredentials: Equatable, Sendable {
  /// As with SASL PLAIN.
  case password(name: String, secret: [UInt8])
  /// The token of a device alone.
  case token([UInt8])
}

/// What an account may want about files.
package enum FileWish: Equatable, Sendable {
  /// One is to come, of so many bytes; nil where it does not say so before.
  case upload(name: String, length: Int64?)
  /// One of its own is to go.
  case remove(String)
  /// It wants to know its own.
  case list
}

/// A wish, and who says to have it.
package struct FileDemand: Equatable, Sendable {
  package var wish: FileWish
  package var credentials: FileCredentials?
  /// Where it comes from, for the log.
  package var host: String
  package init(_ wish: FileWish, credentials: FileCredentials?, host: String) {
    self.wish = wish
    self.credentials = credentials
    self.host = host
  }
}

/// A file that has come, and is on disk.
package struct StoredFile: Equatable, Sendable {
  /// Drawn at random for it.
  package var id: String
  package var type: MediaType
  package var size: Int64
  package var hash: [UInt8]
  package init(id: String, type: MediaType, size: Int64, hash: [UInt8]) {
    self.id = id
    self.type = type
    self.size = size
    self.hash = hash
  }
}

/// What the thread that moves files tells the realm.
package enum FileEvent: Equatable, Sendable {
  /// Somebody wants something, and waits for the answer.
  case asked(TransferID, FileDemand)
  /// All of it has come.
  case stored(TransferID, StoredFile)
  /// It will not come any more, or is not waited for any more.
  case cut(TransferID)

  // Files of other realms.

  /// Somebody wants to read one that is not here.
  case wanted(TransferID, FileElsewhere)
  /// All of it has come, is what it should be, and is on disk.
  case fetched(FileElsewhere, StoredFile)
  /// It cannot be kept, for a reason in words.
  case notKept(FileElsewhere, String)
  /// What was read of a file of ours; nil: there is none, or it cannot be read.
  case read(FilePartWish, FilePart?)
}

/// What the realm wants of the thread that moves files, after the commit.
package enum FileOrder: Equatable, Sendable {
  /// The upload may come, so many bytes of it at most.
  case take(TransferID, most: Int64)
  /// Ends it with an answer.
  case answer(TransferID, HTTPResponse)
  /// Those that no record names any more are to go.
  case removed([[UInt8]])
  /// The same, of all there are.
  case sweep

  // Files of other realms.

  /// Reads a part of a file of ours.
  case read(FilePartWish)
  /// A file of another realm comes.
  case receive(FileElsewhere, FileHead)
  /// What comes next of it.
  case piece(FileElsewhere, [UInt8])
  /// It is here and its record is written, for those who wait for it; or nobody waits for it any more.
  case endReceiving(FileElsewhere, serve: [TransferID])
}
