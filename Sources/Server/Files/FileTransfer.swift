import Core
import Net
import Wire

/// A connection on which a file is wanted or offered, as the client thread hands it over.
final class FileConnection: Sendable {
  let descriptor: Descriptor
  let address: SocketAddress
  let request: HTTPRequest
  /// What has come after the head.
  let rest: [UInt8]

  init(_ descriptor: consuming Descriptor, _ address: SocketAddress, _ request: HTTPRequest, rest: [UInt8]) {
    self.descriptor = descriptor
    self.address = address
    self.request = request
    self.rest = rest
  }
}

/// One file on its way in or out. Belongs to the files thread.
final class FileTransfer {
  enum Stage {
    /// The realm decides whether it may come; nothing is read.
    case asking
    case receiving(IncomingFile)
    /// All of it is on disk, and the realm is told.
    case stored
    case sending(OutgoingFile)
    /// There is an answer; it ends when that is sent.
    case answered
    /// All is sent and the other end has been told; what it still sends is thrown away until it ends as well.
    case draining
  }

  let id: TransferID
  let connection: FileConnection
  var stage = Stage.answered
  var body = UploadBody.bytes(0)
  /// The type that an upload says to be of, and whether it waits for a word before it is sent.
  var claim = ""
  var waits = false
  /// Bytes that the realm takes of it.
  var most: Int64 = 0

  /// What is to be sent, from `sent` on.
  var output: [UInt8] = []
  var sent = 0
  var interest: Poller.Interest = []
  var isPolled = false
  var isGone = false

  /// Bytes moved since the last look at how it comes on, and when the next one is due.
  var moved = 0
  var deadline: Int64 = .max

  init(_ id: TransferID, _ connection: FileConnection) {
    self.id = id
    self.connection = connection
  }

  var isUpload: Bool {
    switch stage {
    case .asking, .receiving: true
    default: false
    }
  }
}

/// A file that is being sent: from where to where.
final class OutgoingFile {
  let descriptor: Descriptor
  var at: Int64
  let end: Int64

  init(_ descriptor: consuming Descriptor, _ range: Range<Int64>) {
    self.descriptor = descriptor
    at = range.lowerBound
    end = range.upperBound
  }
}

/// How the body of an upload comes.
enum UploadBody {
  /// So many bytes are to come.
  case bytes(Int64)
  case chunks(ChunkedBody)

  var isComplete: Bool {
    switch self {
    case .bytes(let left): left == 0
    case .chunks(let body): body.isComplete
    }
  }

  /// The next part of it; nil: more has to come first, or that was all.
  mutating func next(
    _ bytes: UnsafeRawBufferPointer, _ at: inout Int
  ) throws(ChunkedBody.Malformed) -> UnsafeRawBufferPointer? {
    let range: Range<Int>
    switch self {
    case .bytes(let left):
      let count = Int(min(left, Int64(bytes.count - at)))
      range = at..<at + count
      at += count
      self = .bytes(left - Int64(count))
    case .chunks(var body):
      let found = try body.next(bytes, &at)
      self = .chunks(body)
      guard let found else { return nil }
      range = found
    }
    return range.isEmpty ? nil : UnsafeRawBufferPointer(rebasing: bytes[range])
  }
}
