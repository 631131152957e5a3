import Testing
import Wire

@testable import Core

/// Ways, out of announcements alone.
@Suite struct RoutesTests {
  @Test(arguments: [
    // links, of "alpha", expected ways
    ("", [:]),
    ("alpha-beta", ["beta": "beta 1"]),
    ("alpha-beta beta-gamma", ["beta": "beta 1", "gamma": "beta 2"]),
    ("alpha-beta beta-gamma alpha-gamma", ["beta": "beta 1", "gamma": "gamma 1"]),
    // Of two ways of the same length the one by the name that sorts first.
    ("alpha-gamma alpha-beta beta-delta gamma-delta", ["beta": "beta 1", "gamma": "gamma 1", "delta": "beta 2"]),
    // The shorter one, whatever the names.
    (
      "alpha-beta beta-gamma gamma-delta alpha-zeta zeta-delta",
      ["beta": "beta 1", "zeta": "zeta 1", "gamma": "beta 2", "delta": "zeta 2"]
    ),
    // Not over a realm that passes nothing on.
    ("alpha-mute mute-gamma", ["mute": "mute 1"]),
    ("alpha-mute mute-gamma alpha-x x-y y-gamma", ["mute": "mute 1", "x": "x 1", "y": "x 2", "gamma": "x 3"]),
    // A link that only one end announces is none.
    ("alpha-beta beta>gamma gamma-delta", ["beta": "beta 1"]),
    // Islands.
    ("alpha-beta gamma-delta", ["beta": "beta 1"]),
  ])
  func wayIsTheShortest(links: String, expected: [String: String]) {
    let (neighbours, announcements) = picture(links)
    let routes = Routes(from: "alpha", neighbours: neighbours, announcements: announcements)
    for realm in ["beta", "gamma", "delta", "zeta", "mute", "x", "y", "nowhere"] {
      let way = routes[realm].map { "\($0.next) \($0.links)" }
      #expect(way == expected[realm], "\(realm)")
    }
    #expect(routes.count == expected.count)
    #expect(routes["alpha"] == nil)
  }

  @Test func pathNamesTheRealmsOnTheWay() {
    let (neighbours, announcements) = picture("alpha-beta beta-gamma gamma-delta")
    let routes = Routes(from: "alpha", neighbours: neighbours, announcements: announcements)
    #expect(routes.path(to: "delta") == ["beta", "gamma"])
    #expect(routes.path(to: "beta") == [])
    #expect(routes.path(to: "nowhere") == [])
  }

  @Test func waysOfAThousandRealmsAreTheShortest() {
    // A ring of 1,000 realms, each also linked to the one 37 further on.
    let names = (0..<1_000).map { "r\($0)" }
    let announcements = (0..<1_000).map { place in
      let links = [1, 999, 37, 963].map { names[(place + $0) % 1_000] }.sorted()
      return Announcement(realm: names[place], number: 1, transit: true, key: [], links: links)
    }
    let routes = Routes(from: "r0", neighbours: announcements[0].links, announcements: announcements)
    #expect(routes.count == 999)
    #expect(routes["r37"]?.links == 1)
    #expect(routes["r39"]?.links == 3)
    #expect(routes["r500"]?.links == (0...40).map { $0 + abs(500 - 37 * $0) }.min())
    // Each step of a way is a link, and every way is one longer than that of the realm before it.
    for name in names.dropFirst() {
      let path = routes.path(to: name)
      #expect(path.count + 1 == routes[name]?.links)
    }
  }

  /// `a-b` is a link, `a>b` one that only `a` announces; `mute` passes nothing on.
  private func picture(_ links: String) -> (neighbours: [String], announcements: [Announcement]) {
    var announced: [String: Set<String>] = [:]
    for link in links.split(separator: " ") {
      let ends = link.split(whereSeparator: { "->".contains($0) }).map(String.init)
      announced[ends[0], default: []].insert(ends[1])
      if link.contains("-") { announced[ends[1], default: []].insert(ends[0]) }
    }
    let announcements = announced.keys.sorted().map { realm in
      Announcement(
        realm: realm, number: 1, transit: realm != "mute", key: [], links: announced[realm]?.sorted() ?? [])
    }
    return (announced["alpha"]?.sorted() ?? [], announcements)
  }
}
