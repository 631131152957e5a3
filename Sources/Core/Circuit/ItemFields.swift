import Wire

/// The fields of items: each has the form that the rules and the lines of clients rely on, or is refused.
extension ByteReader {
  mutating func messageID() throws(MalformedBytes) -> MessageID {
    MessageID(epoch: try uint64(), counter: try uint64())
  }

  /// The name of an account, or a guest's nick.
  mutating func nick() throws(MalformedBytes) -> String {
    let name = try text(upTo: Limits.nameBytes)
    guard Names.isNick(name) else { throw MalformedBytes("a name that nobody can have") }
    return name
  }

  mutating func nicks() throws(MalformedBytes) -> [String] {
    var nicks: [String] = []
    for _ in 0..<(try listCount(bytesEach: 3)) { nicks.append(try nick()) }
    return nicks
  }

  mutating func realmName() throws(MalformedBytes) -> String {
    let name = try text(upTo: Limits.nameBytes)
    guard Names.isRealm(name) else { throw MalformedBytes("a name that no realm can have") }
    return name
  }

  mutating func person() throws(MalformedBytes) -> PersonName {
    PersonName(name: try nick(), realm: try realmName(), isGuest: try bool())
  }

  /// The name of a group, as its home has it.
  mutating func groupName() throws(MalformedBytes) -> String {
    let name = try text(upTo: Limits.groupNameBytes)
    guard Names.isGroup(name) else { throw MalformedBytes("a name that no group can have") }
    return name
  }

  mutating func groupID() throws(MalformedBytes) -> Int64 {
    let id = try number()
    guard id > 0 else { throw MalformedBytes("a group that cannot be") }
    return id
  }

  /// The number of an entry of a group's log; 0 before the first. No log grows so long that one could not go on
  /// counting from there.
  mutating func number() throws(MalformedBytes) -> Int64 {
    let number = try int64()
    guard (0...Limits.numberMost).contains(number) else { throw MalformedBytes("a number out of all bounds") }
    return number
  }

  /// A time that people can be shown: until the end of the year 9999.
  mutating func time() throws(MalformedBytes) -> Milliseconds {
    let time = try int64()
    guard (0...Timestamp.last).contains(time) else { throw MalformedBytes("a time out of all bounds") }
    return time
  }

  /// An entry of a group's log, as two realms compare it.
  mutating func mark() throws(MalformedBytes) -> EntryMark {
    EntryMark(number: try number(), id: try messageID(), time: try time())
  }

  /// What an entry of a group's log says; a refusal is no such thing.
  mutating func entryKind() throws(MalformedBytes) -> EntryKind {
    let byte = try uint8()
    guard let kind = EntryKind(rawValue: byte), kind != .refusal else {
      throw MalformedBytes("an entry of the unknown kind \(byte)")
    }
    return kind
  }

  mutating func modes() throws(MalformedBytes) -> GroupModes {
    let switches = GroupSwitches(rawValue: try uint32())
    guard GroupSwitches.all.isSuperset(of: switches) else { throw MalformedBytes("unknown modes of a group") }
    let key = try bool() ? try text(upTo: Limits.keyBytes) : nil
    guard key.map(GroupModes.isKey) != false else { throw MalformedBytes("a key that is none") }
    let limit = Int(try uint32())
    guard let lookingBack = LookingBack(rawValue: try uint8()) else { throw MalformedBytes("unknown modes of a group") }
    let days = try keepDays()
    return GroupModes(
      switches: switches, key: key, limit: limit == 0 ? nil : limit, lookingBack: lookingBack, keepDays: days)
  }

  /// For how many days something is kept; 0 for ever.
  mutating func keepDays() throws(MalformedBytes) -> Int {
    let days = Int(try uint32())
    guard days == 0 || Limits.keepDaysRange.contains(days) else { throw MalformedBytes("days out of all bounds") }
    return days
  }

  mutating func maskList() throws(MalformedBytes) -> MaskList {
    guard let list = MaskList(rawValue: try uint8()) else { throw MalformedBytes("an unknown list of masks") }
    return list
  }

  mutating func ranks() throws(MalformedBytes) -> Ranks {
    let ranks = Ranks(rawValue: try uint8())
    guard ranks.rawValue < 32 else { throw MalformedBytes("unknown ranks of a member") }
    return ranks
  }

  /// What can be the end of a line: UTF-8 without CR, LF and NUL.
  mutating func lineBytes() throws(MalformedBytes) -> [UInt8] {
    let bytes = try field(upTo: Limits.lineBytes)
    guard !bytes.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else {
      throw MalformedBytes("a text with an end of line or NUL")
    }
    guard isUTF8(bytes, in: bytes.indices) else { throw MalformedBytes("a text that is not UTF-8") }
    return bytes
  }

  /// What an entry says: of a message of several lines all of them (`Multiline`).
  mutating func body(of kind: EntryKind) throws(MalformedBytes) -> [UInt8] {
    guard kind == .multiline else {
      let bytes = try lineBytes()
      guard kind != .redact || Redaction.isBody(bytes) else { throw MalformedBytes("a redaction that is none") }
      guard kind != .rename || Renaming.isBody(bytes) else { throw MalformedBytes("a renaming that is none") }
      return bytes
    }
    let bytes = try field(upTo: Multiline.bodyBytes)
    guard isUTF8(bytes, in: bytes.indices), Multiline.isBody(bytes) else {
      throw MalformedBytes("several lines that are none")
    }
    return bytes
  }

  mutating func lineText() throws(MalformedBytes) -> String { String(decoding: try lineBytes(), as: UTF8.self) }

  /// What can stand in the middle of a line: not empty, without spaces, and with no `:` at its beginning.
  mutating func word(upTo limit: Int) throws(MalformedBytes) -> String {
    let bytes = try lineBytes()
    guard let first = bytes.first, bytes.count <= limit, first != UInt8(ascii: ":"), !bytes.contains(32) else {
      throw MalformedBytes("a word that is none")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Tags that clients give their messages, joined by `;`: every key begins with `+`, so that none can be taken for
  /// one of the server's.
  mutating func clientTags() throws(MalformedBytes) -> [UInt8] {
    let tags = try field(upTo: Limits.clientTagBytes)
    guard !tags.isEmpty else { return tags }
    guard isUTF8(tags, in: tags.indices) else { throw MalformedBytes("tags that are not UTF-8") }
    // Of the key: 0 before its `+`, 1 before its first letter, 2 behind that.
    var state = 0
    for byte in tags {
      switch (state, byte) {
      case (_, 0), (_, 10), (_, 13), (_, 32): throw MalformedBytes("tags with an end of line, NUL or space")
      case (0, UInt8(ascii: "+")): state = 1
      case (0, _), (1, UInt8(ascii: ";")), (1, UInt8(ascii: "=")): throw MalformedBytes("tags that are not a client's")
      case (2, UInt8(ascii: ";")): state = 0
      default: state = 2
      }
    }
    guard state == 2 else { throw MalformedBytes("tags that end too early") }
    return tags
  }

  /// A command of IRC: capital letters.
  mutating func command() throws(MalformedBytes) -> String {
    let command = try text(upTo: 16)
    guard Self.isCommand(command.utf8) else { throw MalformedBytes("a command that is none") }
    return command
  }

  mutating func parameters() throws(MalformedBytes) -> [String] {
    let count = try listCount(bytesEach: 2)
    guard count <= Line.parametersMax else { throw MalformedBytes("too many parameters") }
    var parameters: [String] = []
    for _ in 0..<count { parameters.append(try lineText()) }
    return parameters
  }

  mutating func replies() throws(MalformedBytes) -> [QueryReply] {
    var replies: [QueryReply] = []
    for _ in 0..<(try listCount(bytesEach: 8)) {
      let command = try text(upTo: 32)
      guard Self.isReply(command.utf8) else { throw MalformedBytes("a reply that is none") }
      let count = try listCount(bytesEach: 3)
      guard count <= Line.parametersMax else { throw MalformedBytes("too many parameters") }
      var words: [String] = []
      for _ in 0..<count { words.append(try word(upTo: Limits.lineBytes)) }
      replies.append(QueryReply(command: command, words: words, text: try bool() ? try lineText() : nil))
    }
    return replies
  }

  private static func isCommand(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }
  }

  /// A numeric that answers a command, from 200 to 799 (those that greet and log in are the realm's own to its
  /// clients), or a standard reply with its command: nothing that a client would take for an act of somebody.
  private static func isReply(_ bytes: String.UTF8View) -> Bool {
    if let first = bytes.first, bytes.count == 3, first >= UInt8(ascii: "2"), first <= UInt8(ascii: "7") {
      return bytes.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
    guard bytes.count > 5, ["FAIL ", "WARN ", "NOTE "].contains(where: { bytes.starts(with: $0.utf8) }) else {
      return false
    }
    return isCommand(bytes.dropFirst(5))
  }
}
