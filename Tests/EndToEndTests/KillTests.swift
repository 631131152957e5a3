import Glibc
import LiveServer
import Net
import Testing

extension EndToEndTests {
  @Suite struct KillTests {
    private static let talkers = 4
    /// A few here; more where somebody asks for them.
    static let rounds = getenv("MOOT_KILLS").flatMap { Int(String(cString: $0)) } ?? 6

    /// A message as its sender knows it.
    private struct Sent: Hashable {
      var target: String
      var text: String
    }

    @Test("Killed at any instant under load, it has every echoed message afterwards, once, in order")
    func killedUnderLoad() throws {
      let folder = try Folder()
      let configuration = #"{"limits":{"linesPerSecond":0},"passwordIterations":4096}"#
      var server = try ServerProcess(in: folder, configuration: configuration)
      let names = (0..<Self.talkers).map { "talker\($0)" }
      for name in names {
        let client = try IRCClient(name, port: server.ircPort)
        try client.register()
        try client.join("#plans")
      }
      var echoed: [Sent: String] = [:]  // and their ids
      for round in 0..<Self.rounds {
        let clients = try names.map { name in
          let client = try IRCClient(name, port: server.ircPort)
          try client.login()
          return client
        }
        try talk(clients, round, &echoed, killing: server)
        server = try ServerProcess(in: folder, configuration: configuration)
      }
      #expect(echoed.count > Self.rounds * 10, "too little was said to show anything")
      try check(server, names, echoed)
      try server.stop()
    }

    /// Everyone talks to the group and to each other as fast as the server takes it, until the server is killed.
    private func talk(
      _ clients: [IRCClient], _ round: Int, _ echoed: inout [Sent: String], killing server: ServerProcess
    ) throws {
      let end = Clock.monotonicMilliseconds() + Int64.random(in: 20...200)
      var number = 0
      var isKilled = false
      while !isKilled {
        for (index, client) in clients.enumerated() {
          let friend = clients[(index + 1) % clients.count].nick
          let lines = (0..<8).map { step in
            "PRIVMSG \(step % 2 == 0 ? "#plans" : friend) :\(client.nick) \(round * 1_000_000 + number + step)\r\n"
          }
          try client.stream.write(Array(lines.joined().utf8))
        }
        number += 8
        for client in clients { try gather(from: client, &echoed) }
        isKilled = Clock.monotonicMilliseconds() >= end
      }
      server.process.kill()
      // What was sent before the end counts, whenever it is read.
      for client in clients { try gather(from: client, &echoed) }
    }

    /// Notes the echoes that have arrived.
    private func gather(from client: IRCClient, _ echoed: inout [Sent: String]) throws {
      do {
        while let message = try client.next(milliseconds: 2) {
          guard message.command == "PRIVMSG", message.nick == client.nick, let id = message.tags["msgid"] else {
            continue
          }
          let sent = Sent(target: message.parameters[0], text: message.parameters[1])
          #expect(echoed.updateValue(id, forKey: sent) == nil, "echoed twice: \(sent)")
        }
      } catch StreamError.closed {
        // It was killed.
      }
    }

    private func check(_ server: ServerProcess, _ names: [String], _ echoed: [Sent: String]) throws {
      var found: [Sent: String] = [:]
      for (index, name) in names.enumerated() {
        let client = try IRCClient(name, port: server.ircPort)
        try client.login()
        let friend = names[(index + 1) % names.count]
        for target in index == 0 ? ["#plans", friend] : [friend] {
          var last: [String: Int] = [:]
          for message in try client.history(of: target) {
            let sent = Sent(target: message.parameters[0], text: message.parameters[1])
            #expect(found.updateValue(message.tags["msgid"] ?? "", forKey: sent) == nil, "stored twice: \(sent)")
            let number = Int(sent.text.split(separator: " ")[1]) ?? -1
            #expect(number > last[message.nick + sent.target] ?? -1, "out of order: \(sent)")
            last[message.nick + sent.target] = number
          }
        }
      }
      for (sent, id) in echoed where found[sent] != id { Issue.record("echoed and lost: \(sent) \(id)") }
    }
  }
}
