import Testing
import Wire

@testable import Core

/// Many realms without stores or people: how they find their ways.
@Suite struct MeshTests {
  @Test func fortyRealmsFindTheirWaysAndFindThemAgain() {
    let mesh = Mesh(count: 40, steps: [1, 7])
    mesh.linkAll()
    mesh.pass(seconds: 2)
    mesh.check()
    // Every third link breaks; the rest still holds all together, or does not: the ways are right in both cases.
    for (index, link) in mesh.pairs.enumerated() where index % 3 == 0 { mesh.cut(link.0, link.1) }
    mesh.pass(seconds: 2)
    mesh.check()
    mesh.linkAll()
    mesh.pass(seconds: 2)
    mesh.check()
  }

  @Test func aLinkThatBreaksOrComesBackIsKnownAtOnce() {
    let mesh = Mesh(count: 40, steps: [1, 7])
    mesh.linkAll()
    mesh.pass(seconds: 5)
    mesh.cut(3, 4)
    mesh.check()
    mesh.pass(seconds: 5)
    mesh.linkAll()
    mesh.check()
  }
}

/// Realms in a ring with chords, joined in memory.
final class Mesh {
  let names: [String]
  /// The links that the directory names.
  private(set) var pairs: [(Int, Int)] = []
  private(set) var frames = 0
  private var realms: [Realm] = []
  private var turns: [Turn] = []
  private var up: [LinkID: (to: Int, id: LinkID)] = [:]
  private var ids: [[Int]: (LinkID, LinkID)] = [:]
  private var waiting = Queue<(to: Int, link: LinkID, frames: [Frame])>()
  private var lastLink: UInt64 = 0
  private var now: Milliseconds = 1_790_000_000_000

  init(count: Int, steps: [Int]) {
    names = (0..<count).map { "r\($0)" }
    for place in 0..<count {
      for step in steps { pairs.append((place, (place + step) % count)) }
    }
    var neighbours = Array(repeating: Set<Int>(), count: count)
    for (one, other) in pairs {
      neighbours[one].insert(other)
      neighbours[other].insert(one)
    }
    for (place, name) in names.enumerated() {
      var settings = Settings(realm: name)
      settings.directory = names.enumerated().filter { $0.offset != place }.map { other in
        Settings.KnownRealm(
          name: other.element, title: other.element, key: TestCryptography(of: other.element).identity,
          isNeighbour: neighbours[place].contains(other.offset))
      }
      realms.append(
        Realm(
          settings: settings, snapshot: Snapshot(), epoch: UInt64(place), threads: 1, now: now,
          cryptography: TestCryptography(of: name), entropy: [UInt8(place & 255)]))
      turns.append(Turn(threads: 1, now: now))
    }
  }

  func linkAll() {
    for (one, other) in pairs where ids[[one, other]] == nil {
      let pair = (LinkID(rawValue: lastLink + 1), LinkID(rawValue: lastLink + 2))
      lastLink += 2
      ids[[one, other]] = pair
      up[pair.0] = (other, pair.1)
      up[pair.1] = (one, pair.0)
      handle(one, .link(.up(pair.0, opened(other, isDialled: true))))
      handle(other, .link(.up(pair.1, opened(one, isDialled: false))))
    }
    settle()
  }

  private func opened(_ place: Int, isDialled: Bool) -> OpenedLink {
    OpenedLink(
      realm: names[place], key: TestCryptography(of: names[place]).identity, start: 1, isDialled: isDialled,
      address: "192.0.2.1:1", clockAhead: 0)
  }

  func cut(_ one: Int, _ other: Int) {
    guard let pair = ids.removeValue(forKey: [one, other]) else { return }
    up[pair.0] = nil
    up[pair.1] = nil
    handle(one, .link(.down(pair.0, reason: "cut")))
    handle(other, .link(.down(pair.1, reason: "cut")))
    settle()
  }

  func pass(seconds: Int) {
    for _ in 0..<seconds {
      now += 1_000
      for place in names.indices { handle(place, .tick) }
      settle()
    }
  }

  private func handle(_ place: Int, _ event: Event) {
    turns[place].reset(now: now)
    realms[place].handle(event, &turns[place])
    realms[place].finish(&turns[place])
    for case .send(let id, let frame) in turns[place].links {
      guard let far = up[id] else { continue }
      waiting.append((far.to, far.id, [frame]))
    }
  }

  private func settle() {
    while let next = waiting.popFirst() {
      guard up[next.link] != nil else { continue }
      frames += 1
      handle(next.to, .link(.frames(next.link, next.frames)))
    }
  }

  /// All realms reach those that can be reached by the links that are up, over as few of them as possible.
  func check() {
    var links = Array(repeating: [Int](), count: names.count)
    for pair in ids.keys {
      links[pair[0]].append(pair[1])
      links[pair[1]].append(pair[0])
    }
    for place in names.indices {
      let distances = distances(from: place, links)
      for other in names.indices where other != place {
        let found = realms[place].peer(names[other])?.route?.links
        if found != distances[other] {
          Issue.record("\(names[place]) to \(names[other]): \(String(describing: found)), not \(distances[other] ?? 0)")
        }
      }
    }
  }

  private func distances(from start: Int, _ links: [[Int]]) -> [Int?] {
    var distances: [Int?] = Array(repeating: nil, count: names.count)
    distances[start] = 0
    var waiting = [start]
    var index = 0
    while index < waiting.count {
      let place = waiting[index]
      index += 1
      for next in links[place] where distances[next] == nil {
        distances[next] = (distances[place] ?? 0) + 1
        waiting.append(next)
      }
    }
    return distances
  }
}
