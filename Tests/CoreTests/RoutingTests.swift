import Core
import Testing
import Wire

/// Three and more realms: what they announce, and what passes through them.
@Suite struct RoutingTests {
  @Test func realmsWithoutALinkTalkThroughAThird() throws {
    let realms = try line()
    #expect(realms.way("alpha", to: "gamma") == .route(through: "beta", links: 2))
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :hello")
    #expect(realms.said("gamma", "carol") == ["hello"])
    try realms.send("gamma", "carol", "PRIVMSG alice/alpha :and hello to you")
    #expect(realms.said("alpha", "alice") == ["and hello to you"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
    #expect(try #require(realms["beta"].figure("transit_frames_total")) > 0)
  }

  @Test func theRealmOnTheWayCannotReadWhatPasses() throws {
    let realms = try line()
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :a secret")
    let payloads = realms.delivered.compactMap { if case .circuit(let frame) = $0.frame { frame.payload } else { nil } }
    #expect(!payloads.isEmpty)
    for payload in payloads {
      #expect(!String(decoding: payload, as: UTF8.self).contains("secret"))
    }
  }

  @Test func aLinkThatBreaksFarAwayIsGoneRoundAndComesBack() throws {
    let realms = try TestRealms(
      ["alpha", "beta", "delta", "gamma"],
      neighbours: [("alpha", "beta"), ("beta", "gamma"), ("beta", "delta"), ("delta", "gamma")])
    try realms["alpha"].register("alice")
    try realms["gamma"].register("carol")
    try realms.pass(seconds: 2)
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :one")
    #expect(realms.way("alpha", to: "gamma") == .route(through: "beta", links: 2))
    try realms.cut("beta", "gamma")
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :two")
    try realms.pass(seconds: 4)
    #expect(realms.way("alpha", to: "gamma") == .route(through: "beta", links: 3))
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :three")
    #expect(realms.said("gamma", "carol") == ["one", "two", "three"])
    try realms.connect("beta", "gamma")
    try realms.pass(seconds: 2)
    #expect(realms.way("alpha", to: "gamma") == .route(through: "beta", links: 2))
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :four")
    #expect(realms.said("gamma", "carol") == ["four"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func theRealmOnTheWayMayRestart() throws {
    let realms = try line()
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :one")
    realms.holdsFrames = true
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :two")
    realms.holdsFrames = false
    try realms.restart("beta")
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :three")
    try realms.pass(seconds: 4)
    #expect(realms.said("gamma", "carol") == ["one", "two", "three"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func whatIsLostWithALinkFarAwayIsSentAgainSoon() throws {
    let realms = try line()
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :one")
    realms.onTheWay = { from, to, frame in from == "beta" && to == "gamma" ? nil : frame }
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :two")
    // The link is back before anybody hears that it was gone.
    try realms.cut("beta", "gamma")
    realms.onTheWay = { $2 }
    try realms.connect("beta", "gamma")
    try realms.pass(seconds: 3)
    #expect(realms.said("gamma", "carol") == ["one", "two"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func withoutTransitNothingPasses() throws {
    let realms = try line { if $0.realm == "beta" { $0.transit = false } }
    #expect(realms.way("alpha", to: "gamma") == LinkStatus.Way.none)
    // Even from who has not heard of it.
    let frame = CircuitFrame(
      kind: .open, from: "alpha", to: "gamma", hops: 9, circuit: 7, count: 0, payload: [])
    realms.delivered = []
    try realms.inject([.circuit(frame)], from: "alpha", to: "beta")
    #expect(!realms.delivered.contains { $0.to == "gamma" })
    #expect(realms.dropped("alpha").map(\.reason) == [.noTransit])
  }

  @Test func aFrameThatHasBeenPassedOnTooOftenIsDropped() throws {
    let realms = try line()
    realms.delivered = []
    let frame = CircuitFrame(kind: .open, from: "alpha", to: "gamma", hops: 0, circuit: 7, count: 0, payload: [])
    try realms.inject([.circuit(frame)], from: "alpha", to: "beta")
    #expect(realms.dropped("alpha").map(\.reason) == [.hops])
  }

  @Test func whatHasNoWayIsDroppedAndItsOriginIsTold() throws {
    let realms = try line()
    realms.delivered = []
    let frame = CircuitFrame(kind: .open, from: "alpha", to: "nowhere", hops: 9, circuit: 7, count: 0, payload: [])
    try realms.inject([.circuit(frame)], from: "alpha", to: "beta")
    #expect(realms.dropped("alpha").map(\.reason) == [.noRoute])
  }

  @Test func whatIsTooMuchOnTheWayIsDroppedAndArrivesAllTheSame() throws {
    let ends = (1...6).map { "end\($0)" }
    let realms = try TestRealms(
      ["alpha", "beta", "hub"] + ends,
      neighbours: [("alpha", "beta"), ("beta", "hub")] + ends.map { ("hub", $0) })
    try realms["alpha"].register("alice")
    for end in ends { try realms[end].register("bob") }
    try realms.pass(seconds: 3)
    for end in ends { try realms.send("alpha", "alice", "PRIVMSG bob/\(end) :first") }
    realms.stuck = ["beta", "hub"]
    realms.holdsAcknowledgements(of: "alpha")
    let text = String(repeating: "x", count: 1_900)
    for end in ends {
      for _ in 0..<6 {
        try realms["alpha"].send("alice", lines: Array(repeating: "PRIVMSG bob/\(end) :\(text)", count: 90))
        try realms.settle()
      }
    }
    #expect(realms.dropped("alpha").contains { $0.reason == .congested })
    realms.stuck = []
    realms.onTheWay = { $2 }
    try realms.tellAllSent()
    try realms.pass(seconds: 60)
    for end in ends { #expect(realms.said(end, "bob").count == 541) }
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func aLinkThatTakesNothingHoldsNothingUpForGood() throws {
    let realms = try line()
    try realms.send("alpha", "alice", "PRIVMSG carol/gamma :first")
    realms.tellsSent = false
    let text = String(repeating: "x", count: 1_500)
    for _ in 0..<8 {
      try realms["alpha"].send("alice", lines: Array(repeating: "PRIVMSG carol/gamma :\(text)", count: 100))
      try realms.settle()
    }
    realms.tellsSent = true
    try realms.tellAllSent()
    try realms.pass(seconds: 40)
    #expect(realms.said("gamma", "carol").count == 801)
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func announcementsAreSignedNumberedAndPassedOnOnce() throws {
    let realms = try line()
    realms.delivered = []
    let links = ["beta", "zeta"]
    var news = Announcement(
      realm: "alpha", number: .max / 4, transit: true, key: TestCryptography(of: "alpha").identity, links: links)
    news.signature = TestCryptography(of: "alpha").sign(news.signedBytes)
    try realms.inject([.announcement(news), .announcement(news)], from: "alpha", to: "beta")
    let passed = realms.delivered.filter { $0.from == "beta" && $0.to == "gamma" && $0.frame == .announcement(news) }
    #expect(passed.count == 1)
  }

  @Test func whoHearsItselfFromBeforeSpeaksAboveIt() throws {
    let realms = try line()
    realms.delivered = []
    var old = Announcement(
      realm: "beta", number: .max / 4, transit: true, key: TestCryptography(of: "beta").identity, links: [])
    old.signature = TestCryptography(of: "beta").sign(old.signedBytes)
    try realms.inject([.announcement(old)], from: "alpha", to: "beta")
    let numbers = realms.delivered.compactMap { delivery -> UInt64? in
      guard delivery.from == "beta", case .announcement(let announcement) = delivery.frame else { return nil }
      return announcement.realm == "beta" ? announcement.number : nil
    }
    #expect(numbers.contains { $0 > old.number })
    try realms.pass(seconds: 1)
    #expect(realms.way("alpha", to: "gamma") == .route(through: "beta", links: 2))
  }

  @Test func whoseClockWasSetBackIsHeardAllTheSame() throws {
    let realms = try line()
    var old = Announcement(
      realm: "alpha", number: .max / 4, transit: true, key: TestCryptography(of: "alpha").identity, links: [])
    old.signature = TestCryptography(of: "alpha").sign(old.signedBytes)
    try realms.inject([.announcement(old)], from: "gamma", to: "beta")
    try realms.cut("alpha", "beta")
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 2)
    #expect(realms.way("gamma", to: "alpha") == .route(through: "beta", links: 2))
  }

  @Test func anAnnouncementThatNobodySignedEndsTheLink() throws {
    let realms = try line()
    var forged = Announcement(
      realm: "gamma", number: .max / 4, transit: true, key: TestCryptography(of: "gamma").identity, links: [])
    forged.signature = TestCryptography(of: "alpha").sign(forged.signedBytes)
    try realms.inject([.announcement(forged)], from: "alpha", to: "beta")
    #expect(!realms.areLinked("alpha", "beta"))
    #expect(realms.goodbyes.contains { $0.contains("nobody has signed") })
    #expect(realms.areLinked("beta", "gamma"))
    try realms.pass(seconds: 1)
    #expect(realms.way("beta", to: "gamma") == .link)
  }

  @Test func anAnnouncementWithAnotherKeyIsNotBelieved() throws {
    let realms = try line()
    var forged = Announcement(
      realm: "gamma", number: .max / 4, transit: true, key: TestCryptography(of: "mallory").identity, links: [])
    forged.signature = TestCryptography(of: "mallory").sign(forged.signedBytes)
    try realms.inject([.announcement(forged)], from: "alpha", to: "beta")
    #expect(realms.areLinked("alpha", "beta"))
    #expect(realms.way("alpha", to: "gamma") == .route(through: "beta", links: 2))
  }

  @Test func aFloodOfAnnouncementsIsNotPassedOn() throws {
    let realms = try line()
    realms.delivered = []
    let frames = (1...1_000).map { number -> Frame in
      var news = Announcement(
        realm: "alpha", number: .max / 4 + UInt64(number), transit: true,
        key: TestCryptography(of: "alpha").identity, links: ["beta"])
      news.signature = TestCryptography(of: "alpha").sign(news.signedBytes)
      return .announcement(news)
    }
    try realms.inject(frames, from: "alpha", to: "beta")
    #expect(realms.delivered.count { $0.from == "beta" && $0.to == "gamma" } <= Limits.announcementBurst)
  }

  @Test func whoIsNotHeardOfForLongIsForgotten() throws {
    let realms = try line()
    #expect(realms["alpha"].figure("realms_announced") == 2)
    try realms.cut("beta", "gamma")
    try realms.pass(seconds: 60)
    #expect(realms["alpha"].figure("realms_announced") == 2)
    try realms.pass(seconds: Int(Limits.announcementAge / 1_000) + 60)
    #expect(realms["alpha"].figure("realms_announced") == 1)
    #expect(realms.way("alpha", to: "beta") == .link)
    try realms.connect("beta", "gamma")
    try realms.pass(seconds: 2)
    #expect(realms.way("alpha", to: "gamma") == .route(through: "beta", links: 2))
  }

  @Test func strangersAreBounded() throws {
    let realms = try line()
    let key = TestCryptography(of: "strangers").identity
    let frames = (0..<Limits.strangers + 50).map { number -> Frame in
      var news = Announcement(realm: "s\(number)", number: 1, transit: true, key: key, links: ["beta"])
      news.signature = TestCryptography(of: "strangers").sign(news.signedBytes)
      return .announcement(news)
    }
    try realms.inject(frames, from: "alpha", to: "beta")
    #expect(try #require(realms["beta"].figure("realms_announced")) <= Limits.strangers + 2)
    #expect(realms.way("beta", to: "gamma") == .link)
  }

  /// Three realms in a line, known to each other, and somebody at both ends.
  private func line(change: (inout Settings) -> Void = { _ in }) throws -> TestRealms {
    let realms = try TestRealms(
      ["alpha", "beta", "gamma"], neighbours: [("alpha", "beta"), ("beta", "gamma")], change: change)
    try realms["alpha"].register("alice")
    try realms["gamma"].register("carol")
    try realms.pass(seconds: 2)
    return realms
  }
}

extension TestRealms {
  /// How one realm reaches another.
  func way(_ realm: String, to other: String) -> LinkStatus.Way? { status(realm, of: other)?.way }

  /// What a realm says of another.
  func status(_ realm: String, of other: String) -> LinkStatus? {
    guard case .links(let all)? = try? self[realm].administer(.links) else { return nil }
    return all.first { $0.realm == other }
  }

  /// What other realms say to one on its circuits is lost on the way.
  func holdsAcknowledgements(of realm: String) {
    onTheWay = { _, to, frame in
      guard to == realm, case .circuit = frame else { return frame }
      return nil
    }
  }

  /// Word of frames that were dropped, as it has come to a realm.
  func dropped(_ realm: String) -> [Dropped] {
    delivered.compactMap { delivery in
      guard delivery.to == realm, case .dropped(let dropped) = delivery.frame else { return nil }
      return dropped
    }
  }
}
