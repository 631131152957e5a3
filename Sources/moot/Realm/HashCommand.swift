import Core
import Server
import Wire

extension Command {
  static let hashPassword = Command(
    name: "hash-password", usage: "", summary: "makes the verifier of an operator's password",
    details: """
      Asks for a password, or takes it from the first line of the standard input, and prints what belongs into the
      configuration:  "operators": [ { "name": "root", "verifier": "SCRAM-SHA-256$…" } ]
      """, options: [Option("iterations", "N", "how slow it is to guess; 100000 if not given")]
  ) { arguments throws(Failure) in
    try arguments.none()
    let iterations = try arguments.number("iterations", in: 4_096...10_000_000, default: 100_000)
    let secret = try Terminal.readNewSecret("password")
    Output.write(Password.verifier(of: Array(secret.utf8), iterations: iterations).text + "\n")
  }
}
