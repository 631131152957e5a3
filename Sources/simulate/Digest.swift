import Core
import Wire

/// A number that two runs share only if they did the same: FNV-1a over all effects, in order.
struct Digest {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  mutating func add(_ number: Int64) {
    var rest = UInt64(bitPattern: number)
    for _ in 0..<8 {
      value = (value ^ (rest & 0xFF)) &* 0x100_0000_01B3
      rest >>= 8
    }
  }

  mutating func add(_ text: String) { add(text.utf8) }

  mutating func add(_ turn: Turn) {
    add(turn.now)
    for write in turn.writes { add(write) }
    for thread in turn.deliveries {
      for piece in thread.pieces {
        add(thread.bytes[piece.bytes])
        for receiver in thread.receivers[piece.receivers] {
          add(Int64(receiver.slot) << 32 | Int64(receiver.generation))
        }
        add(piece.close ? 1 : 0)
      }
    }
    for (id, ask) in turn.asks {
      add(Int64(id))
      add(ask)
    }
    for order in turn.links { add(order) }
    for (id, _) in turn.replies { add(Int64(id)) }
  }

  private mutating func add(_ order: LinkOrder) {
    switch order {
    case .send(let link, let frame):
      add(Int64(link.rawValue))
      var bytes: [UInt8] = []
      FrameCoder.append(frame, to: &bytes)
      add(bytes)
    case .close(let link, let reason):
      add(Int64(link.rawValue))
      add(reason)
    case .dialNow(let realm): add(realm)
    }
  }

  private mutating func add(_ target: Target) {
    switch target {
    case .person(let person): add(person.rawValue)
    case .group(let group): add(-group.rawValue)
    }
  }

  private mutating func add(_ entry: Entry) {
    add(entry.position)
    add(entry.target)
    add(entry.number)
    add(Int64(entry.kind.rawValue))
    add(entry.time)
    add(entry.sender.rawValue)
    add(entry.nick)
    add(Int64(bitPattern: entry.id.epoch))
    add(Int64(bitPattern: entry.id.counter))
    add(entry.tags)
    add(entry.body)
  }

  private mutating func add(_ write: Write) {
    switch write {
    case .entry(let entry): add(entry)
    case .edited(let position, let edit): add([position, edit])
    case .corrected(let entry): add(entry)
    case .stray(let position, let id):
      add(position)
      add(id.text)
    case .erased(let position), .revision(let position), .revised(let position): add(position)
    case .account(let account, let verifier):
      add(account.name)
      add(verifier.storedKey)
    case .accountFlags(let person, let flags): add([person.rawValue, Int64(flags.rawValue)])
    case .verifier(let person, let verifier):
      add(person.rawValue)
      add(verifier.storedKey)
    case .accountDeleted(let person): add(person.rawValue)
    case .sent(let person, let message):
      add([person.rawValue, message.number, message.target.stored])
      add(message.key)
    case .sentForgotten(let person, let id): add([person.rawValue, Int64(bitPattern: id.counter)])
    case .device(let device, let hash):
      add([device.id.rawValue, device.account.rawValue, device.position, device.lastUsed])
      add(device.name)
      add(hash ?? [])
    case .devicePosition(let device, let position, let lastUsed): add([device.rawValue, position, lastUsed])
    case .deviceRemoved(let device): add(device.rawValue)
    case .readMarker(let person, let marker):
      add([person.rawValue, marker.time])
      add(marker.target)
    case .metadata(let target, let key, let value):
      add(target)
      add("\(key) \(value ?? "")")
    case .messageRequest(let person, let sender, let position): add([person.rawValue, sender.rawValue, position])
    case .messageRequestEnded(let person, let sender): add([person.rawValue, sender.rawValue])
    case .preference(let person, let target, let preference):
      add([person.rawValue, Int64(preference.rawValue)])
      add("\(target)")
    default: addGroupWrite(write)
    }
  }

  private mutating func addGroupWrite(_ write: Write) {
    switch write {
    case .group(let group, let name, let founder, _, let modes):
      add([group.rawValue, founder.rawValue])
      add(name)
      add("\(modes)")
    case .groupRemoved(let group): add(group.rawValue)
    case .groupRenamed(let group, let name):
      add(group.rawValue)
      add(name)
    case .groupModes(let group, let modes):
      add(group.rawValue)
      add("\(modes)")
    case .groupTopic(let group, let topic):
      add(group.rawValue)
      add(topic?.text ?? [])
    case .member(let group, let member):
      add([group.rawValue, member.person.rawValue, Int64(member.ranks.rawValue), member.since])
    case .memberRemoved(let group, let person): add([group.rawValue, person.rawValue])
    case .mask(let group, let mask):
      add([group.rawValue, Int64(mask.list.rawValue)])
      add(mask.mask)
    case .maskRemoved(let group, let list, let mask):
      add([group.rawValue, Int64(list.rawValue)])
      add(mask)
    case .invited(let person, let invitation):
      add([person.rawValue, invitation.time, invitation.isTold ? 1 : 0])
      add("\(invitation.goal) \(invitation.inviter)")
    case .invitationRemoved(let person, let goal):
      add(person.rawValue)
      add("\(goal)")
    case .invitationsTold(let person): add(person.rawValue)
    default: addRelayWrite(write)
    }
  }

  private mutating func addRelayWrite(_ write: Write) {
    switch write {
    case .person(let person):
      add([person.id.rawValue, Int64(person.flags.rawValue)])
      add(person.name)
    case .replica(let group, let home):
      add([group.rawValue, home.group])
      add(home.realm)
    case .groupReplaced(let state):
      add([state.id.rawValue, state.lastNumber, Int64(state.members.count), Int64(state.masks.count)])
      add(state.name)
    case .outbox(let row):
      add(row.realm)
      add([Int64(bitPattern: row.first), Int64(bitPattern: row.last), row.waited ? 1 : 0])
      add(row.bytes)
    case .acknowledged(let realm, let name), .applied(let realm, let name):
      add(realm)
      add([Int64(bitPattern: name.epoch), Int64(bitPattern: name.number)])
    case .outboxTrimmed(let realm, let before):
      add(realm)
      add(before)
    case .realm(let record):
      add(record.name)
      add(record.key)
      add(record.isVerified ? 1 : 0)
    case .refused(let message):
      add(message.realm)
      add([Int64(bitPattern: message.id.epoch), Int64(bitPattern: message.id.counter)])
    case .realmForgotten(let realm): add(realm)
    default: break
    }
  }

  private mutating func add(_ numbers: [Int64]) {
    for number in numbers { add(number) }
  }

  private mutating func add(_ ask: Ask) {
    switch ask {
    case .verify(let person, let secret):
      add(person.rawValue)
      add(secret)
    case .verifyOperator(_, let secret), .derive(let secret, _), .tokenOwner(let secret): add(secret)
    case .makeToken, .listGroups, .files, .scram, .scramProof: add(1)
    case .loadAccount(let person), .devices(let person), .invitations(let person, _): add(person.rawValue)
    case .loadGroup(let group): add(group.rawValue)
    case .history(let query): add([Int64(query.limit), query.since])
    case .conversations(let person, let groups, let after, let before, let newest, let limit):
      add([person.rawValue, after, before, newest ? 1 : 0, Int64(limit)])
      add(groups.map(\.group.rawValue))
    case .missed(let person, let groups, let after, let limit):
      add([person.rawValue, after, Int64(limit)])
      add(groups.map(\.since))
    case .aged(let query): add([query.now, Int64(query.keepDays)])
    case .search(let query): add([query.person.rawValue, Int64(query.limit)])
    case .outbox(let realm, let after, let bytes):
      add(realm)
      add([Int64(bitPattern: after?.epoch ?? 0), Int64(bitPattern: after?.number ?? 0), Int64(bytes)])
    case .groupLog(let group, let after, let limit, let bytes):
      add([group.rawValue, after, Int64(limit), Int64(bytes)])
    case .setApart(let group, let limit): add([group.rawValue, Int64(limit)])
    case .entries(let positions): add(positions)
    case .entry(let id, _): add([Int64(bitPattern: id.epoch), Int64(bitPattern: id.counter)])
    case .revisions(let limit): add(Int64(limit))
    case .groupsShared(let realm): add(realm)
    case .backup(let path): add(path)
    case .deliver(let delivery): add(delivery.body)
    case .push(let push): add(push.text)
    }
  }
}
