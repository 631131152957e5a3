import Core
import Store

/// What goes wrong, and what operators do meanwhile.
extension World {
  func scheduleFault(_ realm: SimRealm) {
    guard plan.faults.interval > 0, !isCalm else { return }
    agenda.add(.fault(realm), at: now + Int64(chance.within(1...2 * plan.faults.interval)))
  }

  func strike(_ realm: SimRealm) {
    guard !isCalm else { return }
    let fault = chance.weighed(plan.faults.kinds)
    trace("fault of \(realm.name): \(fault)")
    switch fault {
    case .crashInStore:
      let step = chance.pick([Step.begin, .statement, .statement, .statement, .commit, .committed])
      realm.crashPoint.arm(step, after: step == .statement ? chance.below(12) : chance.below(2))
    case .crashBetweenTurns: realm.die()
    case .crashInRelease: realm.outlets = chance.below(8)
    case .cut:
      let connections = realm.network.connections
      if !connections.isEmpty { realm.network.cut(chance.pick(connections)) }
    case .diskLow:
      realm.isDiskLow.toggle()
      realm.post(.diskLow(realm.isDiskLow))
    case .clockJump: realm.clockOffset += Int64(chance.within(-100_000...100_000))
    }
    scheduleFault(realm)
  }

  func scheduleOperator(_ realm: SimRealm) {
    guard plan.faults.adminInterval > 0, !isCalm else { return }
    agenda.add(.administer(realm), at: now + Int64(chance.within(1...2 * plan.faults.adminInterval)))
  }

  func administer(_ realm: SimRealm) {
    guard !isCalm else { return }
    defer { scheduleOperator(realm) }
    if realms.count > 1, chance.percent(15) {
      let peer = chance.pick(realms)
      return request(chance.pick([.links, .disconnectLink(realm: peer.name), .forgetRealm(peer.name)]), realm)
    }
    let account = chance.pick(realm.accounts)
    let name = account.name
    switch chance.below(20) {
    case 0...2: request(.accounts, realm)
    case 3...5: request(.status, realm)
    case 6...8: request(.suspend(account: name), realm)
    case 9...12: request(.resume(account: name), realm)
    case 13...15: request(.disconnect(account: name), realm)
    case 16:
      if let new = account.newPassword() { request(.resetPassword(account: name, secret: Array(new.utf8)), realm) }
    case 17: request(.create(account: name, secret: Array(account.passwords[0].utf8)), realm)
    default: if plan.faults.deletesAccounts { request(.delete(account: name), realm) }
    }
  }

  func request(_ request: AdminRequest, _ realm: SimRealm) {
    guard realm.isRunning else { return }
    realm.lastRequest += 1
    realm.requests[realm.lastRequest] = request
    trace("operator's request \(realm.lastRequest): \(request)")
    realm.post(.administer(realm.lastRequest, request))
  }
}
