import Wire

/// Why items are none, in words for the operators of both realms. The circuit ends by it.
package struct ItemError: Error, Equatable, Sendable {
  package var message: String
  package init(_ message: String) { self.message = message }
}

extension ItemCoder {
  /// Reads the items of a frame.
  package static func items(_ bytes: [UInt8]) throws(ItemError) -> [Item] {
    var items: [Item] = []
    var reader = ByteReader(bytes)
    while let byte = try? reader.uint8() {
      guard let kind = ItemKind(rawValue: byte) else { throw ItemError("an item of the unknown kind \(byte)") }
      do throws(MalformedBytes) {
        items.append(try item(kind, &reader))
      } catch {
        throw ItemError("a malformed item (\(kind)): \(error.message)")
      }
    }
    return items
  }

  /// Reads the envelopes of a row of an outbox.
  package static func envelopes(_ bytes: [UInt8]) throws(ItemError) -> [Envelope] {
    var envelopes: [Envelope] = []
    var reader = ByteReader(bytes)
    while !reader.isAtEnd {
      do throws(MalformedBytes) {
        envelopes.append(try envelope(&reader))
      } catch {
        throw ItemError("a malformed envelope: \(error.message)")
      }
    }
    return envelopes
  }

  private static func item(_ kind: ItemKind, _ reader: inout ByteReader) throws(MalformedBytes) -> Item {
    switch kind {
    case .positions: return .positions(try positions(&reader))
    case .acknowledge: return .acknowledge(try reader.uint64())
    case .envelopes:
      let first = EnvelopeName(epoch: try reader.uint64(), number: try reader.uint64())
      var row = try reader.sized()
      return .envelopes(first, row.rest())
    case .offer: return .offer(group: try reader.groupID())
    case .follow:
      return .follow(group: try reader.groupID(), try reader.mark(), needsSnapshot: try reader.bool())
    case .unfollow: return .unfollow(group: try reader.groupID())
    case .snapshot: return .snapshot(try snapshot(&reader))
    case .entries: return .entries(group: try reader.groupID(), try entries(&reader))
    case .caughtUp: return .caughtUp(group: try reader.groupID())
    case .gone: return .gone(group: try reader.groupID())
    case .compare: return .compare(group: try reader.groupID(), try reader.mark())
    case .compared:
      return .compared(group: try reader.groupID(), number: try reader.number(), isThere: try reader.bool())
    case .fleeting: return .fleeting(try fleeting(&reader))
    case .query:
      return .query(
        id: try reader.uint64(), from: try reader.nick(), command: try reader.command(),
        parameters: try reader.parameters())
    case .answer: return .answer(id: try reader.uint64(), try reader.replies())
    case .watch: return .watch(try reader.nicks())
    case .unwatch: return .unwatch(try reader.nicks())
    case .keeping: return .keeping(days: try reader.keepDays())
    case .presence:
      let name = try reader.nick()
      let isOnline = try reader.bool()
      return .presence(
        name: name, away: try reader.bool() ? try reader.lineText() : nil,
        realName: try reader.bool() ? try reader.lineText() : nil, isOnline: isOnline)
    case .wantMetadata: return .wantMetadata(try reader.nicks())
    case .metadata: return try metadata(&reader)
    case .fileWanted: return try fileWanted(&reader)
    case .filePart: return try filePart(&reader)
    case .fileMissing: return .fileMissing(number: try reader.uint64(), isBusy: try reader.bool())
    }
  }

  private static func fileWanted(_ reader: inout ByteReader) throws(MalformedBytes) -> Item {
    let number = try reader.uint64()
    let id = try reader.text(upTo: FileID.length)
    let start = try reader.int64()
    let end = try reader.int64()
    guard FileID.isOne(id), start >= 0, end > start, end - start <= Limits.fileStretch else {
      throw MalformedBytes("a part that no file has")
    }
    return .fileWanted(number: number, id: id, from: start, to: end)
  }

  private static func filePart(_ reader: inout ByteReader) throws(MalformedBytes) -> Item {
    let number = try reader.uint64()
    let head = FileHead(
      name: try reader.lineText(), type: try reader.text(upTo: Limits.fileTypeBytes), size: try reader.int64(),
      hash: try reader.bytes(32))
    let at = try reader.int64()
    var bytes = try reader.sized()
    let part = bytes.rest()
    guard head.name.utf8.count <= FileName.mostBytes, head.size >= 0, at >= 0, part.count <= Limits.filePartBytes,
      Int64(part.count) <= head.size - min(at, head.size)
    else { throw MalformedBytes("a part that no file has") }
    return .filePart(number: number, head, at: at, part)
  }

  /// Each key once, and no more than there can be.
  private static func metadata(_ reader: inout ByteReader) throws(MalformedBytes) -> Item {
    let owner: MetadataOwner
    switch try reader.uint8() {
    case 1: owner = .person(try reader.nick())
    case 2: owner = .group(try reader.groupID())
    default: throw MalformedBytes("metadata of neither a person nor a group")
    }
    let count = try reader.listCount(bytesEach: 4)
    guard count <= Limits.metadataKeys else { throw MalformedBytes("too many keys") }
    var metadata = Metadata()
    for _ in 0..<count {
      let key = try reader.text(upTo: Limits.metadataKeyBytes)
      let value = try reader.lineText()
      guard Metadata.isKey(key), Preference.named(key) == nil, metadata[key] == nil, !value.isEmpty,
        value.utf8.count <= Limits.metadataValueBytes
      else { throw MalformedBytes("a key or a value that none can be") }
      metadata[key] = value
    }
    return .metadata(owner, metadata.fields)
  }

  private static func positions(_ reader: inout ByteReader) throws(MalformedBytes) -> [EnvelopeName] {
    var positions: [EnvelopeName] = []
    for _ in 0..<(try reader.listCount(bytesEach: 16)) {
      positions.append(EnvelopeName(epoch: try reader.uint64(), number: try reader.uint64()))
    }
    return positions
  }

  // MARK: envelopes

  /// What is wrong within an envelope is wrong with it alone: it is refused by the rules and counts as taken, where an
  /// error would bring it again and again.
  private static func envelope(_ reader: inout ByteReader) throws(MalformedBytes) -> Envelope {
    var content = try reader.sized()
    let kind = try content.uint8()
    let whole = content
    do throws(MalformedBytes) {
      guard let kind = EnvelopeKind(rawValue: kind) else { return unreadable(kind, whole) }
      let id = try content.messageID()
      let envelope = try envelope(kind, id, &content)
      try content.finish()
      return envelope
    } catch {
      return unreadable(kind, whole)
    }
  }

  private static func envelope(
    _ kind: EnvelopeKind, _ id: MessageID, _ reader: inout ByteReader
  ) throws(MalformedBytes) -> Envelope {
    switch kind {
    case .message:
      let from = try reader.nick()
      let to = try reader.nick()
      return .message(try letter(id, from: from, &reader), to: to)
    case .groupMessage:
      let from = try reader.nick()
      let group = try reader.groupID()
      return .groupMessage(try letter(id, from: from, &reader), group: group)
    case .request:
      return .request(
        id, from: try reader.nick(), command: try reader.command(), parameters: try reader.parameters())
    case .invitation, .expired:
      guard id == MessageID(epoch: 0, counter: 0), try reader.uint16() == 0 else {
        throw MalformedBytes("an id or a sender where none is expected")
      }
      if kind == .expired { return .expired }
      return .invitation(
        from: try reader.person(), to: try reader.nick(), group: try reader.groupID(), name: try reader.groupName())
    case .replies, .refusal:
      guard try reader.uint16() == 0 else { throw MalformedBytes("a sender where none is expected") }
      if kind == .replies { return .replies(id, to: try reader.nick(), try reader.replies()) }
      return .refusal(
        of: id, try letterKind(&reader), to: try reader.nick(),
        target: try reader.word(upTo: Limits.groupNameBytes + Limits.nameBytes + 1),
        reason: try reader.lineText())
    }
  }

  /// Keeps what can be told of an envelope: `reader` stands behind its kind.
  private static func unreadable(_ kind: UInt8, _ reader: ByteReader) -> Envelope {
    var whole = reader
    var head = reader
    let id = try? head.messageID()
    let from = try? head.nick()
    return .unreadable(
      UnreadableEnvelope(
        kind: kind, id: id ?? MessageID(epoch: 0, counter: 0), from: from ?? "", content: whole.rest()))
  }

  private static func letter(
    _ id: MessageID, from: String, _ reader: inout ByteReader
  ) throws(MalformedBytes) -> Letter {
    let kind = try reader.entryKind()
    let time = try reader.time()
    let (tags, body) = try said(kind, &reader)
    guard kind != .tagMessage || !tags.isEmpty else { throw MalformedBytes("a TAGMSG that is none") }
    return Letter(from: from, kind: kind, id: id, time: time, tags: tags, body: body)
  }

  /// What a letter was that is refused.
  private static func letterKind(_ reader: inout ByteReader) throws(MalformedBytes) -> EntryKind {
    let kind = try reader.entryKind()
    switch kind {
    case .message, .notice, .tagMessage, .multiline, .redact: return kind
    default: throw MalformedBytes("a letter that is no message")
    }
  }

  /// Tags and text of what somebody says.
  private static func said(
    _ kind: EntryKind, _ reader: inout ByteReader
  ) throws(MalformedBytes) -> (tags: [UInt8], body: [UInt8]) {
    let tags = try reader.clientTags()
    let body = try reader.body(of: kind)
    switch kind {
    case .multiline: break
    case .redact:
      guard tags.isEmpty, Redaction.isBody(body) else { throw MalformedBytes("a redaction that is none") }
    case .message, .notice: guard !body.isEmpty else { throw MalformedBytes("a message without a text") }
    case .tagMessage: guard body.isEmpty else { throw MalformedBytes("a TAGMSG that is none") }
    default: throw MalformedBytes("a letter that is no message")
    }
    return (tags, body)
  }

  // MARK: groups

  private static func entries(_ reader: inout ByteReader) throws(MalformedBytes) -> [GroupEntry] {
    var entries: [GroupEntry] = []
    for _ in 0..<(try reader.listCount(bytesEach: 38)) {
      let number = try reader.number()
      let kind = try reader.entryKind()
      let time = try reader.time()
      let id = try reader.messageID()
      let sender = try reader.bool() ? try reader.person() : nil
      entries.append(
        GroupEntry(
          number: number, kind: kind, time: time, id: id, sender: sender, tags: try reader.clientTags(),
          body: try reader.body(of: kind)))
    }
    return entries
  }

  private static func snapshot(_ reader: inout ByteReader) throws(MalformedBytes) -> SnapshotPart {
    var part = SnapshotPart(
      group: try reader.groupID(), name: try reader.groupName(), created: try reader.time(),
      founder: try reader.bool() ? try reader.person() : nil, modes: try reader.modes(),
      topic: try reader.bool() ? try topic(&reader) : nil, number: try reader.number(), id: try reader.messageID(),
      members: [], masks: [], isLast: false)
    for _ in 0..<(try reader.listCount(bytesEach: 14)) {
      part.members.append(
        SnapshotMember(person: try reader.person(), ranks: try reader.ranks(), since: try reader.number()))
    }
    for _ in 0..<(try reader.listCount(bytesEach: 13)) {
      part.masks.append(
        MaskRecord(
          try reader.maskList(), mask: try reader.lineText(), setBy: try reader.lineText(), time: try reader.time()))
    }
    part.isLast = try reader.bool()
    return part
  }

  private static func topic(_ reader: inout ByteReader) throws(MalformedBytes) -> Topic {
    Topic(text: try reader.lineBytes(), setBy: try reader.lineText(), time: try reader.time())
  }

  private static func fleeting(_ reader: inout ByteReader) throws(MalformedBytes) -> Fleeting {
    let from = try reader.person()
    let target: Fleeting.Target
    switch try reader.uint8() {
    case 1: target = .person(try reader.nick())
    case 2: target = .group(try reader.groupID())
    case 3: target = .groupAtHome(try reader.groupID())
    default: throw MalformedBytes("a target that is neither a person nor a group")
    }
    let rank = try reader.ranks()
    guard rank.rawValue.nonzeroBitCount <= 1 else { throw MalformedBytes("more than one rank") }
    let kind = try reader.entryKind()
    let id = try reader.bool() ? try reader.messageID() : nil
    let (tags, body) = try said(kind, &reader)
    guard kind == .tagMessage || !rank.isEmpty && kind != .redact else {
      throw MalformedBytes("something that has to be kept")
    }
    return Fleeting(from: from, target: target, rank: rank, kind: kind, id: id, tags: tags, body: body)
  }
}
