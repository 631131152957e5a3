import Glibc
import LiveServer
import Net
import Testing

extension EndToEndTests {
  /// Three realms in a line, each a process of its own: what alpha and gamma say to each other passes through beta.
  @Suite struct RelayTests {
    /// Two people who talk from the ends of the line, and what they know.
    private final class Talk {
      struct Side {
        var name: String
        var realm: String
        var other: String
        var client: IRCClient
        /// Ids of what was echoed, in that order.
        var echoed: [String] = []
      }

      let federation: Federation
      var sides: [Side]
      private var number = 0

      init(_ federation: Federation) throws {
        self.federation = federation
        sides = []
        for (name, realm, other) in [("alice", "alpha", "carol/gamma"), ("carol", "gamma", "alice/alpha")] {
          let client = try IRCClient(name, port: try federation[realm].ircPort)
          try client.register()
          sides.append(Side(name: name, realm: realm, other: other, client: client))
        }
      }

      /// Both say so much, and take in the echoes that come.
      func say(_ count: Int) {
        for index in sides.indices {
          for _ in 0..<count {
            number += 1
            // It fails where the realm was killed; what was not echoed was not accepted.
            try? sides[index].client.send("PRIVMSG \(sides[index].other) :message \(number)")
          }
        }
        for index in sides.indices { gather(index, milliseconds: 5) }
      }

      /// Takes in echoes for as long as they come.
      func gather(_ index: Int, milliseconds: Int = 300) {
        while let message = try? sides[index].client.next(milliseconds: milliseconds) {
          guard message.command == "PRIVMSG", message.nick == sides[index].name, let id = message.tags["msgid"] else {
            continue
          }
          sides[index].echoed.append(id)
        }
      }

      /// Those who were on a realm that was killed connect again.
      func reconnect(to realm: String) throws {
        for index in sides.indices where sides[index].realm == realm {
          gather(index)
          sides[index].client = try IRCClient(sides[index].name, port: try federation[realm].ircPort)
          try sides[index].client.login()
        }
      }

      /// Waits until everything that was echoed is at its receiver, and looks: once, in order.
      func check(milliseconds: Int64 = 60_000) throws {
        for index in sides.indices { gather(index) }
        for (from, to) in [(0, 1), (1, 0)] {
          let sender = sides[from]
          let server = try federation[sides[to].realm]
          let until = Clock.monotonicMilliseconds() + milliseconds
          var found: [String] = []
          while true {
            let reader = try IRCClient(sides[to].name, port: server.ircPort)
            try reader.login()
            let history = try reader.history(of: "\(sender.name)/\(sender.realm)")
            found = history.filter { $0.nick == "\(sender.name)/\(sender.realm)" }.compactMap { $0.tags["msgid"] }
            if Set(found).isSuperset(of: sender.echoed) { break }
            try #require(
              Clock.monotonicMilliseconds() < until,
              "\(sender.name) has \(sender.echoed.count) echoes, \(found.count) arrived:\n\(federation.logs)")
            poll(nil, 0, 200)
          }
          #expect(Set(found).count == found.count, "some arrived twice")
          let echoed = Set(sender.echoed)
          #expect(found.filter(echoed.contains) == sender.echoed, "out of order")
        }
      }
    }

    @Test("Private messages pass through a realm between, both ways")
    func throughTheMiddle() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let talk = try Talk(federation)
      let (alice, carol) = (talk.sides[0].client, talk.sides[1].client)
      try alice.send("PRIVMSG carol/gamma :hello carol")
      let heard = try carol.wait("PRIVMSG", "carol", "hello carol")
      #expect(heard.source == "alice/alpha!alice@alpha")
      try carol.send("PRIVMSG alice@alpha :hello alice")
      #expect(try alice.wait("PRIVMSG", "alice", "hello alice").nick == "carol/gamma")
      for _ in 0..<10 { talk.say(20) }
      try talk.check()
      #expect(talk.sides.allSatisfy { $0.echoed.count >= 200 })
      try federation.stop()
    }

    @Test("What is said to a realm that is away waits, and its sender is told so, and when it is there")
    func away() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let talk = try Talk(federation)
      let alice = talk.sides[0].client
      try federation["gamma"].stop()
      try federation["alpha"].waitForLog("route \"unreachable\" realm=gamma")
      let id = try alice.say("are you there?", to: "carol/gamma").tags["msgid"] ?? ""
      #expect(try alice.wait("NOTE", "PRIVMSG", "WAITING").parameters[3] == id)
      // Also a realm that was killed meanwhile has it.
      try federation["alpha"].process.kill()
      try federation.start("alpha")
      try talk.reconnect(to: "alpha")
      try federation.start("gamma")
      try talk.reconnect(to: "gamma")
      #expect(try talk.sides[0].client.wait("NOTE", "PRIVMSG", "DELIVERED", milliseconds: 70_000).parameters[3] == id)
      try talk.check()
      try federation.stop()
    }

    @Test("Whichever realm is killed, whatever was echoed arrives once, in order")
    func killed() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let talk = try Talk(federation)
      for round in 0..<KillTests.rounds {
        let victim = federation.names[round % 3]
        for _ in 0..<Int.random(in: 3...10) { talk.say(10) }
        try federation[victim].process.kill()
        for _ in 0..<3 { talk.say(10) }
        try federation.start(victim)
        try talk.reconnect(to: victim)
        for _ in 0..<3 { talk.say(10) }
      }
      #expect(talk.sides.allSatisfy { $0.echoed.count >= 300 }, "too little was said to show anything")
      try talk.check()
      try federation.stop()
    }

    @Test("Whatever links are cut under load, whatever was echoed arrives once, in order")
    func cut() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let talk = try Talk(federation)
      for _ in 0..<2 * KillTests.rounds {
        for _ in 0..<Int.random(in: 2...6) { talk.say(10) }
        for proxy in federation.proxies where Bool.random() { proxy.cut() }
      }
      #expect(talk.sides.allSatisfy { $0.echoed.count >= 200 }, "too little was said to show anything")
      #expect(try federation["beta"].log.contains("cut off"))
      try talk.check()
      try federation.stop()
    }

    @Test("A realm that is frozen for long is given up, and has everything once it goes on")
    func frozen() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let talk = try Talk(federation)
      // A short pause is no end of a link.
      for name in federation.names {
        let process = try federation[name].process
        talk.say(10)
        process.signal(SIGSTOP)
        poll(nil, 0, 1_000)
        process.signal(SIGCONT)
      }
      #expect(!federation.logs.contains("link \"down\""))
      let beta = try federation["beta"]
      beta.process.signal(SIGSTOP)
      talk.say(10)
      try federation["alpha"].waitForLog("nothing heard for 15 seconds", milliseconds: 25_000)
      talk.say(10)
      beta.process.signal(SIGCONT)
      try federation.waitForWays(milliseconds: 70_000)
      talk.say(10)
      try talk.check()
      try federation.stop()
    }
  }
}
