import Core
import Wire

/// Somebody at the other end of a pretended connection.
protocol Peer: AnyObject {
  /// Whether it leaves what it is sent lying for a while.
  var readsSlowly: Bool { get }
  /// Reads some bytes of what the server sent.
  func take(_ bytes: [UInt8], from connection: SimConnection)
  /// Notices that the connection is gone.
  func lost(_ connection: SimConnection)
}

/// A pretended guest: no account, in groups only as long as it is connected. Nothing is promised to it except that what
/// it reads of a group is on disk; it is here for what it does to others.
final class SimGuest: Peer, CustomStringConvertible {
  private unowned let realm: SimRealm
  private let index: Int
  private var chance: Chance
  private var connection: SimConnection?
  private var input: [UInt8] = []
  private var nick = ""
  private var isOnline = false

  init(realm: SimRealm, index: Int, chance: Chance) {
    self.realm = realm
    self.index = index
    self.chance = chance
  }

  private var world: World { realm.world }
  let readsSlowly = false
  var description: String { "guest \(index)" }

  func act() {
    if connection == nil {
      dial()
    } else if isOnline, !world.isCalm {
      say(choice())
    }
    let pause = world.isCalm && isOnline ? 30_000 : 2 * world.plan.pace
    world.agenda.add(.guest(self), at: world.now + Int64(chance.within(1...pause)))
  }

  private func dial() {
    connection = realm.network.connect(self, to: realm)
    input = []
    isOnline = false
    nick = "guest\(index)"
    say("NICK \(nick)")
    say("USER \(nick) 0 * :\(nick)")
  }

  private func choice() -> String {
    let others = world.realms.filter { $0 !== realm }
    if !others.isEmpty, chance.percent(15) { return choiceAbroad(chance.pick(others)) }
    let group = "#g\(chance.below(world.plan.groups))"
    let person = chance.percent(70) ? chance.pick(realm.accounts).name : "guest\(chance.below(3))"
    switch chance.below(12) {
    case 0...2: return "JOIN \(group)"
    case 3: return "PART \(group)"
    case 4...6:
      world.sayings.append(Saying(client: nil, connection: 0, label: nil))
      return "PRIVMSG \(group) :m\(world.sayings.count - 1) \(mark)from a guest"
    case 7: return "PRIVMSG \(person) :what guests say is not kept"
    case 8: return "NICK guest\(index)-\(chance.below(3))"
    case 9: return chance.percent(50) ? "MODE \(group) +v \(person)" : "TOPIC \(group) :guests"
    case 10: return chance.percent(50) ? "KICK \(group) \(person)" : "AWAY :busy"
    default: return chance.percent(50) ? "QUIT :bye" : "NAMES \(group)"
    }
  }

  private var mark: String {
    world.realms.count > 1 ? String(decoding: RelayChecker.mark, as: UTF8.self) + " " : ""
  }

  /// Guests chat within their realm: none of this may have any effect.
  private func choiceAbroad(_ peer: SimRealm) -> String {
    let group = "#g\(chance.below(world.plan.groups))/\(peer.name)"
    let person = "\(chance.pick(peer.accounts).name)/\(peer.name)"
    switch chance.below(8) {
    case 0: return "JOIN \(group)"
    case 1: return "PRIVMSG \(group) :what guests say stays in their realm"
    case 2: return "PRIVMSG \(person) :what guests say is not kept"
    case 3: return "INVITE \(person) #g\(chance.below(world.plan.groups))"
    case 4: return "KICK #g\(chance.below(world.plan.groups)) \(person)"
    case 5: return "MONITOR + \(person)"
    case 6: return "WHOIS \(person)"
    default: return "LIST \(peer.name)"
    }
  }

  private func say(_ line: String) {
    guard let connection else { return }
    world.trace("\(self) → \(line)")
    realm.network.send(Array(line.utf8) + [13, 10], on: connection)
  }

  func take(_ bytes: [UInt8], from connection: SimConnection) {
    guard connection === self.connection else { return }
    input.append(contentsOf: bytes)
    var start = 0
    while self.connection === connection, let end = input[start...].firstIndex(of: 10) {
      if let line = try? Line(parsing: input, in: start..<end, lineBytes: Limits.lineBytes) {
        take(ServerLine(input, line))
      } else {
        world.fail("\(self) gets a line that is none: \(String(decoding: input[start..<end], as: UTF8.self))")
      }
      start = end + 1
    }
    input.removeFirst(min(start, input.count))
  }

  private func take(_ line: ServerLine) {
    switch line.command {
    case "PING": say("PONG :\(line.parameter(0))")
    case "001": isOnline = true
    case "433" where !isOnline:
      nick += "x"
      say("NICK \(nick)")
    case "PRIVMSG":
      guard let token = Token.number(text: line.text), realm.ledger.entries(token: token).isEmpty else { return }
      world.fail("\(self) gets m\(token), which is not on disk")
    default: break
    }
  }

  func lost(_ connection: SimConnection) {
    guard connection === self.connection else { return }
    self.connection = nil
    isOnline = false
  }
}
