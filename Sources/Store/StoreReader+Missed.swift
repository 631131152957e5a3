import Core

extension StoreReader {
  /// The messages and notices that an account has missed, in order of arrival.
  func missed(
    by person: PersonID, groups: [GroupSince], after: Position, limit: Int
  ) throws(StoreError) -> Answer {
    guard limit > 0 else { return .missed([], upTo: after) }
    return try withLog { (view) throws(StoreError) in
      var found = try view.missedIndexed(by: person, groups: groups, after: after, limit: limit)
      if found.count < limit {
        let start = max(after, view.watermark)
        let end = min(view.end, start + tailLimit)
        found += try view.missedTail(
          by: person, groups: groups, in: start + 1...max(start + 1, end), limit: limit - found.count)
        if found.count < limit { return .missed(try view.entries(at: found), upTo: end) }
      }
      return .missed(try view.entries(at: found), upTo: found.last ?? after)
    }
  }

  /// The conversations of an account whose last message lies between two times, both excluded (draft/chathistory
  /// TARGETS), oldest first. A guest is no one to be written to later, so those are left out.
  func conversations(
    of person: PersonID, groups: [GroupSince], after: Milliseconds, before: Milliseconds, newest: Bool, limit: Int
  ) throws(StoreError) -> Answer {
    try withLog { (view) throws(StoreError) in
      guard view.end - view.watermark <= tailLimit else { return .indexing }
      var last: [Target: Milliseconds] = [:]
      for correspondent in try view.correspondents(of: person, after: 0) {
        last[.person(correspondent.other)] = correspondent.time
      }
      for group in groups {
        let key = ConversationKey(.group(group.group))
        let timeline = Timeline(key, .messages, in: view, apart: try view.apart(key), tail: [])
        let newest = try timeline.indexed(in: 1..<view.watermark + 1, newest: true, limit: 1).first
        if let newest, newest.number >= group.since {
          last[.group(group.group)] = newest.time
        }
      }
      for (target, time) in try view.tailTimes(of: person, groups: groups) { last[target] = time }
      last[.person(.nobody)] = nil
      for group in groups where last[.group(group.group)] ?? 0 < group.notBefore { last[.group(group.group)] = nil }
      let summaries =
        last
        .filter { $0.value > after && $0.value < before }
        .map { ConversationSummary(target: $0.key, time: $0.value) }
        .sorted { ($0.time, $0.target.stored) < ($1.time, $1.target.stored) }
      let limit = max(0, limit)
      return .conversations(Array(newest ? summaries.suffix(limit) : summaries.prefix(limit)))
    }
  }
}

extension LogView {
  /// The positions of indexed messages that a person has missed: the oldest ones, over all conversations. The bound
  /// falls as they are found, so that of each further conversation only what comes before it is read.
  fileprivate func missedIndexed(
    by person: PersonID, groups: [GroupSince], after: Position, limit: Int
  ) throws(StoreError) -> [Position] {
    guard after < watermark else { return [] }
    var found: [Position] = []
    func collect(_ key: ConversationKey, since: Int64) throws(StoreError) {
      let end = found.count == limit ? found[limit - 1] : watermark + 1
      for stream in [Stream.messages, Stream.messages.only(of: person, in: key)].compactMap(\.self) {
        let timeline = Timeline(key, stream, in: self, apart: try apart(key), tail: [])
        var start = after + 1
        if since > 1 { start = try timeline.first(from: start) { $0.number >= since } }
        found += try timeline.positions(in: min(start, end)..<end, newest: false, limit: limit)
      }
      found.sort()
      found.removeLast(max(0, found.count - limit))
    }
    for group in groups { try collect(ConversationKey(.group(group.group)), since: group.since) }
    for correspondent in try correspondents(of: person, after: after) {
      try collect(ConversationKey(.pair(person, correspondent.other)), since: 0)
    }
    return found
  }

  /// The positions of messages beyond the index, in a range, that a person has missed.
  fileprivate func missedTail(
    by person: PersonID, groups: [GroupSince], in range: ClosedRange<Position>, limit: Int
  ) throws(StoreError) -> [Position] {
    let since = Dictionary(groups.map { (-$0.group.rawValue, $0.since) }, uniquingKeysWith: min)
    let apart = try apart(groups.map(\.group))
    let statement = try tailMessages(of: person, in: range)
    defer { statement.reset() }
    var found: [Position] = []
    while found.count < limit, try statement.next() {
      let target = statement.int(1)
      if target < 0 {
        guard let since = since[target], statement.int(4) >= since,
          apart[target]?.contains(where: { $0.contains(statement.int(0)) }) != true
        else { continue }
      }
      found.append(statement.int(0))
    }
    return found
  }

  /// The last times beyond the index of a person's conversations and of groups.
  fileprivate func tailTimes(
    of person: PersonID, groups: [GroupSince]
  ) throws(StoreError) -> [Target: Milliseconds] {
    let apart = try apart(groups.map(\.group))
    let since = Dictionary(groups.map { (-$0.group.rawValue, $0.since) }, uniquingKeysWith: min)
    let statement = try tailMessages(of: person, in: watermark + 1...max(watermark + 1, end))
    defer { statement.reset() }
    var times: [Target: Milliseconds] = [:]
    while try statement.next() {
      let target = statement.int(1)
      let sender = statement.int(2)
      if target < 0 {
        guard let since = since[target], statement.int(4) >= since,
          apart[target]?.contains(where: { $0.contains(statement.int(0)) }) != true
        else { continue }
        times[Target(stored: target)] = statement.int(3)
      } else {
        times[.person(PersonID(rawValue: target == person.rawValue ? sender : target))] = statement.int(3)
      }
    }
    return times
  }

  /// What is set apart of groups, by the targets of their entries.
  private func apart(_ groups: [GroupID]) throws(StoreError) -> [Int64: [ClosedRange<Position>]] {
    var found: [Int64: [ClosedRange<Position>]] = [:]
    for group in groups {
      let apart = try apart(ConversationKey(.group(group)))
      if !apart.isEmpty { found[-group.rawValue] = apart }
    }
    return found
  }

  /// Messages in a range of the log to or from a person, and of all groups: position, target, sender, time, number.
  private func tailMessages(of person: PersonID, in range: ClosedRange<Position>) throws(StoreError) -> Statement {
    let statement = try log.statement(
      """
      SELECT position, target, sender, time, number FROM entry
      WHERE position BETWEEN ?1 AND ?2 AND kind IN \(EntryKind.messagesSQL)
        AND (target < 0 OR target = ?3 AND ifnull(hidden, 0) != 1 OR sender = ?3 AND ifnull(hidden, 0) != 2)
      ORDER BY position
      """)
    statement.bind([.int(range.lowerBound), .int(range.upperBound), .int(person.rawValue)])
    return statement
  }
}
