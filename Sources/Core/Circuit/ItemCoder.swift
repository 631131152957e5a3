import Wire

/// Writes and reads what is said within a circuit (docs/link-protocol.md, "Items" and "Envelopes"). Reading trusts
/// nothing: what comes out of it has the lengths and the form that the rules and the lines of clients need.
package enum ItemCoder {
  enum ItemKind: UInt8 {
    case positions = 1
    case acknowledge = 2
    case envelopes = 3
    case offer = 10
    case follow = 11
    case unfollow = 12
    case snapshot = 13
    case entries = 14
    case caughtUp = 15
    case gone = 16
    case compare = 17
    case compared = 18
    case keeping = 19
    case fleeting = 20
    case query = 21
    case answer = 22
    case watch = 23
    case unwatch = 24
    case presence = 25
    case wantMetadata = 26
    case metadata = 27
    case fileWanted = 28
    case filePart = 29
    case fileMissing = 30
  }

  enum EnvelopeKind: UInt8 {
    case message = 1
    case groupMessage = 2
    case request = 3
    case replies = 4
    case refusal = 5
    case invitation = 6
    case expired = 7
  }

  /// Appends an item.
  package static func append(_ item: Item, to out: inout [UInt8]) {
    switch item {
    case .positions(let positions):
      out.append(.positions)
      out.append(positions) {
        $0.appendUInt64($1.epoch)
        $0.appendUInt64($1.number)
      }
    case .acknowledge(let count):
      out.append(.acknowledge)
      out.appendUInt64(count)
    case .envelopes(let first, let row):
      out.append(.envelopes)
      out.appendUInt64(first.epoch)
      out.appendUInt64(first.number)
      out.appendSized { $0.append(contentsOf: row) }
    case .offer(let group): out.append(.offer, group)
    case .follow(let group, let mark, let needsSnapshot):
      out.append(.follow, group)
      out.append(mark)
      out.appendBool(needsSnapshot)
    case .unfollow(let group): out.append(.unfollow, group)
    case .snapshot(let part):
      out.append(.snapshot, part.group)
      append(part, to: &out)
    case .entries(let group, let entries):
      out.append(.entries, group)
      out.append(entries) { append($1, to: &$0) }
    case .caughtUp(let group): out.append(.caughtUp, group)
    case .gone(let group): out.append(.gone, group)
    case .compare(let group, let mark):
      out.append(.compare, group)
      out.append(mark)
    case .compared(let group, let number, let isThere):
      out.append(.compared, group)
      out.appendInt64(number)
      out.appendBool(isThere)
    case .keeping(let days):
      out.append(.keeping)
      out.appendUInt32(UInt32(clamping: days))
    case .fleeting(let fleeting):
      out.append(.fleeting)
      append(fleeting, to: &out)
    case .query(let id, let from, let command, let parameters):
      out.append(.query)
      out.appendUInt64(id)
      out.appendField(from)
      out.appendField(command)
      out.append(parameters)
    case .answer(let id, let replies):
      out.append(.answer)
      out.appendUInt64(id)
      out.append(replies)
    case .watch(let names):
      out.append(.watch)
      out.append(names)
    case .unwatch(let names):
      out.append(.unwatch)
      out.append(names)
    case .presence, .wantMetadata, .metadata: appendAboutPeople(item, to: &out)
    case .fileWanted, .filePart, .fileMissing: appendFile(item, to: &out)
    }
  }

  private static func appendAboutPeople(_ item: Item, to out: inout [UInt8]) {
    switch item {
    case .presence(let name, let away, let realName, let isOnline):
      out.append(.presence)
      out.appendField(name)
      out.appendBool(isOnline)
      for text in [away, realName] { out.appendOptional(text) { $0.appendField($1) } }
    case .wantMetadata(let names):
      out.append(.wantMetadata)
      out.append(names)
    case .metadata(let owner, let fields): append(fields, of: owner, to: &out)
    default: break  // about something else
    }
  }

  private static func appendFile(_ item: Item, to out: inout [UInt8]) {
    switch item {
    case .fileWanted(let number, let id, let start, let end):
      out.append(.fileWanted)
      out.appendUInt64(number)
      out.appendField(id)
      out.appendInt64(start)
      out.appendInt64(end)
    case .filePart(let number, let head, let at, let bytes):
      out.append(.filePart)
      out.appendUInt64(number)
      append(head, to: &out)
      out.appendInt64(at)
      out.appendSized { $0.append(contentsOf: bytes) }
    case .fileMissing(let number, let isBusy):
      out.append(.fileMissing)
      out.appendUInt64(number)
      out.appendBool(isBusy)
    default: break  // not about files
    }
  }

  private static func append(_ head: FileHead, to out: inout [UInt8]) {
    out.appendField(head.name)
    out.appendField(head.type)
    out.appendInt64(head.size)
    out.append(contentsOf: head.hash)
  }

  private static func append(_ fields: [Metadata.Field], of owner: MetadataOwner, to out: inout [UInt8]) {
    out.append(.metadata)
    switch owner {
    case .person(let name):
      out.append(1)
      out.appendField(name)
    case .group(let group):
      out.append(2)
      out.appendInt64(group)
    }
    out.append(fields) { out, field in
      out.appendField(field.key)
      out.appendField(field.value)
    }
  }

  /// Appends an envelope with its length, as it stands in an outbox and in a circuit.
  package static func append(_ envelope: Envelope, to out: inout [UInt8]) {
    out.appendSized { out in
      switch envelope {
      case .message(let letter, let to):
        out.appendHead(.message, letter.id, from: letter.from)
        out.appendField(to)
        append(letter, to: &out)
      case .groupMessage(let letter, let group):
        out.appendHead(.groupMessage, letter.id, from: letter.from)
        out.appendInt64(group)
        append(letter, to: &out)
      case .request(let id, let from, let command, let parameters):
        out.appendHead(.request, id, from: from)
        out.appendField(command)
        out.append(parameters)
      case .replies(let id, let to, let replies):
        out.appendHead(.replies, id, from: "")
        out.appendField(to)
        out.append(replies)
      case .refusal(let id, let of, let to, let target, let reason):
        out.appendHead(.refusal, id, from: "")
        out.append(of.rawValue)
        out.appendField(to)
        out.appendField(target)
        out.appendField(reason)
      case .invitation(let from, let to, let group, let name):
        out.appendHead(.invitation, nil, from: "")
        out.append(from)
        out.appendField(to)
        out.appendInt64(group)
        out.appendField(name)
      case .expired: out.appendHead(.expired, nil, from: "")
      case .unreadable(let envelope):
        out.append(envelope.kind)
        out.append(contentsOf: envelope.content)
      }
    }
  }

  private static func append(_ letter: Letter, to out: inout [UInt8]) {
    out.append(letter.kind.rawValue)
    out.appendInt64(letter.time)
    out.appendField(letter.tags)
    out.appendField(letter.body)
  }

  private static func append(_ entry: GroupEntry, to out: inout [UInt8]) {
    out.appendInt64(entry.number)
    out.append(entry.kind.rawValue)
    out.appendInt64(entry.time)
    out.append(entry.id)
    out.appendOptional(entry.sender) { $0.append($1) }
    out.appendField(entry.tags)
    out.appendField(entry.body)
  }

  private static func append(_ fleeting: Fleeting, to out: inout [UInt8]) {
    out.append(fleeting.from)
    switch fleeting.target {
    case .person(let name):
      out.append(1)
      out.appendField(name)
    case .group(let group):
      out.append(2)
      out.appendInt64(group)
    case .groupAtHome(let group):
      out.append(3)
      out.appendInt64(group)
    }
    out.append(fleeting.rank.rawValue)
    out.append(fleeting.kind.rawValue)
    out.appendOptional(fleeting.id) { $0.append($1) }
    out.appendField(fleeting.tags)
    out.appendField(fleeting.body)
  }

  /// All of it behind the group.
  private static func append(_ part: SnapshotPart, to out: inout [UInt8]) {
    out.appendField(part.name)
    out.appendInt64(part.created)
    out.appendOptional(part.founder) { $0.append($1) }
    out.append(part.modes)
    out.appendOptional(part.topic) { out, topic in
      out.appendField(topic.text)
      out.appendField(topic.setBy)
      out.appendInt64(topic.time)
    }
    out.appendInt64(part.number)
    out.append(part.id)
    out.append(part.members) { out, member in
      out.append(member.person)
      out.append(member.ranks.rawValue)
      out.appendInt64(member.since)
    }
    out.append(part.masks) { out, mask in
      out.append(mask.list.rawValue)
      out.appendField(mask.mask)
      out.appendField(mask.setBy)
      out.appendInt64(mask.time)
    }
    out.appendBool(part.isLast)
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ kind: ItemCoder.ItemKind) { append(kind.rawValue) }

  fileprivate mutating func append(_ modes: GroupModes) {
    appendUInt32(modes.switches.rawValue)
    appendOptional(modes.key) { $0.appendField($1) }
    appendUInt32(UInt32(clamping: modes.limit ?? 0))
    append(modes.lookingBack.rawValue)
    appendUInt32(UInt32(clamping: modes.keepDays))
  }

  /// The beginning of an item about a group.
  fileprivate mutating func append(_ kind: ItemCoder.ItemKind, _ group: Int64) {
    append(kind.rawValue)
    appendInt64(group)
  }

  fileprivate mutating func append(_ mark: EntryMark) {
    appendInt64(mark.number)
    append(mark.id)
    appendInt64(mark.time)
  }

  fileprivate mutating func append(_ id: MessageID) {
    appendUInt64(id.epoch)
    appendUInt64(id.counter)
  }

  fileprivate mutating func append(_ person: PersonName) {
    appendField(person.name)
    appendField(person.realm)
    appendBool(person.isGuest)
  }

  /// What all kinds of envelopes have, so that one can be refused by a realm that cannot read the rest: the message it
  /// is about and the user of the origin who is to be told, empty where nobody is.
  fileprivate mutating func appendHead(_ kind: ItemCoder.EnvelopeKind, _ id: MessageID?, from: String) {
    append(kind.rawValue)
    append(id ?? MessageID(epoch: 0, counter: 0))
    appendField(from)
  }

  fileprivate mutating func append(_ texts: [String]) { append(texts) { $0.appendField($1) } }

  fileprivate mutating func append(_ replies: [QueryReply]) {
    append(replies) { out, reply in
      out.appendField(reply.command)
      out.append(reply.words)
      out.appendOptional(reply.text) { $0.appendField($1) }
    }
  }

  /// How many there are, and each as `body` appends it.
  fileprivate mutating func append<Value>(_ values: [Value], _ body: (inout [UInt8], Value) -> Void) {
    appendUInt32(UInt32(values.count))
    for value in values { body(&self, value) }
  }

  /// A yes and the value, or a no.
  fileprivate mutating func appendOptional<Value>(_ value: Value?, _ body: (inout [UInt8], Value) -> Void) {
    appendBool(value != nil)
    if let value { body(&self, value) }
  }
}
