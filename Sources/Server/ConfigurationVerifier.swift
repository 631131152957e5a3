package import Core
import Wire

extension Verifier {
  /// The form an operator's verifier has in the configuration file, the one PostgreSQL and others use:
  /// `SCRAM-SHA-256$ITERATIONS:SALT$STORED:SERVER`, the last three in base64.
  package init?(text: String) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "SCRAM-SHA-256" else { return nil }
    let head = parts[1].split(separator: ":", omittingEmptySubsequences: false)
    let keys = parts[2].split(separator: ":", omittingEmptySubsequences: false)
    guard head.count == 2, keys.count == 2,
      let iterations = Int(head[0]), (4_096...10_000_000).contains(iterations),
      let salt = Base64.decode(Array(head[1].utf8)), (8...64).contains(salt.count),
      let storedKey = Base64.decode(Array(keys[0].utf8)), storedKey.count == 32,
      let serverKey = Base64.decode(Array(keys[1].utf8)), serverKey.count == 32
    else { return nil }
    self.init(salt: salt, iterations: iterations, storedKey: storedKey, serverKey: serverKey)
  }

  /// The verifier in that form.
  package var text: String {
    let parts = [salt, storedKey, serverKey].map { String(decoding: Base64.encode($0), as: UTF8.self) }
    return "SCRAM-SHA-256$\(iterations):\(parts[0])$\(parts[1]):\(parts[2])"
  }
}
