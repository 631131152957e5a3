import Core

/// Pretended cryptography: what it seals only who has the key can open, and what was changed on the way is noticed, but
/// it would keep nothing from anybody who tries. Fast, and the same in every process.
struct TestCryptography: Cryptography {
  let identity: [UInt8]

  init(of realm: String) { identity = Self.bytes(Self.digest(Array(realm.utf8)), count: 32) }

  var pushKey: [UInt8] { [4] + [UInt8](repeating: 0xFB, count: 64) }

  func sign(_ message: [UInt8]) -> [UInt8] { Self.bytes(Self.digest(identity + message), count: 64) }

  func verify(_ signature: [UInt8], of message: [UInt8], by identity: [UInt8]) -> Bool {
    signature == Self.bytes(Self.digest(identity + message), count: 64)
  }

  func expand(_ secret: [UInt8], _ label: [UInt8], count: Int) -> [UInt8] {
    Self.bytes(Self.digest(secret + [0] + label), count: count)
  }

  // Diffie and Hellman's exchange in a small field.

  private static let prime: UInt64 = (1 << 61) - 1

  func publicKey(of secret: [UInt8]) -> [UInt8] { Self.key(Self.power(3, Self.number(secret))) }

  func agree(_ secret: [UInt8], with publicKey: [UInt8]) -> [UInt8]? {
    guard publicKey.count == 32, Self.number(publicKey) > 0, Self.number(publicKey) < Self.prime else { return nil }
    return Self.key(Self.power(Self.number(publicKey), Self.number(secret)))
  }

  private static func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
    var result: UInt64 = 1
    var base = base % prime
    var exponent = exponent
    while exponent > 0 {
      if exponent & 1 == 1 { result = prime.dividingFullWidth(result.multipliedFullWidth(by: base)).remainder }
      base = prime.dividingFullWidth(base.multipliedFullWidth(by: base)).remainder
      exponent >>= 1
    }
    return result
  }

  private static func number(_ bytes: [UInt8]) -> UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

  private static func key(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) } + Array(repeating: 0, count: 24)
  }

  func seal(_ plain: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8] {
    let hidden = Self.hide(plain, key, counter)
    return hidden + tag(hidden, key, counter, associated)
  }

  func open(_ sealed: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8]? {
    guard sealed.count >= 16 else { return nil }
    let hidden = Array(sealed.dropLast(16))
    guard Array(sealed.suffix(16)) == tag(hidden, key, counter, associated) else { return nil }
    return Self.hide(hidden, key, counter)
  }

  private func tag(_ hidden: [UInt8], _ key: [UInt8], _ counter: UInt64, _ associated: [UInt8]) -> [UInt8] {
    let all = key + associated + hidden
    return Self.bytes(Self.digest(all) ^ counter &* 0x9E37_79B9_7F4A_7C15, count: 16)
  }

  private static func hide(_ bytes: [UInt8], _ key: [UInt8], _ counter: UInt64) -> [UInt8] {
    var state = digest(key) ^ counter
    return bytes.map { byte in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return byte ^ UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  /// FNV-1a.
  private static func digest(_ bytes: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }

  /// SplitMix64.
  private static func bytes(_ seed: UInt64, count: Int) -> [UInt8] {
    var state = seed
    var out: [UInt8] = []
    out.reserveCapacity(count + 8)
    while out.count < count {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      word ^= word >> 31
      for shift in 0..<8 { out.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
    }
    return Array(out.prefix(count))
  }
}
