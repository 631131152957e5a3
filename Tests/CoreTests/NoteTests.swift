import Core
import Testing
import Wire

/// What the log of those who run the realm says: who did what, never what was said.
@Suite struct NoteTests {
  private func text(_ notes: [Note]) -> [String] {
    notes.map { note in
      "\(note.area) \(note.event)" + note.fields.map { " \($0.name)=\($0.value)" }.joined()
    }
  }

  @Test func accountsAndGroups() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    try realm.send("alice", "JOIN #plans")
    try realm.send("alice", "PRIVMSG #plans :unspeakable")
    try realm.send("alice", "PASSWD sesame opensesame")
    try realm.send("alice", "PART #plans :unspeakable")
    try realm.send("alice", "QUIT :unspeakable")
    #expect(
      text(realm.notes) == [
        "account registered account=alice from=127.0.0.1",
        "account logged in account=alice from=127.0.0.1",
        "group made group=#plans by=alice",
        "account password changed account=alice from=127.0.0.1",
        "group ended group=#plans",
        "account session ended account=alice from=127.0.0.1 why=Quit",
      ])
  }

  /// People type passwords in the place of names: a name that nobody has is not noted.
  @Test func failedLogins() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    try realm.connect("bob")
    try realm.send("bob", lines: ["NICK bob", "USER bob 0 * :Bob"])
    try realm.send("bob", "NS IDENTIFY alice secret")
    try realm.send("bob", "NS IDENTIFY secret alice")
    let failed = realm.notes.suffix(2)
    #expect(
      text(Array(failed)) == [
        "account login failed account=alice from=127.0.0.1", "account login failed from=127.0.0.1",
      ])
    #expect(failed.allSatisfy { $0.level == .warning })
  }

  @Test func operators() throws {
    var settings = Settings(realm: "alpha")
    settings.operators = [Settings.Operator(name: "root", verifier: TestRealm.verifier(of: Array("toor".utf8)))]
    let realm = try TestRealm(settings)
    try realm.register("alice")
    try realm.register("bob")
    let before = realm.notes.count
    try realm.send("alice", "OPER root guess")
    try realm.send("alice", "OPER root toor")
    try realm.send("alice", "KILL bob :behave")
    try realm.administer(.suspend(account: "bob"))
    try realm.administer(.disconnect(account: "alice"))
    #expect(
      text(Array(realm.notes[before...])) == [
        "operator refused by=alice from=127.0.0.1",
        "operator is operator operator=root by=alice from=127.0.0.1",
        "operator killed nick=bob by=alice why=behave",
        "account session ended account=bob from=127.0.0.1 why=Closing Link: alpha (Killed (alice (behave)))",
        "operator account suspended account=bob",
        "account session ended account=alice from=127.0.0.1 why=Disconnected by the operators",
        "operator account disconnected account=alice sessions=1",
      ])
  }

  /// Where nobody can look at a password, nothing was guessed.
  @Test func unchecked() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    realm.holdsAnswers = true
    try realm.connect("bob")
    try realm.send("bob", lines: ["NICK bob", "USER bob 0 * :Bob", "NS IDENTIFY alice sesame"])
    realm.lines("bob")
    let id = try #require(realm.asks.last?.id)
    let before = realm.notes.count
    try realm.handle(.answer(id, .failed("the server is busy")))
    #expect(
      realm.lines("bob") == [
        ":NickServ!NickServ@alpha NOTICE bob :You are not logged in as alice: it cannot be checked now"
          + " (the server is busy), try again"
      ])
    #expect(realm.notes.count == before)
  }
}

/// What a reload changes about the capabilities.
@Suite struct CapabilityChangeTests {
  @Test func registrationCloses() throws {
    let realm = try TestRealm()
    try realm.connect("alice")
    try realm.send("alice", "CAP LS 302")
    realm.lines("alice")
    var settings = Settings(realm: "alpha")
    settings.registration = .closed
    try realm.handle(.configured(settings))
    #expect(realm.lines("alice") == [":alpha CAP * DEL :draft/account-registration"])
    settings.registration = .open
    try realm.handle(.configured(settings))
    #expect(
      realm.lines("alice") == [
        ":alpha CAP * NEW :draft/account-registration=before-connect,custom-account-name"
      ])
  }
}
