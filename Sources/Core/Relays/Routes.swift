import Wire

/// The ways to all realms, out of what realms announce: fewest links first, then the name of the first step.
struct Routes {
  /// The way to a realm.
  struct Route: Equatable {
    /// The neighbour through which it is reached.
    var next: String
    /// How many links it takes.
    var links: Int
  }

  private var places: [String: Int] = [:]
  private var names: [String] = []
  private var routes: [Route?] = []
  /// The realm before each on its way.
  private var before: [Int] = []

  init() {}

  /// - Parameters:
  ///   - neighbours: the realms with a live link to this one.
  ///   - announcements: of other realms. A link between them counts when both ends announce it.
  init(from own: String, neighbours: [String], announcements: [Announcement]) {
    let announced = announcements.filter { $0.realm != own }
    names = [own] + announced.map(\.realm)
    for (place, name) in names.enumerated() { places[name] = place }
    for name in neighbours where places[name] == nil {
      places[name] = names.count
      names.append(name)
    }
    routes = Array(repeating: nil, count: names.count)
    before = Array(repeating: 0, count: names.count)
    search(from: own, neighbours, Self.edges(announced, places, count: names.count), announced)
  }

  subscript(realm: String) -> Route? { places[realm].flatMap { routes[$0] } }

  /// The realms on the way to one, without its two ends.
  func path(to realm: String) -> [String] {
    guard let end = places[realm], routes[end] != nil else { return [] }
    var path: [String] = []
    var place = before[end]
    while place != 0 {
      path.append(names[place])
      place = before[place]
    }
    return path.reversed()
  }

  /// The realms that can be reached.
  var count: Int { routes.count { $0 != nil } }

  /// For each realm those at the other ends of its links, in alphabetical order: as it says itself.
  private static func edges(_ announced: [Announcement], _ places: [String: Int], count: Int) -> [[Int]] {
    var edges: [[Int]] = Array(repeating: [], count: count)
    for (index, announcement) in announced.enumerated() {
      edges[index + 1] = announcement.links.compactMap { places[$0] }
    }
    return edges
  }

  /// Breadth first, neighbours in alphabetical order: who is found first is found by the best way, since those that
  /// wait to be looked at are in the order of their first steps.
  private mutating func search(
    from own: String, _ neighbours: [String], _ edges: [[Int]], _ announced: [Announcement]
  ) {
    let sets = edges.map { Set($0) }  // only asked, never iterated
    var waiting: [Int] = []
    for name in neighbours.sorted() {
      guard let place = places[name], place != 0, routes[place] == nil else { continue }
      routes[place] = Route(next: name, links: 1)
      waiting.append(place)
    }
    var index = 0
    while index < waiting.count {
      let place = waiting[index]
      index += 1
      // A realm that has announced nothing, or passes nothing on, is only an end.
      guard place <= announced.count, announced[place - 1].transit, let route = routes[place] else { continue }
      for next in edges[place] where next != 0 && routes[next] == nil && sets[next].contains(place) {
        routes[next] = Route(next: route.next, links: route.links + 1)
        before[next] = place
        waiting.append(next)
      }
    }
  }
}
