import Core

/// Pretended cryptography: worthless against an attacker, quick, the same in every process, and strict. What was sealed
/// opens only with the same key, counter and associated data, what was signed is verified only by the same identity,
/// and both ends of an agreement come to the same secret.
struct SimCryptography: Cryptography {
  let identity: [UInt8]

  init(realm: String) { identity = Self.identity(of: realm) }

  /// The key by which the other realms know this one.
  static func identity(of realm: String) -> [UInt8] { Mixer("identity", Array(realm.utf8)).bytes(32) }

  static func bytes(of number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
  }

  var pushKey: [UInt8] { [4] + [UInt8](repeating: 7, count: 64) }

  func sign(_ message: [UInt8]) -> [UInt8] { Mixer("sign", identity, message).bytes(64) }

  func verify(_ signature: [UInt8], of message: [UInt8], by identity: [UInt8]) -> Bool {
    signature == Mixer("sign", identity, message).bytes(64)
  }

  func expand(_ secret: [UInt8], _ label: [UInt8], count: Int) -> [UInt8] {
    Mixer("expand", secret, label).bytes(count)
  }

  // Agreement: Diffie and Hellman's, in a group so small that it is quick.

  private static let prime: UInt64 = (1 << 61) - 1

  private static func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
    var result: UInt64 = 1
    var square = base % prime
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = prime.dividingFullWidth(result.multipliedFullWidth(by: square)).remainder }
      square = prime.dividingFullWidth(square.multipliedFullWidth(by: square)).remainder
      rest >>= 1
    }
    return result
  }

  private static func exponent(_ secret: [UInt8]) -> UInt64 { Mixer("secret", secret).next() >> 4 | 1 }

  func publicKey(of secret: [UInt8]) -> [UInt8] {
    Self.bytes(of: Self.power(37, Self.exponent(secret))) + [UInt8](repeating: 7, count: 24)
  }

  func agree(_ secret: [UInt8], with publicKey: [UInt8]) -> [UInt8]? {
    guard publicKey.count == 32, publicKey[8...].allSatisfy({ $0 == 7 }) else { return nil }
    let number = publicKey[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard number > 1, number < Self.prime else { return nil }
    return Mixer("agree", Self.bytes(of: Self.power(number, Self.exponent(secret)))).bytes(32)
  }

  // Sealing.

  func seal(_ plain: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8] {
    masked(plain, key, counter) + tag(plain, key, counter, associated)
  }

  func open(_ sealed: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8]? {
    guard sealed.count >= 16 else { return nil }
    let plain = masked(Array(sealed.dropLast(16)), key, counter)
    return tag(plain, key, counter, associated) == Array(sealed.suffix(16)) ? plain : nil
  }

  private func masked(_ bytes: [UInt8], _ key: [UInt8], _ counter: UInt64) -> [UInt8] {
    let mask = Mixer("mask", key, Self.bytes(of: counter)).bytes(bytes.count)
    return zip(bytes, mask).map { $0 ^ $1 }
  }

  private func tag(_ plain: [UInt8], _ key: [UInt8], _ counter: UInt64, _ associated: [UInt8]) -> [UInt8] {
    Mixer("tag", key, Self.bytes(of: counter), associated, plain).bytes(16)
  }
}

/// Mixes parts into a number, and gives as many bytes for it as are wanted.
private struct Mixer {
  private var state: UInt64

  init(_ label: String, _ parts: [UInt8]...) {
    state = 0xCBF2_9CE4_8422_2325
    for byte in label.utf8 { add(byte) }
    for part in parts {
      for byte in SimCryptography.bytes(of: UInt64(part.count)) + part { add(byte) }
    }
  }

  private mutating func add(_ byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
    state ^= state >> 29
  }

  func next() -> UInt64 {
    var chance = Chance(seed: state)
    return chance.next()
  }

  func bytes(_ count: Int) -> [UInt8] {
    var chance = Chance(seed: state)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count { bytes += SimCryptography.bytes(of: chance.next()) }
    return Array(bytes.prefix(count))
  }
}
