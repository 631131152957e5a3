/// Case folding for names: ISUPPORT `CASEMAPPING=ascii`. Only A to Z are folded.
@inlinable @inline(__always)
package func fold(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

/// The folded form of a name, to compare and look up by. Most are written so.
package func fold(_ name: String) -> String {
  guard name.utf8.contains(where: { fold($0) != $0 }) else { return name }
  var bytes = Array(name.utf8)
  for index in bytes.indices { bytes[index] = fold(bytes[index]) }
  return String(decoding: bytes, as: UTF8.self)
}

/// Whether two names are one.
@inlinable
package func sameName(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { fold($0) == fold($1) }
}
