import Glibc
import LiveServer
import Net
import Testing
import Wire

extension EndToEndTests {
  /// The `moot` command as a client, as scripts use it.
  @Suite struct CommandTests {
    /// A shell with the server's folder as its own, `moot` for the program, and logins kept in the folder.
    struct Shell {
      let folder: Folder

      init(_ server: ServerProcess) throws {
        folder = server.folder
        try folder.write(
          "clients.json",
          #"{"realms":[{"name":"alpha","irc":"127.0.0.1:\#(server.ircPort)","trust":"first-use"}]}"#)
      }

      /// Runs a script; returns its exit status and what it printed, errors included.
      func run(_ script: String) throws -> (status: Int32?, output: String) {
        folder.remove("output")
        let program = ServerProcess.program
        let shell = try ChildProcess(
          [
            "sh", "-c",
            """
            cd '\(folder.path)'; exec >>output 2>&1
            export XDG_CONFIG_HOME='\(folder.path)/home' MOOT_DIRECTORY='\(folder.path)/clients.json' NO_COLOR=1
            moot() { '\(program)' "$@"; }
            \(script)
            """,
          ])
        let status = shell.wait(milliseconds: 60_000)
        return (status, folder.read("output"))
      }

      /// The same for a script that must succeed.
      @discardableResult
      func succeed(_ script: String) throws -> String {
        let (status, output) = try run(script)
        try #require(status == 0, "\(script): \(output)")
        return output
      }
    }

    /// A server with alice and bob, who is the newer login.
    static func shell() throws -> (server: ServerProcess, shell: Shell) {
      let server = try ServerProcess(in: try Folder(), configuration: #"{"passwordIterations":4096}"#)
      let shell = try Shell(server)
      try shell.succeed(
        "echo secret-of-alice | moot register alice@alpha; echo secret-of-bob | moot register bob@alpha")
      return (server, shell)
    }

    @Test("What was said is found, also after a restart")
    func search() throws {
      let (server, shell) = try Self.shell()
      try shell.succeed(
        """
        moot group create plans --as alice@alpha
        moot send '#plans' 'the cellar door is open' --as alice@alpha; moot send bob 'Cellar keys' --as alice@alpha
        """)
      func look(_ shell: Shell) throws {
        let found = try shell.succeed("moot search cellar --as alice@alpha")
        #expect(found.contains("#plans") && found.contains("the cellar door is open") && found.contains("Cellar keys"))
        #expect(try shell.succeed("moot search door cell --in '#plans' --as alice@alpha").contains("cellar door"))
        let own = try shell.succeed("moot search cellar --from alice --json")
        #expect(own.contains("Cellar keys") && !own.contains("door"), "bob is in no group")
        #expect(try shell.succeed("moot search zebra") == "nothing found\n")
        #expect(try shell.run("moot search").status == 2)
      }
      try look(shell)
      try server.stop()
      let again = try ServerProcess(in: server.folder, configuration: #"{"passwordIterations":4096}"#)
      try look(try Shell(again))
    }

    @Test("Codes to register with: made, used, listed, revoked")
    func invitations() throws {
      let server = try ServerProcess(
        in: try Folder(), configuration: #"{"passwordIterations":4096,"registration":"invite"}"#)
      let shell = try Shell(server)
      let made = try shell.succeed("moot invite create --data data --uses 2 --note 'the choir'").split(separator: "\n")
      let code = try #require(made.first)
      #expect(made.last?.hasPrefix("invitation 1  makes 2 accounts  until ") == true)
      #expect(made.last?.hasSuffix("  the choir") == true)
      let (status, output) = try shell.run("echo secret-of-alice | moot register alice@alpha")
      #expect(status == 1 && output.contains("--code"))
      #expect(try shell.run("echo secret-of-alice | moot register alice@alpha --code a-b").status == 1)
      try shell.succeed("echo secret-of-alice | moot register alice@alpha --code \(code)")
      #expect(try shell.succeed("moot invite list --data data").hasPrefix("invitation 1  makes 1 account  until "))
      try shell.succeed("moot invite revoke 1 --data data")
      #expect(try shell.succeed("moot invite list --data data") == "")
      #expect(try shell.run("echo secret-of-bob | moot register bob@alpha --code \(code)").status == 1)
      let line = try shell.succeed("moot invite create --data data --days 0 --json")
      let json = try JSON(parsing: Array(line.utf8))
      #expect(json["invitation"] == 2 && json["uses"] == 1)
      #expect(try shell.run("moot invite revoke x --data data").status == 2)
      #expect(try shell.run("moot invite create --data data --uses 0").status == 2)
    }

    @Test("An account that its owner deletes")
    func unregister() throws {
      let (server, shell) = try Self.shell()
      #expect(try shell.run("echo wrong | moot unregister bob@alpha").status == 1)
      #expect(try shell.run("echo secret-of-carol | moot unregister carol@alpha").status == 4)
      try shell.succeed("echo secret-of-bob | moot unregister bob@alpha")
      #expect(try shell.succeed("moot login") == "alice@alpha\n")
      #expect(try shell.run("echo secret-of-bob | moot login bob@alpha").status == 4)
      #expect(try shell.run("moot send bob 'are you there?'").status == 1)
      #expect(
        try shell.succeed("moot account list --data data").split(separator: "\n").last?.hasSuffix("deleted") == true)
      _ = server
    }

    @Test("Messages: sent, unread, read, looked up")
    func messages() throws {
      let (server, shell) = try Self.shell()
      try shell.succeed("moot send alice 'hello from bob'; printf 'one\\n\\ntwo\\n' | moot send alice -")
      #expect(try shell.succeed("moot inbox --as alice --keep").contains("<bob> hello from bob\n"))
      let unread = try shell.succeed("moot inbox --as alice --json").split(separator: "\n")
      #expect(try unread.map { try JSON(parsing: Array($0.utf8))["text"]?.text } == ["hello from bob", "one", "two"])
      #expect(try shell.succeed("moot inbox --as alice") == "nothing unread\n")
      #expect(try shell.succeed("moot history alice -n 1").hasSuffix("<bob> two\n"))
      #expect(try shell.succeed("moot history bob --as alice --before 2020-01-01") == "")
      #expect(try shell.run("moot send nobody hello").status == 1)
      #expect(try shell.run("moot send alice").status == 2)
      #expect(try shell.run("moot send alice ''").status == 2)
      #expect(try shell.run("moot history alice --before yesterday").status == 2)
      #expect(try shell.run("moot send carol@beta hello").status == 1)
      try server.stop()
      #expect(try shell.run("moot send alice hello").status == 3)
    }

    @Test("Groups: made, joined, listed, left, ended")
    func groups() throws {
      let (server, shell) = try Self.shell()
      try shell.succeed("moot group create plans --topic 'what we do' --as alice; moot group join plans")
      #expect(try shell.run("moot group create plans").status == 1)
      #expect(try shell.succeed("moot group members plans --json").contains(#"{"name":"alice","rank":"owner"}"#))
      #expect(
        try shell.succeed("moot group list --json") == #"{"name":"\#("#")plans","members":2,"topic":"what we do"}"#
          + "\n")
      try shell.succeed("moot send '#plans' 'hi all'; moot group leave plans")
      #expect(try shell.run("moot send '#plans' 'still there?'").status == 1)
      #expect(try shell.succeed("moot history '#plans' --as alice").hasSuffix("<bob> hi all\n"))
      try shell.succeed("moot group create den --invite-only --as alice")
      #expect(try shell.run("moot group join den").status == 1)
      try shell.succeed("moot group invite den bob --as alice; moot group join den; moot group list --mine")
      try shell.succeed("moot group delete den --as alice")
      // A secret group does not show; who makes one of that name by mistake is not left in it.
      try shell.succeed("moot group create cellar --secret --as alice")
      #expect(try shell.run("moot group create cellar").output.contains("there is a group #cellar already"))
      #expect(try shell.succeed("moot group members cellar --as alice").split(separator: "\n").count == 1)
      #expect(try shell.run("moot group invite cellar nobody --as alice").output == "moot: nobody: No such nick\n")
      #expect(try shell.run("moot send '#den' 'gone?'").status == 1)
      try server.stop()
    }

    @Test("Groups: topics, modes, ranks, kicks, bans, names")
    func groupSettings() throws {
      let (server, shell) = try Self.shell()
      try shell.succeed("moot group create plans --as alice; moot group join plans")
      #expect(try shell.run("moot group topic plans 'not mine'").status == 1)
      try shell.succeed("moot group topic plans what we do --as alice")
      #expect(try shell.succeed("moot group topic plans") == "what we do\n")
      #expect(try shell.succeed("moot group mode plans +D 30 --as alice") == "#plans +ntD 30\n")
      #expect(try shell.succeed("moot group mode plans --as alice -- -t").hasPrefix("#plans +nD"))
      #expect(
        try shell.succeed("moot group rank plans bob operator --as alice") == "bob has the rank operator in #plans\n")
      try shell.succeed("moot group mode plans +v bob --as alice; moot group rank plans bob half-operator --as alice")
      #expect(try shell.succeed("moot group members plans --json").contains(#""name":"bob","rank":"half-operator""#))
      #expect(try shell.succeed("moot group rank plans bob none --as alice") == "bob has no rank in #plans\n")
      #expect(try shell.run("moot group rank plans bob king --as alice").status == 2)
      #expect(try shell.run("moot group rank plans carol voice --as alice").status == 1)
      #expect(try shell.run("moot group kick plans alice").status == 1)
      try shell.succeed("moot group kick plans bob --reason 'too loud' --as alice")
      #expect(try shell.succeed("moot group ban plans bob '*@beta' --as alice").hasSuffix("out of #plans\n"))
      #expect(try shell.run("moot group join plans").status == 1)
      #expect(try shell.succeed("moot group ban plans --as alice").contains("*!*@beta"))
      try shell.succeed("moot group ban plans bob --end --as alice; moot group mode plans +k secret --as alice")
      #expect(try shell.run("moot group join plans").status == 1)
      try shell.succeed("moot group join plans --key secret")
      #expect(
        try shell.succeed("moot group rename plans ideas --as alice") == "renamed #plans to #ideas\n")
      #expect(try shell.succeed("moot group list --mine").hasPrefix("#ideas"))
      try server.stop()
    }

    @Test("Blocking, and requests of strangers")
    func people() throws {
      let (server, shell) = try Self.shell()
      #expect(try shell.succeed("moot block alice") == "blocked alice\n")
      #expect(try shell.succeed("moot block; moot block --json") == "alice\n{\"name\":\"alice\"}\n")
      try shell.succeed("moot send bob 'nobody reads this' --as alice")
      #expect(try shell.succeed("moot inbox").contains("nobody reads") == false)
      #expect(try shell.succeed("moot block --end alice; moot block") == "let through alice\n")
      #expect(try shell.run("moot block nobody").status == 1)
      try shell.succeed("moot requests set all")
      try shell.succeed("moot send bob 'may I?' --as alice")
      #expect(try shell.succeed("moot inbox").contains("may I") == false)
      #expect(try shell.succeed("moot requests").hasPrefix("alice"))
      #expect(try shell.succeed("moot requests --json") == "{\"name\":\"alice\",\"messages\":1}\n")
      #expect(try shell.succeed("moot requests accept alice") == "let in alice\n")
      #expect(try shell.succeed("moot inbox").contains("may I?"))
      #expect(try shell.run("moot requests decline alice").status == 1)
      try server.stop()
    }

    @Test("Logins: tokens, devices, passwords, and a file that others can read")
    func logins() throws {
      let (server, shell) = try Self.shell()
      #expect(try shell.succeed("moot login") == "bob@alpha\nalice@alpha\n")
      #expect(try shell.run("echo wrong | moot login bob@alpha").status == 4)
      try shell.succeed("printf 'secret-of-bob\\nanother secret\\n' | moot password")
      #expect(try shell.run("echo secret-of-bob | moot login bob@alpha").status == 4)
      try shell.succeed("echo 'another secret' | moot login bob@alpha --device desk")
      #expect(try shell.succeed("moot devices").contains("desk"))
      try shell.succeed("moot devices revoke desk")
      #expect(try shell.run("moot inbox").status == 4)
      try shell.succeed("moot logout --local; moot logout")
      #expect(try shell.run("moot inbox").status == 4)
      try shell.succeed("echo secret-of-alice | moot login alice@alpha; chmod 644 home/moot/logins.json")
      let (status, output) = try shell.run("moot inbox")
      #expect(status == 1)
      #expect(output.contains("chmod 600"))
      try server.stop()
    }

    @Test("A chat in a terminal")
    func chat() throws {
      let (server, shell) = try Self.shell()
      let typed = #"printf '/to alice\rhello alice\r/list\r/quit\r'"#
      let seen = try shell.succeed("\(typed) | script -qec '\(ServerProcess.program) chat' /dev/null")
      #expect(seen.contains("bob: hello alice"), "\(seen)")
      #expect(seen.contains("*1  alice"), "\(seen)")
      #expect(try shell.succeed("moot inbox --as alice").hasSuffix("<bob> hello alice\n"))
      #expect(try shell.run("moot chat").status == 2, "without a terminal")
      // What was refused stays out of the line that is typed next.
      let more = #"printf '/to nobody\rone\r/join #tea\r/invite alice\rtwo\r/quit\r'"#
      let refused = try shell.succeed("\(more) | script -qec '\(ServerProcess.program) chat' /dev/null")
      #expect(refused.contains("not sent to nobody: No such nick"), "\(refused)")
      #expect(refused.contains("bob: two"), "\(refused)")
      #expect(try shell.succeed("moot history '#tea'").hasSuffix("<bob> two\n"))
      try server.stop()
    }

    @Test("A realm made, looked over, backed up and restored")
    func realm() throws {
      let (server, shell) = try Self.shell()
      try shell.succeed("mkdir -m 700 new; cd new; moot init omega; moot check omega; ls realms.json omega.json")
      #expect(try shell.run("cd new; moot init omega").status == 1)
      try shell.succeed("mkdir -m 700 far; cd far; moot init sigma --relay 192.0.2.7:7101")
      #expect(try shell.succeed("cd far; moot pair").hasPrefix("sigma 192.0.2.7:7101 ed25519:"))
      try shell.succeed("mkdir -m 700 hidden; cd hidden; moot init tau --relay none")
      #expect(try shell.succeed("cd hidden; moot pair 2>/dev/null").hasPrefix("tau none ed25519:"))
      #expect(try shell.run("mkdir -m 700 bad; cd bad; moot init nu --relay nowhere").status == 2)
      #expect(try shell.run("cd new; echo '{\"gests\":true}' >omega.json; moot check omega").output.contains("guests"))
      #expect(try shell.succeed("moot account list --data data").contains("alice"))
      try shell.succeed("moot send alice kept; moot backup copy --data data; moot send alice lost")
      #expect(try shell.run("moot backup copy --data data").status == 1)
      #expect(try shell.run("moot restore copy --data data").status == 1)
      try shell.succeed("moot account suspend alice --data data")
      #expect(try shell.run("moot inbox --as alice").status == 4)
      try server.stop()
      #expect(try shell.succeed("moot restore copy --data data").contains("accounts 2, groups 0, entries 1"))
      let check = "moot check alpha --irc 127.0.0.1:0 --web 127.0.0.1:0"
      #expect(try shell.succeed("\(check) --data data").contains("moot.db is sound: accounts 2"))
      try shell.succeed("cp -r data damaged; printf 'no database' >damaged/moot.db; rm -f damaged/moot.db-*")
      let (status, findings) = try shell.run("\(check) --data damaged")
      #expect(status == 1)
      #expect(findings.contains("is not a database of Moot"), "\(findings)")
      let again = try ServerProcess(in: server.folder)
      let other = try Shell(again)
      #expect(try other.succeed("moot inbox --as alice").hasSuffix("<bob> kept\n"))
      try again.stop()
    }
  }
}
