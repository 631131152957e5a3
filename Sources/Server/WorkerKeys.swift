import Core
import Net
import Store
import Wire

/// What the keys worker does: everything about secrets that costs CPU. Belongs to one thread.
final class KeyKeeper {
  /// Accounts whose password is remembered as right; each costs some hundred bytes.
  static let rememberedAccounts = 4_096
  /// Bytes of chance in the server's part of a SCRAM nonce.
  private static let nonceBytes = 18

  private let reader: StoreReader
  private let iterations: @Sendable () -> Int
  /// Stands in for the verifier of an account that does not exist, so that its name cannot be told by a stopwatch.
  private var dummy: Verifier
  /// Per account an HMAC of the password that was right last and of the verifier it was checked against: the same
  /// password need not be derived again, and a new verifier makes the old entry worthless.
  private var remembered: [PersonID: [UInt8]] = [:]
  /// Random, and never leaves this thread.
  private let rememberingKey = Crypto.randomBytes(32)
  /// Rounds of key derivation done to check passwords: what a stopwatch outside would see.
  private(set) var roundsSpent = 0

  /// - Parameter iterations: how many a new password gets now, which the configuration may change.
  init(reader: StoreReader, iterations: @escaping @Sendable () -> Int) {
    self.reader = reader
    self.iterations = iterations
    self.dummy = Verifier(
      salt: Crypto.randomBytes(Password.saltBytes), iterations: iterations(), storedKey: Crypto.randomBytes(32),
      serverKey: [])
  }

  /// The answer to a question that takes no derivation of a key; nil for the others.
  func quickAnswer(_ ask: Ask) throws(StoreError) -> Answer? {
    switch ask {
    case .verify(let person, let secret): try known(person, secret).map { .verified($0) }
    case .makeToken, .tokenOwner, .scram, .scramProof: try answer(ask)
    default: nil
    }
  }

  func answer(_ ask: Ask) throws(StoreError) -> Answer {
    switch ask {
    case .verify(let person, let secret): return .verified(try verify(person, secret))
    case .tokenOwner(let secret):
      guard DeviceToken.isPossible(secret), let device = try reader.device(tokenHash: DeviceToken.hash(secret)) else {
        return .verified(.refused)
      }
      return .verified(.token(device))
    case .verifyOperator(let verifier, let secret):
      return .verified(matches(secret, verifier) ? .password : .refused)
    case .scram(let person, let name):
      let verifier = try reader.verifier(of: person) ?? pretended(name)
      return .scram(verifier, nonce: DeviceToken.base64URL(Crypto.randomBytes(Self.nonceBytes)))
    case .scramProof(let verifier, let message, let proof):
      return .scramChecked(Password.signature(of: message, proof: proof, verifier))
    case .derive(let secret, let iterations):
      return .derived(Password.verifier(of: secret, iterations: iterations))
    case .makeToken:
      let token = DeviceToken.make()
      return .token(secret: token.secret, hash: token.hash)
    default: preconditionFailure("not a question about keys: \(ask)")
    }
  }

  /// The verifier that an account of this name might have: the same whenever it is asked for.
  private func pretended(_ name: String) -> Verifier {
    let salt = Crypto.hmacSHA256(key: rememberingKey, Array("salt of \(fold(name))".utf8))
    return Verifier(
      salt: Array(salt.prefix(Password.saltBytes)), iterations: iterations(), storedKey: dummy.storedKey, serverKey: [])
  }

  private func matches(_ secret: [UInt8], _ verifier: Verifier) -> Bool {
    roundsSpent += verifier.iterations
    return Password.matches(secret, verifier)
  }

  /// Who a token logs in, or a password that was right before; nil for all others.
  private func known(_ person: PersonID, _ secret: [UInt8]) throws(StoreError) -> Verified? {
    if DeviceToken.isPossible(secret), let device = try reader.device(tokenHash: DeviceToken.hash(secret)),
      device.account == person
    {
      return .token(device)
    }
    guard let mark = remembered[person], let verifier = try reader.verifier(of: person) else { return nil }
    return Crypto.equalInConstantTime(mark, self.mark(verifier, secret)) ? .password : nil
  }

  private func mark(_ verifier: Verifier, _ secret: [UInt8]) -> [UInt8] {
    Crypto.hmacSHA256(key: rememberingKey, verifier.salt + verifier.storedKey + secret)
  }

  private func verify(_ person: PersonID, _ secret: [UInt8]) throws(StoreError) -> Verified {
    if let known = try known(person, secret) { return known }
    guard let verifier = try reader.verifier(of: person) else {
      dummy.iterations = iterations()
      _ = matches(secret, dummy)
      return .refused
    }
    guard matches(secret, verifier) else { return .refused }
    if remembered.count >= Self.rememberedAccounts, remembered[person] == nil, let other = remembered.keys.first {
      remembered[other] = nil
    }
    remembered[person] = mark(verifier, secret)
    return .password
  }
}
