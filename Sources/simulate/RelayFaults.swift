import Core

/// What is between neighbouring realms now: until when they cannot reach each other, are slow, or hear nothing.
struct Weather {
  fileprivate var parted = Table<String, Int64>()
  fileprivate var slow = Table<String, Int64>()
  fileprivate var muted = Table<String, Int64>()

  fileprivate static func pair(_ a: SimRealm, _ b: SimRealm) -> String {
    min(a.name, b.name) + " " + max(a.name, b.name)
  }
}

/// What goes wrong between realms.
extension World {
  func realm(named name: String) -> SimRealm? { realms.first { $0.name == name } }

  func neighbours(of realm: SimRealm) -> [SimRealm] {
    realm.settings.directory.filter(\.isNeighbour).compactMap { self.realm(named: $0.name) }
  }

  func isParted(_ a: SimRealm, _ b: SimRealm) -> Bool { weather.parted[Weather.pair(a, b)] ?? 0 > now }

  func isSlow(_ a: SimRealm, _ b: SimRealm) -> Bool { weather.slow[Weather.pair(a, b)] ?? 0 > now }

  /// Until when nothing gets from one to the other; in the past where all does.
  func mutedUntil(from a: SimRealm, to b: SimRealm) -> Int64 { weather.muted[a.name + " " + b.name] ?? 0 }

  func scheduleRelayFault() {
    guard plan.relays.faultInterval > 0, !isCalm else { return }
    agenda.add(.relayFault, at: now + Int64(chance.within(1...2 * plan.relays.faultInterval)))
  }

  func strikeBetweenRealms() {
    guard !isCalm else { return }
    let fault = chance.weighed(plan.relays.faults)
    let ends = chance.pick(plan.relays.links)
    let swapped = chance.percent(50)
    let a = realms[swapped ? ends.1 : ends.0]
    let b = realms[swapped ? ends.0 : ends.1]
    let until = now + Int64(chance.within(500...30_000))
    trace("fault between \(a.name) and \(b.name): \(fault) until \(until)")
    switch fault {
    case .cut: cutLinks(a, b)
    case .part:
      weather.parted[Weather.pair(a, b)] = until
      cutLinks(a, b)
    case .slow: weather.slow[Weather.pair(a, b)] = until
    case .oneWay: weather.muted[a.name + " " + b.name] = until
    case .overtake: a.relays.overtake(b, delay: Int64(chance.within(100...5_000)))
    case .unlink: unlink(a, b, until: until)
    case .copy: a.makeCopy()
    case .restore: a.restoreCopy()
    }
    scheduleRelayFault()
  }

  /// The directory of one realm does not have the link any more, until it has it again.
  private func unlink(_ a: SimRealm, _ b: SimRealm, until: Int64) {
    a.setNeighbour(b, false)
    agenda.add(.relinked(a, to: b), at: until)
  }

  private func cutLinks(_ a: SimRealm, _ b: SimRealm) {
    for link in a.relays.openLinks where link.peer === b { a.relays.cut(link) }
  }

  /// All is well again between the realms, but for one that may have left for good: the others give it up.
  func clearUp() {
    weather = Weather()
    for (a, b) in plan.relays.links {
      realms[a].setNeighbour(realms[b], true)
      realms[b].setNeighbour(realms[a], true)
    }
    guard let leaver = plan.relays.leaver else { return }
    realms[leaver].leave()
    for realm in lasting {
      if !realm.isRunning { realm.start() }
      realm.forget(realms[leaver])
    }
  }

  /// The realms that are there to the end.
  var lasting: [SimRealm] { realms.filter { !$0.isGone } }
}
