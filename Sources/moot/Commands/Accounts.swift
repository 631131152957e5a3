import Server
import Wire

extension Command {
  static let register = Command(
    name: "register", usage: "NAME@REALM", summary: "makes an account and logs in",
    details: """
      Asks for a password, or takes it from the first line of the standard input. What is kept on this machine is
      not the password but a token of its own, which `moot logout` or `moot devices revoke` ends.
      """,
    options: [
      Client.deviceOption, Realms.option, Option("code", "CODE", "of your invitation, where accounts take one"),
    ]
  ) { arguments throws(Failure) in
    let (name, realm) = try Address.account(try arguments.only("NAME@REALM"))
    let code = arguments["code"]
    guard code.map({ !$0.isEmpty && !$0.hasPrefix(":") && !$0.contains(where: \.isWhitespace) }) ?? true else {
      throw .usage("a code is one word, like k3f9-2xmt-8vqc-p7dn")
    }
    let (realmName, endpoint) = try Realms.endpoint(of: realm, arguments)
    Client.warn(of: endpoint)
    let secret = try Terminal.readNewSecret("new password of \(name)@\(realmName)")
    let session = try Client.open(realmName, endpoint, name, .registration(secret: secret, code: code))
    try Client.keepToken(of: session, at: endpoint, arguments)
    session.close()
    Output.write("registered \(session.nick)@\(realmName), and logged in on this machine\n")
  }

  static let login = Command(
    name: "login", usage: "[NAME@REALM]", summary: "logs in, and keeps a token on this machine",
    details: """
      Asks for the password, or takes it from the first line of the standard input. What is kept is a token, not the
      password, in a file that only you may read. The newest login is the one that other commands use, unless --as
      names another. Without NAME@REALM it lists the logins kept here.
      """, options: [Client.deviceOption, Realms.option]
  ) { arguments throws(Failure) in
    guard !arguments.words.isEmpty else {
      for login in try Logins.load().all.reversed() { Output.write("\(login.address)\n") }
      return
    }
    let (name, realm) = try Address.account(try arguments.only("NAME@REALM"))
    let (realmName, endpoint) = try Realms.endpoint(of: realm, arguments)
    Client.warn(of: endpoint)
    let secret = try Terminal.readSecret("password of \(name)@\(realmName): ")
    let device = Client.deviceName(arguments)
    let session = try Client.open(
      realmName, endpoint, name, .login(name: "\(name)@\(device)", secret: secret))
    try Client.keepToken(of: session, at: endpoint, arguments)
    session.close()
    Output.write("logged in as \(session.nick)@\(realmName)\n")
  }

  static let logout = Command(
    name: "logout", usage: "", summary: "ends this machine's login",
    options: Client.options + [Option("local", "only forget the token here, where the realm cannot be reached")]
  ) { arguments throws(Failure) in
    try arguments.none()
    let login = try Client.login(arguments)
    if !arguments.has("local") {
      let session = try Client.open(login)
      _ = try session.demand("DEVICE REVOKE \(login.device)")
    }
    var logins = try Logins.load()
    logins.forget(login)
    try logins.save()
    Output.write("logged out \(login.address)\n")
  }

  static let unregister = Command(
    name: "unregister", usage: "NAME@REALM", summary: "deletes your account, for good",
    details: """
      Asks for the password, or takes it from the first line of the standard input. You leave your groups, in other
      realms too, and nobody is given your name. What you have said stays.
      """, options: [Realms.option]
  ) { arguments throws(Failure) in
    let (name, realm) = try Address.account(try arguments.only("NAME@REALM"))
    let login = try Client.login(arguments, named: "\(name)@\(realm)")
    let secret = try Terminal.readSecret("password of \(login.address), to delete it for good: ")
    let session = try Client.open(login)
    _ = try session.demand("UNREGISTER \(login.account) :\(secret)")
    session.close()
    var logins = try Logins.load()
    logins.forget(login)
    try logins.save()
    Output.write("deleted \(login.address)\n")
  }

  static let password = Command(
    name: "password", usage: "", summary: "changes your password",
    details: "Asks for the old and the new one, or takes them from two lines of the standard input.",
    options: Client.options
  ) { arguments throws(Failure) in
    try arguments.none()
    let login = try Client.login(arguments)
    let old = try Terminal.readSecret("old password of \(login.address): ")
    let new = try Terminal.readNewSecret("new password")
    guard !old.isEmpty, !old.contains(" "), !old.hasPrefix(":") else {
      throw Failure("an old password with a space or a colon in front cannot be sent: let an operator set a new one")
    }
    let session = try Client.open(login)
    _ = try session.demand("PASSWD \(old) :\(new)")
    session.close()
    Output.write("changed the password of \(login.address)\n")
  }

  static let devices = Command(
    name: "devices", usage: "[revoke NAME]", summary: "lists what logs in as you, or ends a device's login",
    options: Client.options + [Client.jsonOption]
  ) { arguments throws(Failure) in
    switch arguments.words.first {
    case nil: try listDevices(arguments)
    case "revoke":
      let name = try arguments.dropFirst().only("NAME")
      let session = try Client.open(arguments)
      _ = try session.demand("DEVICE REVOKE \(name)")
      session.close()
      Output.write("revoked \(name)\n")
    case let word?: throw .usage("unknown word \"\(word)\": `moot devices` or `moot devices revoke NAME`")
    }
  }

  private static func listDevices(_ arguments: Arguments) throws(Failure) {
    let login = try Client.login(arguments)
    let session = try Client.open(login)
    let answer = try session.demand("DEVICE LIST")
    session.close()
    for message in answer where message.command == "DEVICE" && message[0] == "LIST" {
      let created = Timestamp.parse(message[2].utf8)
      let used = Timestamp.parse(message[3].utf8)
      if arguments.has("json") {
        Output.write(
          [
            "name": .string(message[1]), "created": .string(message[2]),
            "lastUsed": used == nil ? nil : .string(message[3]), "login": .string(message[4]),
            "thisMachine": JSON(.bool(message[1] == login.device)),
          ])
        continue
      }
      let name = message[1] == "*" || message[1].isEmpty ? "(default)" : message[1]
      let mark = message[1] == login.device ? "  (this machine)" : ""
      Output.write(
        Output.padded(Output.harmless(name), to: 28)
          + " \(day(created))  last used \(day(used))  \(message[4])\(mark)\n"
      )
    }
  }

  private static func day(_ time: Int64?) -> String {
    time.map { LocalTime.parts($0) }.map { "\($0.day) \($0.minute)" } ?? "never           "
  }
}
