import Testing

@testable import Core

/// Metadata where a transcript would be long: keys, limits, what is told of many.
@Suite struct MetadataTests {
  @Test(
    arguments: [
      ("display-name", true), ("a", true), ("im.xmpp", true), ("a/b_c-9", true), ("soju.im/muted", true),
      (String(repeating: "k", count: Limits.metadataKeyBytes), true), ("", false), ("Avatar", false), ("a:b", false),
      ("$url", false), ("é", false), ("a b", false), ("soju.im/other", false), ("moot/x", false),
      (String(repeating: "k", count: Limits.metadataKeyBytes + 1), false),
    ])
  func keys(_ key: String, _ isKey: Bool) { #expect(Metadata.isKey(key) == isKey, "\(key)") }

  @Test func fieldsAreInOrderOfTheirKeys() {
    var metadata = Metadata()
    for key in ["b", "c", "a", "b"] { metadata[key] = key + "1" }
    metadata["d"] = nil
    #expect(metadata.fields.map(\.key) == ["a", "b", "c"])
    metadata["b"] = nil
    #expect(metadata.fields.map(\.value) == ["a1", "c1"])
    #expect(metadata["b"] == nil && metadata["c"] == "c1")
  }

  private func realm(_ capability: String) throws -> TestRealm {
    let realm = try TestRealm()
    try realm.register("alice", capabilities: "batch \(capability)")
    return realm
  }

  @Test func keysAreLimited() throws {
    let realm = try realm("draft/metadata-3")
    for number in 0..<Limits.metadataKeys {
      try realm.send("alice", "METADATA * SET key\(number) :\(number)")
      try realm.pass(seconds: 1)
    }
    realm.lines("alice")
    try realm.send("alice", "METADATA * SET another :1")
    #expect(
      realm.lines("alice").first?.hasPrefix(":alpha FAIL METADATA LIMIT_REACHED SET alice \(Limits.metadataKeys) :")
        == true)
    try realm.send("alice", "METADATA * SET key1 :changed")
    #expect(realm.lines("alice") == [":alpha 761 alice alice key1 * :changed"])
  }

  @Test func subscriptionsAreLimitedInOrder() throws {
    let realm = try realm("draft/metadata-3")
    let keys = (0..<Limits.metadataSubscriptions + 2).map { "key\($0)" }
    for start in stride(from: 0, to: keys.count, by: 10) {
      try realm.send("alice", "METADATA * SUB \(keys[start..<min(start + 10, keys.count)].joined(separator: " "))")
    }
    let lines = realm.lines("alice")
    let first = keys[Limits.metadataSubscriptions]
    #expect(lines.filter { $0.contains("LIMIT_REACHED SUB \(first) \(Limits.metadataSubscriptions) :") }.count == 1)
    #expect(!lines.contains { $0.contains("LIMIT_REACHED SUB \(keys[keys.count - 1])") }, "the rest is not processed")
    try realm.send("alice", "METADATA * SUBS")
    let subscribed = realm.lines("alice").filter { $0.contains(" 772 ") }
      .flatMap { $0.split(separator: " ").drop { $0 != "alice" }.dropFirst() }
    #expect(subscribed.map(String.init) == Array(keys.prefix(Limits.metadataSubscriptions)))
  }

  @Test(arguments: ["draft/metadata-2", "draft/metadata-3"]) func changesAreLimitedInTime(_ capability: String) throws {
    let realm = try realm(capability)
    for number in 0..<Limits.metadataChanges { try realm.send("alice", "METADATA * SET status :\(number)") }
    realm.lines("alice")
    try realm.send("alice", "METADATA * SET status :one too many")
    let answer = realm.lines("alice").first ?? ""
    #expect(
      capability == "draft/metadata-3"
        ? answer == ":alpha 775 alice 1 * SET status :one too many"
        : answer.hasPrefix(":alpha FAIL METADATA RATE_LIMITED * status 1 :"))
    try realm.pass(seconds: 2)
    try realm.send("alice", "METADATA * SET status :later")
    #expect(realm.lines("alice").contains { $0.contains(" 761 ") })
  }

  /// It is there after a restart, also of who is not connected, and ends with the account.
  @Test func itIsKept() throws {
    let realm = try realm("draft/metadata-3")
    try realm.register("bob", capabilities: "batch draft/metadata-3")
    for line in ["* SET status :here", "bob SET soju.im/muted 1", "bob SET soju.im/pinned 1"] {
      try realm.send("alice", "METADATA \(line)")
    }
    try realm.restart()
    try realm.logIn("bob", as: "bob", capabilities: "batch draft/metadata-3")
    realm.lines("bob")
    try realm.send("bob", "METADATA alice GET status soju.im/muted")
    let values = realm.lines("bob").filter { $0.contains(" 761 ") }
    #expect(values.map { $0.hasSuffix("status * :here") || $0.hasSuffix("soju.im/muted private :0") } == [true, true])
    try realm.logIn("alice", as: "alice", capabilities: "batch draft/metadata-3")
    realm.lines("alice")
    try realm.send("alice", "METADATA bob LIST")
    #expect(realm.lines("alice").filter { $0.contains(" 761 ") }.count == 2)
    try realm.send("alice", "UNREGISTER alice sesame")
    try realm.send("bob", "METADATA alice GET status")
    #expect(realm.lines("bob").last?.hasPrefix(":alpha FAIL METADATA INVALID_TARGET alice :") == true)
    #expect(try realm.snapshot().metadata.isEmpty && realm.snapshot().preferences.isEmpty)
  }

  /// A large group is not told of unasked; what there is is told to who asks, as far as it fits.
  @Test func largeGroups() throws {
    let realm = try TestRealm()
    try realm.configure { $0.limits.sendQueueBytes = 65_536 }
    try realm.register("alice", capabilities: "batch draft/metadata-3")
    try realm.send("alice", lines: ["METADATA * SUB a b", "JOIN #plans"])
    let text = String(repeating: "x", count: Limits.metadataValueBytes)
    for number in 0..<60 {
      try realm.register("m\(number)")
      try realm.send("m\(number)", lines: ["JOIN #plans", "METADATA * SET a :\(text)"])
    }
    realm.lines("alice")
    try realm.send("alice", "METADATA #plans SYNC")
    let lines = realm.lines("alice")
    #expect(lines.contains { $0.contains("WARN METADATA LIMIT_REACHED SYNC #plans :") })
    #expect(lines.reduce(0) { $0 + $1.utf8.count } < 32_000)
    #expect(lines.filter { $0.contains(" 761 ") }.count > 30)
  }

  /// What is known of people elsewhere whom nobody sees any more goes with the circuit; of accounts that end, at once.
  @Test func peopleElsewhereAreForgotten() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice", capabilities: "batch draft/metadata-3")
    for name in ["bob", "dora"] {
      try realms["beta"].register(name, capabilities: "batch draft/metadata-3")
      try realms.send("beta", name, "METADATA * SET status :here")
    }
    for line in ["METADATA * SUB status", "METADATA dora/beta GET status", "JOIN #plans"] {
      try realms.send("alpha", "alice", line)
    }
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    #expect(realms["alpha"].realm.metadata.count == 2)
    try realms.cut("alpha", "beta")
    try realms.connect("alpha", "beta")
    #expect(realms["alpha"].realm.metadata.count == 1)
    realms.lines("alpha", "alice")
    try realms.send("beta", "bob", "UNREGISTER bob sesame")
    try realms.settle()
    #expect(realms["alpha"].realm.metadata.isEmpty)
    #expect(realms.lines("alpha", "alice").contains(":alpha 766 alice bob/beta status :key not set"))
  }
}
