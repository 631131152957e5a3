import Core
import Wire

/// A realm with one client that anything may come from, and a link to the realm beta that anything may come from too.
/// What the realm asks for is answered at once, and generously: every secret is right, so that all commands can be
/// reached.
struct Conversation {
  private static let client = Connection(thread: 0, slot: 1, generation: 1)
  private static let verifier = Verifier(
    salt: Array(repeating: 1, count: 16), iterations: 4_096, storedKey: Array(repeating: 2, count: 32),
    serverKey: Array(repeating: 3, count: 32))

  private let realm: Realm
  private var turn: Turn

  init() {
    let start: Milliseconds = 1_700_000_000_000
    var settings = Settings(realm: "alpha")
    settings.directory = ["beta", "gamma"].map {
      Settings.KnownRealm(name: $0, title: $0, key: [UInt8](repeating: 5, count: 32), isNeighbour: $0 == "beta")
    }
    realm = Realm(
      settings: settings, snapshot: Snapshot(), epoch: 1, threads: 1, now: start, cryptography: NoCryptography(),
      entropy: [6])
    turn = Turn(threads: 1, now: start)
    take(.connected(Self.client, host: "127.0.0.1", origin: nil, secure: false))
  }

  mutating func say(_ text: String) { say(Array(text.utf8)) }

  /// Gives the realm what a client edge would: whole lines, none too long.
  mutating func say(_ bytes: [UInt8]) {
    for line in bytes.split(separator: 10) {
      take(line.count > Limits.inputLine ? .overlong(Self.client) : .input(Self.client, line + [10]))
    }
  }

  /// Links the realm to beta.
  mutating func link() {
    let opened = OpenedLink(
      realm: "beta", key: [UInt8](repeating: 5, count: 32), start: 1, isDialled: false, address: "192.0.2.1:1",
      clockAhead: 0)
    take(.link(.up(Self.link, opened)))
  }

  /// Gives the realm what came over that link.
  mutating func hear(_ frames: [Frame]) { take(.link(.frames(Self.link, frames))) }

  /// Lets so many seconds pass.
  mutating func wait(seconds: Int) {
    for _ in 0..<seconds {
      turn.reset(now: turn.now + 1_000)
      take(.tick)
    }
  }

  private static let link = LinkID(rawValue: 1)

  /// Takes turns until nothing is left to answer.
  private mutating func take(_ event: Event) {
    var events = [event]
    // A question may follow from an answer, but not for ever.
    for _ in 0..<20 where !events.isEmpty {
      turn.reset(now: turn.now + 1)
      for event in events { realm.handle(event, &turn) }
      realm.finish(&turn)
      checkLines()
      checkWrites()
      events = turn.asks.map { .answer($0.id, Self.answer($0.ask)) }
    }
  }

  /// Whatever is said here, other realms can be told it: what they would refuse to read would come again and again.
  private func checkWrites() {
    for write in turn.writes {
      switch write {
      case .entry(let entry):
        guard case .group(let group) = entry.target else { continue }
        let told = GroupEntry(
          number: entry.number, kind: entry.kind, time: entry.time, id: entry.id, sender: nil, tags: entry.tags,
          body: entry.body)
        var bytes: [UInt8] = []
        ItemCoder.append(.entries(group: group.rawValue, [told]), to: &bytes)
        precondition((try? ItemCoder.items(bytes)) != nil, "an entry that no other realm would read")
      case .outbox(let row):
        guard let envelopes = try? ItemCoder.envelopes(row.bytes) else {
          preconditionFailure("envelopes that no other realm would read")
        }
        for case .unreadable(let envelope) in envelopes {
          preconditionFailure("an envelope that no other realm would understand, of kind \(envelope.kind)")
        }
      default: break
      }
    }
  }

  /// Whatever a client says, the answers to it are whole lines of a lawful length.
  private func checkLines() {
    for deliveries in turn.deliveries {
      for piece in deliveries.pieces where !piece.bytes.isEmpty {
        let bytes = Array(deliveries.bytes[piece.bytes])
        precondition(bytes.suffix(2) == [13, 10], "an unfinished line")
        for line in bytes.split(separator: 10) {
          precondition(line.last == 13 && !line.dropLast().contains(13), "a line that ends twice")
          precondition(line.count < Limits.serverTagBytes + Limits.lineBytes, "a line that is too long")
        }
      }
    }
  }

  private static func answer(_ ask: Ask) -> Answer {
    switch ask {
    case .verify: .verified(.password)
    case .verifyOperator: .verified(.password)
    case .tokenOwner: .verified(.refused)
    case .files: .files([])
    case .derive: .derived(verifier)
    case .scram: .scram(verifier, nonce: "moot-nonce")
    case .scramProof(_, _, let proof): .scramChecked(proof.count == 32 ? proof : nil)
    case .makeToken: .token(secret: "moot-token", hash: Array(repeating: 4, count: 32))
    case .loadAccount: .account(AccountState(groups: [], readMarkers: []))
    case .loadGroup: .group(nil)
    case .devices: .devices([])
    case .invitations: .invitations([])
    case .listGroups: .groups([])
    case .history(let query): .history([entry(of: query)])
    case .entry(_, let conversation):
      .entry(
        FoundEntry(
          entry: entry(of: HistoryQuery(conversation: conversation, span: .latest(after: nil), limit: 1)), copies: [1]))
    case .entries: .history([])
    case .revisions: .revisions([])
    case .conversations: .conversations([])
    case .missed(_, _, let after, _): .missed([], upTo: after)
    case .search(let query):
      .found(
        [entry(of: HistoryQuery(conversation: .pair(query.person, query.person), span: .latest(after: nil), limit: 1))],
        lookedUpTo: query.before)
    case .aged: .aged(Aged())
    case .outbox: .outbox([])
    case .groupLog, .setApart: .groupLog([])
    case .groupsShared: .groupsShared([])
    case .backup, .deliver, .push: .failed("not here")
    }
  }
}

extension Conversation {
  /// Something that was said in the conversation that is asked for.
  fileprivate static func entry(of query: HistoryQuery) -> Entry {
    let target: Target =
      switch query.conversation {
      case .pair(_, let person): .person(person)
      case .group(let group): .group(group)
      }
    return Entry(
      position: 1, target: target, number: 1, kind: .message, time: 1_700_000_000_000, sender: PersonID(rawValue: 1),
      id: MessageID(epoch: 1, counter: 1), tags: Array("+reply=x".utf8), body: Array("hello".utf8))
  }
}

/// Lines from a client that has said nothing yet.
func fuzzSession(_ bytes: [UInt8]) {
  var conversation = Conversation()
  conversation.say(bytes)
}

/// The payload of AUTHENTICATE, as it comes out of its Base64.
func fuzzSASL(_ bytes: [UInt8]) {
  var conversation = Conversation()
  conversation.say("CAP REQ :sasl draft/account-registration\nREGISTER alice * secret-secret\nAUTHENTICATE PLAIN\n")
  // Pieces of 400, the last one shorter (IRCv3 sasl-3.1, "The AUTHENTICATE Command").
  let text = Base64.encode(bytes)
  for start in stride(from: 0, to: text.count, by: 400) {
    conversation.say(Array("AUTHENTICATE ".utf8) + text[start..<min(text.count, start + 400)])
  }
  if text.count % 400 == 0 { conversation.say("AUTHENTICATE +") }
  conversation.say("NICK alice\nUSER alice 0 * :Alice\nCAP END\nPRIVMSG alice :hello\n")
}

/// The parameters of CHATHISTORY and of what else reads history, from a client that is logged in.
func fuzzHistory(_ bytes: [UInt8]) {
  var conversation = Conversation()
  conversation.say(
    """
    CAP REQ :draft/account-registration draft/chathistory draft/read-marker batch message-tags server-time
    NICK alice
    USER alice 0 * :Alice
    REGISTER alice * secret-secret
    CAP END
    JOIN #plans
    PRIVMSG #plans :hello
    """)
  for line in bytes.split(separator: 10) {
    conversation.say(Array("CHATHISTORY ".utf8) + line)
    conversation.say(Array("MARKREAD ".utf8) + line)
  }
}
