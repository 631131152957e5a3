import Core
import Foundation
import Testing
import Wire

/// Several realms with the real rules and stores, and a network between them in memory: what one sends over a link
/// arrives at once and in order, unless the link is cut or holds it back.
final class TestRealms {
  private(set) var names: [String]
  private var realms: [String: TestRealm] = [:]
  private var links: [Link] = []
  private var lastLink: UInt64 = 0

  /// What happens to a frame on its way: nil drops it. Asked before it is delivered.
  var onTheWay: (_ from: String, _ to: String, Frame) -> Frame? = { $2 }
  /// Whether links take nothing: frames stay with them.
  var holdsFrames = false
  /// Whether links tell how much of what they were given is sent.
  var tellsSent = true
  /// The two ends of a direction in which nothing is told of it in any case.
  var stuck: [String] = []
  /// Frames that were delivered, since the last time somebody emptied this.
  var delivered: [(from: String, to: String, frame: Frame)] = []
  /// Why links were closed, by the realms themselves.
  private(set) var goodbyes: [String] = []

  private final class Link {
    let ends: [String]
    let ids: [LinkID]
    var isUp = true
    /// What each end has sent and the other has not got.
    var waiting: [[Frame]] = [[], []]
    /// What each end was not told that it is sent.
    var unsent = [0, 0]
    init(ends: [String], ids: [LinkID]) {
      self.ends = ends
      self.ids = ids
    }
  }

  /// - Parameters:
  ///   - neighbours: pairs that the directory links; all are connected at once.
  ///   - change: what is special about a realm's settings.
  init(
    _ names: [String] = ["alpha", "beta"], neighbours: [(String, String)] = [("alpha", "beta")],
    change: (inout Settings) -> Void = { _ in }
  ) throws {
    self.names = names
    for name in names {
      var settings = Settings(realm: name, title: name.capitalized)
      settings.directory = names.filter { $0 != name }.map { other in
        Settings.KnownRealm(
          name: other, title: other.capitalized, key: TestCryptography(of: other).identity,
          isNeighbour: neighbours.contains { $0 == (name, other) || $0 == (other, name) })
      }
      change(&settings)
      realms[name] = try TestRealm(settings)
    }
    for (one, other) in neighbours { try connect(one, other) }
  }

  subscript(name: String) -> TestRealm {
    guard let realm = realms[name] else { fatalError("there is no realm \(name)") }
    return realm
  }

  // MARK: links

  /// One realm dials another.
  func connect(_ one: String, _ other: String) throws {
    let ids = [LinkID(rawValue: lastLink + 1), LinkID(rawValue: lastLink + 2)]
    lastLink += 2
    let link = Link(ends: [one, other], ids: ids)
    links.append(link)
    for (index, end) in link.ends.enumerated() {
      let far = link.ends[1 - index]
      let opened = OpenedLink(
        realm: far, key: TestCryptography(of: far).identity, start: self[far].epoch, isDialled: index == 0,
        address: "192.0.2.\(lastLink):6990", clockAhead: 0)
      try self[end].handle(.link(.up(ids[index], opened)))
    }
    try settle()
  }

  /// All links between two realms break; what is on the way is lost.
  func cut(_ one: String, _ other: String) throws {
    for link in links where link.isUp && Set(link.ends) == [one, other] { try close(link, "the cable was pulled") }
    try settle()
  }

  private func close(_ link: Link, _ reason: String, except: String? = nil) throws {
    link.isUp = false
    link.waiting = [[], []]
    for (index, end) in link.ends.enumerated() where end != except {
      try self[end].handle(.link(.down(link.ids[index], reason: reason)))
    }
    links.removeAll { $0 === link }
  }

  /// A realm's process is killed and started again; its neighbours notice, and dial it again unless told otherwise.
  func restart(_ name: String, dials: Bool = true, by start: (TestRealm) throws -> Void = { try $0.restart() }) throws {
    let neighbours = links.filter { $0.isUp && $0.ends.contains(name) }
      .compactMap { link in link.ends.first { $0 != name } }
    for link in links where link.ends.contains(name) {
      link.isUp = false
      link.waiting = [[], []]
    }
    let broken = links.filter { $0.ends.contains(name) }
    links.removeAll { $0.ends.contains(name) }
    for link in broken {
      for (index, end) in link.ends.enumerated() where end != name {
        try self[end].handle(.link(.down(link.ids[index], reason: "\(name) is gone")))
      }
    }
    try start(self[name])
    try settle()
    guard dials else { return }
    for neighbour in neighbours { try connect(neighbour, name) }
  }

  // MARK: time

  /// Delivers all that is on the way, and what follows from it.
  func settle() throws {
    var rounds = 0
    repeat {
      try takeOrders()
      rounds += 1
      try #require(rounds < 100_000, "the realms do not come to rest")
    } while try deliver()
  }

  /// Time passes, with a tick a second in all realms.
  func pass(seconds: Int) throws {
    for _ in 0..<seconds {
      for name in names { try self[name].pass(seconds: 1) }
      try settle()
    }
  }

  private func takeOrders() throws {
    for name in names {
      let orders = self[name].linkOrders
      self[name].linkOrders = []
      for order in orders { try carryOut(order, of: name) }
    }
  }

  private func carryOut(_ order: LinkOrder, of name: String) throws {
    switch order {
    case .send(let id, let frame):
      guard let link = links.first(where: { $0.ids.contains(id) }) else { return }
      link.waiting[link.ids[0] == id ? 0 : 1].append(frame)
    case .close(let id, let reason):
      goodbyes.append(reason)
      guard let link = links.first(where: { $0.ids.contains(id) }) else { return }
      try close(link, "\(name) says: \(reason)", except: name)
    case .dialNow: break
    }
  }

  /// One batch over one link in one direction; false if there is none.
  private func deliver() throws -> Bool {
    guard !holdsFrames else { return false }
    for link in links where link.isUp {
      for index in 0...1 where !link.waiting[index].isEmpty {
        try deliver(index, of: link)
        return true
      }
    }
    return false
  }

  private func deliver(_ index: Int, of link: Link) throws {
    let batch = link.waiting[index]
    link.waiting[index] = []
    let (from, to) = (link.ends[index], link.ends[1 - index])
    var frames: [Frame] = []
    for frame in batch {
      guard let changed = onTheWay(from, to, try coded(frame)) else { continue }
      delivered.append((from, to, changed))
      frames.append(changed)
    }
    link.unsent[index] += batch.reduce(0) { $0 + $1.weight }
    if tellsSent, stuck != [from, to] {
      let weight = link.unsent[index]
      link.unsent[index] = 0
      try self[from].handle(.link(.sent(link.ids[index], bytes: weight, roundTrip: 20)))
    }
    if !frames.isEmpty { try self[to].handle(.link(.frames(link.ids[1 - index], frames))) }
  }

  /// All links have sent all that they were given.
  func tellAllSent() throws {
    for link in links where link.isUp {
      for index in 0...1 {
        let weight = link.unsent[index]
        link.unsent[index] = 0
        try self[link.ends[index]].handle(.link(.sent(link.ids[index], bytes: weight, roundTrip: 20)))
      }
    }
    try settle()
  }

  /// The frame as it comes out at the other end of a stream of bytes.
  private func coded(_ frame: Frame) throws -> Frame {
    var bytes: [UInt8] = []
    FrameCoder.append(frame, to: &bytes)
    var reader = FrameReader(limit: Limits.frameBytes)
    reader.feed(bytes)
    let read = try #require(try reader.next())
    #expect(read == frame)
    return read
  }

  /// Gives a realm frames as if they had come from a neighbour.
  func inject(_ frames: [Frame], from: String, to: String) throws {
    let link = try #require(links.first { $0.isUp && Set($0.ends) == [from, to] })
    try self[to].handle(.link(.frames(link.ids[link.ends[0] == to ? 0 : 1], frames)))
    try settle()
  }

  /// Whether there is a link.
  func areLinked(_ one: String, _ other: String) -> Bool { links.contains { $0.isUp && Set($0.ends) == [one, other] } }

  // MARK: people

  /// A client says a line, and everything that follows from it happens.
  func send(_ realm: String, _ client: String, _ line: String) throws {
    try self[realm].send(client, line)
    try settle()
  }

  /// What a client has received since the last time, without what only a clock could tell.
  @discardableResult
  func lines(_ realm: String, _ client: String) -> [String] { self[realm].lines(client) }
}
