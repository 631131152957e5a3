import Testing
import Wire

@testable import Core

/// Which links a realm wants, and which keys it believes.
@Suite struct LinkRuleTests {
  @Test func unknownRealmsAreRefusedInWords() throws {
    let alpha = try realm(neighbour: "beta", key: nil)
    let stranger = try HostilePeer("gamma", against: alpha)
    #expect(stranger.reasonForClosing == "alpha does not know a realm gamma")
    #expect(alpha.figure("links_up") == 0)
    #expect(alpha.notes.contains { $0.event == "refused" && $0.level == .warning })
    let itself = try HostilePeer("alpha", against: alpha, link: 9)
    #expect(itself.reasonForClosing == "alpha does not link to itself")
  }

  @Test func realmsThatAreNoNeighboursAreRefused() throws {
    let alpha = try realm(neighbour: "beta", key: nil)
    try alpha.configure { $0.directory[0].isNeighbour = false }
    let beta = try HostilePeer("beta", against: alpha)
    #expect(beta.reasonForClosing == "beta is not a neighbour of alpha in the directory of alpha")
  }

  @Test func anotherKeyThanTheDirectorysIsRefused() throws {
    let alpha = try realm(neighbour: "beta", key: TestCryptography(of: "beta").identity)
    let beta = try HostilePeer("beta", against: alpha)
    #expect(beta.reasonForClosing == nil)
    try alpha.handle(.link(.down(beta.link, reason: "gone")))
    try beta.connect(key: TestCryptography(of: "mallory").identity)
    #expect(beta.reasonForClosing == "beta has another key than the directory of alpha says")
    #expect(alpha.figure("links_up") == 0)
  }

  @Test func theFirstKeyShownIsRememberedOverRestarts() throws {
    let alpha = try realm(neighbour: "beta", key: nil)
    let beta = try HostilePeer("beta", against: alpha)
    #expect(beta.reasonForClosing == nil)
    try alpha.restart()
    try beta.connect(key: TestCryptography(of: "mallory").identity)
    #expect(beta.reasonForClosing == "beta has another key than when alpha first saw it")
    #expect(alpha.figure("links_up") == 0)
    alpha.linkOrders = []
    try beta.connectAgain()
    #expect(beta.reasonForClosing == nil)
    #expect(alpha.figure("links_up") == 1)
  }

  @Test func hearsayGivesWayToAKeyThatTheRealmItselfShows() throws {
    let alpha = try realm(neighbour: "beta", key: TestCryptography(of: "beta").identity)
    try alpha.configure {
      $0.directory.append(Settings.KnownRealm(name: "gamma", title: "Gamma", key: nil, isNeighbour: true))
    }
    let beta = try HostilePeer("beta", against: alpha)
    var news = Announcement(
      realm: "gamma", number: 1, transit: true, key: TestCryptography(of: "impostor").identity, links: ["beta"])
    news.signature = TestCryptography(of: "impostor").sign(news.signedBytes)
    try beta.send([.announcement(news)])
    #expect(status(alpha, "gamma")?.isVerified == false)
    try alpha.restart()
    #expect(status(alpha, "gamma")?.isVerified == false)
    let gamma = try HostilePeer("gamma", against: alpha, link: 50)
    #expect(gamma.reasonForClosing == nil)
    #expect(status(alpha, "gamma")?.isVerified == true)
    #expect(alpha.notes.contains { $0.event.contains("differs from what other realms announced") })
  }

  @Test func aNewStartTakesThePlaceOfTheOld() throws {
    let alpha = try realm(neighbour: "beta", key: nil)
    let beta = try HostilePeer("beta", against: alpha)
    try beta.connectAgain(start: 2)
    #expect(beta.reasonForClosing == nil)
    #expect(alpha.figure("links_up") == 1)
    #expect(alpha.linkOrders.contains { if case .close(LinkID(rawValue: 1), _) = $0 { true } else { false } })
  }

  @Test(arguments: [true, false])
  func ofTwoLinksTheOneStaysThatTheFirstByNameHasDialled(alphaFirst: Bool) throws {
    let alpha = try realm(neighbour: "beta", key: nil)
    let beta = try HostilePeer("beta", against: alpha, link: 1)
    try alpha.handle(.link(.down(beta.link, reason: "gone")))
    alpha.linkOrders = []
    try beta.connectAgain(isDialled: alphaFirst)
    let first = beta.link
    try beta.connectAgain(isDialled: !alphaFirst)
    let kept = alphaFirst ? first : beta.link
    let closed = alpha.linkOrders.compactMap { if case .close(let id, _) = $0 { id } else { nil } }
    #expect(closed == [kept == first ? beta.link : first])
    #expect(alpha.figure("links_up") == 1)
  }

  @Test func aChangedDirectoryEndsLinksItNoLongerAllows() throws {
    let alpha = try realm(neighbour: "beta", key: nil)
    let beta = try HostilePeer("beta", against: alpha)
    try alpha.configure { $0.directory[0].key = TestCryptography(of: "mallory").identity }
    #expect(beta.reasonForClosing == "beta has another key than the directory of alpha says")
    #expect(alpha.figure("links_up") == 0)
    try alpha.configure { $0.directory = [] }
    alpha.linkOrders = []
    try beta.connectAgain()
    #expect(beta.reasonForClosing == "alpha does not know a realm beta")
  }

  @Test func operatorsEndALinkAndSeeWhy() throws {
    let alpha = try realm(neighbour: "beta", key: nil)
    #expect(
      try alpha.administer(.disconnectLink(realm: "beta")) == .refused("There is no link between alpha and beta"))
    let beta = try HostilePeer("beta", against: alpha)
    #expect(status(alpha, "beta")?.way == .link)
    _ = try alpha.administer(.disconnectLink(realm: "beta"))
    #expect(beta.reasonForClosing == "The operators of alpha have ended the link")
    #expect(status(alpha, "beta")?.way == LinkStatus.Way.none)
    #expect(status(alpha, "beta")?.lastError == "The operators of alpha have ended the link")
    try alpha.handle(.link(.failed(realm: "beta", reason: "connection refused", next: 77)))
    #expect(status(alpha, "beta")?.lastError == "connection refused")
    #expect(status(alpha, "beta")?.nextAttempt == 77)
  }

  @Test func aNeighbourThatIsHeardOfIsDialledAtOnce() throws {
    let alpha = try realm(neighbour: "beta", key: nil)
    try alpha.configure {
      $0.directory.append(
        Settings.KnownRealm(
          name: "gamma", title: "Gamma", key: TestCryptography(of: "gamma").identity, isNeighbour: true))
    }
    let beta = try HostilePeer("beta", against: alpha)
    var news = Announcement(
      realm: "gamma", number: 1, transit: true, key: TestCryptography(of: "gamma").identity, links: ["beta"])
    news.signature = TestCryptography(of: "gamma").sign(news.signedBytes)
    try beta.send([.announcement(news)])
    #expect(alpha.linkOrders.contains(.dialNow(realm: "gamma")))
  }

  private func realm(neighbour: String, key: [UInt8]?) throws -> TestRealm {
    var settings = Settings(realm: "alpha")
    settings.directory = [Settings.KnownRealm(name: neighbour, title: neighbour, key: key, isNeighbour: true)]
    return try TestRealm(settings)
  }

  private func status(_ realm: TestRealm, _ other: String) -> LinkStatus? {
    guard case .links(let all)? = try? realm.administer(.links) else { return nil }
    return all.first { $0.realm == other }
  }
}
