import Glibc
import LiveServer
import Net
import Testing

extension EndToEndTests {
  /// A group of beta's with members in all three realms of a line.
  @Suite struct RelayGroupTests {
    /// Members of one group, one in each realm, and what they were told.
    private final class Meeting {
      let federation: Federation
      var clients: [String: IRCClient] = [:]
      /// By realm, the ids of its member's messages that were echoed, in that order.
      var echoed: [String: [String]] = [:]
      /// What was accepted with the word that it waits.
      var waiting: Set<String> = []
      private var number = 0

      init(_ federation: Federation) throws {
        self.federation = federation
        for realm in ["beta", "alpha", "gamma"] {
          let client = try IRCClient("in-\(realm)", port: try federation[realm].ircPort)
          try client.register()
          try client.join(Self.group(seenFrom: realm))
          clients[realm] = client
        }
      }

      static func group(seenFrom realm: String) -> String { realm == "beta" ? "#plans" : "#plans/beta" }

      func say(_ count: Int) {
        for realm in federation.names {
          for _ in 0..<count {
            number += 1
            // It fails where the realm was killed; what was not echoed was not accepted.
            try? clients[realm]?.send("PRIVMSG \(Self.group(seenFrom: realm)) :message \(number)")
          }
        }
        for realm in federation.names { gather(realm, milliseconds: 5) }
      }

      func gather(_ realm: String, milliseconds: Int = 300) {
        while let message = try? clients[realm]?.next(milliseconds: milliseconds) {
          if message.command == "NOTE", message.parameters.starts(with: ["PRIVMSG", "WAITING"]) {
            waiting.insert(message.parameters[3])
          }
          guard message.command == "PRIVMSG", message.nick == "in-\(realm)", let id = message.tags["msgid"] else {
            continue
          }
          echoed[realm, default: []].append(id)
        }
      }

      func reconnect(to realm: String) throws {
        gather(realm)
        clients[realm] = try IRCClient("in-\(realm)", port: try federation[realm].ircPort)
        try clients[realm]?.login()
      }

      private func history(in realm: String) throws -> [String] {
        let reader = try IRCClient("in-\(realm)", port: try federation[realm].ircPort)
        try reader.login()
        return try reader.history(of: Self.group(seenFrom: realm)).compactMap { $0.tags["msgid"] }
      }

      /// Waits until all realms have the same log with everything that was echoed in it, and looks: once, in order.
      func check(milliseconds: Int64 = 60_000) throws {
        for realm in federation.names { gather(realm) }
        let until = Clock.monotonicMilliseconds() + milliseconds
        let wanted = waiting.union(echoed.values.joined())
        var logs: [[String]] = []
        while true {
          logs = try federation.names.map { try history(in: $0) }
          if Set(logs).count == 1, Set(logs[0]).isSuperset(of: wanted) { break }
          let missing = logs.map { wanted.subtracting($0).count }
          try #require(
            Clock.monotonicMilliseconds() < until,
            "logs of \(logs.map(\.count)), of \(wanted.count) accepted \(missing) missing:\n\(federation.logs)")
          poll(nil, 0, 200)
        }
        #expect(Set(logs[0]).count == logs[0].count, "some are there twice")
        for (realm, ids) in echoed {
          let own = Set(ids)
          // A message that waited while its sender's client was away is not echoed to that one.
          #expect(logs[0].filter(own.contains) == ids, "the messages of \(realm) are out of order")
        }
      }
    }

    @Test("Everybody in a group sees the same messages in the same order, in every realm")
    func together() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let meeting = try Meeting(federation)
      for _ in 0..<10 { meeting.say(10) }
      try meeting.check()
      #expect(meeting.echoed.values.allSatisfy { $0.count == 100 }, "\(meeting.echoed.mapValues(\.count))")
      try federation.stop()
    }

    @Test("Whichever realm is killed, the group has what was echoed once, in one order")
    func killed() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let meeting = try Meeting(federation)
      for round in 0..<KillTests.rounds {
        let victim = federation.names[round % 3]
        for _ in 0..<Int.random(in: 3...8) { meeting.say(5) }
        try federation[victim].process.kill()
        for _ in 0..<3 { meeting.say(5) }
        try federation.start(victim)
        try meeting.reconnect(to: victim)
        for _ in 0..<3 { meeting.say(5) }
      }
      #expect(meeting.echoed.values.allSatisfy { $0.count >= 100 }, "\(meeting.echoed.mapValues(\.count))")
      try meeting.check()
      try federation.stop()
    }

    @Test("Whatever links are cut, the group has what was echoed once, in one order")
    func cut() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let meeting = try Meeting(federation)
      for _ in 0..<2 * KillTests.rounds {
        for _ in 0..<Int.random(in: 2...6) { meeting.say(5) }
        for proxy in federation.proxies where Bool.random() { proxy.cut() }
      }
      try meeting.check()
      try federation.stop()
    }
  }
}
