import Core

@testable import Store

/// The log as a plain array, and the plainest answers to what is asked of it: what the store must agree with.
struct HistoryModel {
  var entries: [Entry] = []

  /// A random log: few persons, so that conversations meet; times that often stand still; positions with gaps.
  init(count: Int, using generator: inout SeededGenerator) {
    var position: Position = 0
    var time: Milliseconds = 1_000
    var numbers: [Int64: Int64] = [:]
    for _ in 0..<count {
      position += Int64.random(in: 1...3, using: &generator)
      time += [0, 0, 1, 7].randomElement(using: &generator) ?? 0
      let sender = person(Int64.random(in: 0...4, using: &generator))
      let kind: EntryKind
      var number: Int64 = 0
      let target: Target
      if Bool.random(using: &generator) {
        let id = Int64.random(in: 1...3, using: &generator)
        number = numbers[id, default: 0] + 1
        numbers[id] = number
        target = .group(group(id))
        kind =
          [.message, .message, .notice, .tagMessage, .join, .part, .topic].randomElement(using: &generator) ?? .join
      } else {
        target = .person(person(Int64.random(in: 1...4, using: &generator)))
        kind = [.message, .message, .notice, .tagMessage].randomElement(using: &generator) ?? .message
      }
      // Two epochs, as after a restart; counters that fall, as of other realms' messages.
      let id = MessageID(
        epoch: Bool.random(using: &generator) ? 5 : .max - 3, counter: UInt64(1_000_000 - position))
      entries.append(
        Entry(
          position: position, target: target, number: number, kind: kind, time: time, sender: sender, id: id,
          body: Array("\(position)".utf8)))
      // What one side does not see: between two persons only.
      if number == 0, sender != .nobody, target != .person(sender), Int.random(in: 0..<4, using: &generator) == 0 {
        entries[entries.count - 1].hiddenFrom = Bool.random(using: &generator) ? .addressee : .sender
      }
    }
  }

  static func belongs(_ entry: Entry, to conversation: Conversation) -> Bool {
    switch (conversation, entry.target) {
    case (.group(let group), .group(let target)): group == target
    case (.pair(let a, let b), .person(let target)):
      entry.isSeen(by: a) && ((a == entry.sender && b == target) || (b == entry.sender && a == target))
    default: false
    }
  }

  static func isMessage(_ entry: Entry) -> Bool { entry.kind == .message || entry.kind == .notice }

  func history(_ query: HistoryQuery) -> Answer {
    let visible = entries.filter { Self.belongs($0, to: query.conversation) && $0.number >= query.since }
    let wanted = visible.filter { (query.events || Self.isMessage($0)) && $0.time >= query.notBefore }
    /// The range of `wanted` that is at a point: the entry it names, or all of its time.
    func place(_ point: HistoryPoint) -> (time: Milliseconds, position: Position?)? {
      switch point {
      case .time(let time): return (time, nil)
      case .id(let id): return visible.first { $0.id == id }.map { ($0.time, $0.position) }
      }
    }
    func before(_ place: (time: Milliseconds, position: Position?)) -> (Entry) -> Bool {
      { entry in place.position.map { entry.position < $0 } ?? (entry.time < place.time) }
    }
    func after(_ place: (time: Milliseconds, position: Position?)) -> (Entry) -> Bool {
      { entry in place.position.map { entry.position > $0 } ?? (entry.time > place.time) }
    }
    switch query.span {
    case .latest(nil):
      return .history(Array(wanted.suffix(query.limit)))
    case .latest(let point?):
      guard let point = place(point) else { return .unknownMessage }
      return .history(Array(wanted.filter(after(point)).suffix(query.limit)))
    case .before(let point):
      guard let point = place(point) else { return .unknownMessage }
      return .history(Array(wanted.filter(before(point)).suffix(query.limit)))
    case .after(let point):
      guard let point = place(point) else { return .unknownMessage }
      return .history(Array(wanted.filter(after(point)).prefix(query.limit)))
    case .around(let point):
      guard let point = place(point) else { return .unknownMessage }
      let half = query.limit / 2
      let earlier = wanted.filter(before(point)).suffix(half)
      let later = wanted.filter { !before(point)($0) }.prefix(query.limit - half)
      return .history(Array(earlier) + later)
    case .between(let first, let second):
      guard let first = place(first), let second = place(second) else { return .unknownMessage }
      if (first.time, first.position ?? 0) < (second.time, second.position ?? 0) {
        return .history(Array(wanted.filter(after(first)).filter(before(second)).prefix(query.limit)))
      }
      return .history(Array(wanted.filter(after(second)).filter(before(first)).suffix(query.limit)))
    }
  }

  func missed(by person: PersonID, groups: [GroupSince], after: Position, limit: Int) -> Answer {
    let missed = entries.filter { entry in
      guard entry.position > after, Self.isMessage(entry) else { return false }
      switch entry.target {
      case .person(let target): return entry.isSeen(by: person) && (target == person || entry.sender == person)
      case .group(let target): return groups.contains { $0.group == target && entry.number >= $0.since }
      }
    }
    let page = Array(missed.prefix(limit))
    return .missed(page, upTo: page.count == limit ? page.last?.position ?? after : entries.last?.position ?? 0)
  }

  func conversations(
    of person: PersonID, groups: [GroupSince], after: Milliseconds, before: Milliseconds, newest: Bool, limit: Int
  ) -> Answer {
    var last: [Target: Milliseconds] = [:]
    for entry in entries where Self.isMessage(entry) {
      switch entry.target {
      case .group(let group):
        if groups.contains(where: { $0.group == group && entry.number >= $0.since }) {
          last[entry.target] = entry.time
        }
      case .person(let target) where entry.isSeen(by: person):
        if target == person { last[.person(entry.sender)] = entry.time }
        if entry.sender == person { last[entry.target] = entry.time }
      case .person: break
      }
    }
    last[.person(.nobody)] = nil
    for group in groups where last[.group(group.group)] ?? 0 < group.notBefore { last[.group(group.group)] = nil }
    let summaries = last.filter { $0.value > after && $0.value < before }
      .map { ConversationSummary(target: $0.key, time: $0.value) }
      .sorted { ($0.time, $0.target.stored) < ($1.time, $1.target.stored) }
    return .conversations(Array(newest ? summaries.suffix(limit) : summaries.prefix(limit)))
  }

  // Random questions.

  func randomAsk(using generator: inout SeededGenerator) -> Ask {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0:
      let times = [randomTime(using: &generator), randomTime(using: &generator)].sorted()
      return .conversations(
        person(Int64.random(in: 1...5, using: &generator)),
        groups: [1, 3, 9].map {
          GroupSince(
            group: group($0), since: 0,
            notBefore: Bool.random(using: &generator) ? 0 : randomTime(using: &generator))
        },
        after: times[0], before: times[1], newest: Bool.random(using: &generator),
        limit: Int.random(in: 0...6, using: &generator))
    case 1, 2:
      let groups = (1...3).filter { _ in Bool.random(using: &generator) }.map {
        GroupSince(group: group($0), since: Int64.random(in: 0...30, using: &generator))
      }
      return .missed(
        person(Int64.random(in: 1...5, using: &generator)), groups: groups,
        after: Int64.random(in: 0...(entries.last?.position ?? 0) + 5, using: &generator),
        limit: Int.random(in: 1...60, using: &generator))
    default:
      return .history(randomQuery(using: &generator))
    }
  }

  private func randomQuery(using generator: inout SeededGenerator) -> HistoryQuery {
    let conversation: Conversation =
      Bool.random(using: &generator)
      ? .group(group(Int64.random(in: 1...4, using: &generator)))
      : .pair(
        person(Int64.random(in: 0...4, using: &generator)), person(Int64.random(in: 1...4, using: &generator)))
    var query = HistoryQuery(
      conversation: conversation, span: .latest(after: nil), limit: Int.random(in: 0...25, using: &generator),
      events: Bool.random(using: &generator))
    if case .group = conversation, Bool.random(using: &generator) {
      query.since = Int64.random(in: 1...40, using: &generator)
    }
    if Int.random(in: 0..<4, using: &generator) == 0 { query.notBefore = randomTime(using: &generator) }
    let point = randomPoint(in: conversation, using: &generator)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: query.span = .latest(after: nil)
    case 1: query.span = .latest(after: point)
    case 2: query.span = .before(point)
    case 3: query.span = .after(point)
    case 4: query.span = .around(point)
    default: query.span = .between(point, randomPoint(in: conversation, using: &generator))
    }
    return query
  }

  /// Mostly of the conversation itself, sometimes of another one.
  private func randomPoint(in conversation: Conversation, using generator: inout SeededGenerator) -> HistoryPoint {
    if Bool.random(using: &generator) { return .time(randomTime(using: &generator)) }
    let own = entries.filter { Self.belongs($0, to: conversation) }
    let pool = Int.random(in: 0..<10, using: &generator) == 0 ? entries : own
    return .id(pool.randomElement(using: &generator)?.id ?? MessageID(epoch: 1, counter: 1))
  }

  private func randomTime(using generator: inout SeededGenerator) -> Milliseconds {
    Int64.random(in: 995...(entries.last?.time ?? 1_000) + 5, using: &generator)
  }

  func answer(_ ask: Ask) -> Answer {
    switch ask {
    case .history(let query): history(query)
    case .missed(let person, let groups, let after, let limit):
      missed(by: person, groups: groups, after: after, limit: limit)
    case .conversations(let person, let groups, let after, let before, let newest, let limit):
      conversations(of: person, groups: groups, after: after, before: before, newest: newest, limit: limit)
    default: .failed("not modelled")
    }
  }
}
