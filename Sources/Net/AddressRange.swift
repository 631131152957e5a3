import CLinux
import Glibc

/// A range of internet addresses: `10.0.0.0/8`, `fd00::/8`, `127.0.0.1`.
package struct AddressRange: Equatable, Sendable, CustomStringConvertible {
  private let start: Number
  private let bits: Int
  package let description: String

  /// An address as a number: IPv4 in the form in which IPv6 has it (RFC 4291, section 2.5.5.2).
  private struct Number: Equatable, Sendable {
    var high: UInt64
    var low: UInt64

    init(high: UInt64, low: UInt64) {
      self.high = high
      self.low = low
    }

    init?(_ address: SocketAddress) {
      switch address {
      case .ipv4(let number, _): self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(number))
      case .ipv6(let high, let low, _): self.init(high: high, low: low)
      case .unix: return nil
      }
    }

    func masked(_ bits: Int) -> Number {
      func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits)) }
      return Number(high: high & mask(bits), low: low & mask(bits - 64))
    }
  }

  /// Nil for what is none, and for one whose address has bits beyond its length.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let host = String(parts[0])
    guard parts.count <= 2, host != "localhost",
      let address = try? SocketAddress(host.contains(":") ? "[\(host)]:0" : "\(host):0"), let start = Number(address)
    else { return nil }
    let offset = host.contains(":") ? 0 : 96
    var bits = 128
    if parts.count == 2 {
      guard let length = Int(parts[1]), parts[1].allSatisfy(\.isNumber), length + offset <= 128 else { return nil }
      bits = length + offset
    }
    guard start.masked(bits) == start else { return nil }
    self.start = start
    self.bits = bits
    description = text
  }

  /// Whether an address lies in the range; an IPv4 address also in the form that IPv6 has of it.
  package func contains(_ address: SocketAddress) -> Bool { Number(address).map { $0.masked(bits) == start } ?? false }

  /// What is not reached from everywhere in the internet (the registries of RFC 6890, and multicast): this machine, the
  /// network it stands in, and forms that stand for other addresses.
  private static let special: [AddressRange] = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
  ].compactMap { AddressRange($0) }

  private static let global6 = AddressRange("2000::/3")
  private static let mapped = AddressRange("::ffff:0:0/96")

  /// Whether everybody in the internet may be asked for this address: nothing of our own network, and nothing else.
  package static func isPublic(_ address: SocketAddress) -> Bool {
    if case .unix = address { return false }
    let isGlobal = global6?.contains(address) ?? false
    let isFour = mapped?.contains(address) ?? false
    return (isGlobal || isFour) && !special.contains { $0.contains(address) }
  }
}

extension SocketAddress {
  /// All addresses that the system knows for a host, up to eight, in the order in which to try them; may take seconds.
  package static func all(of host: String, port: UInt16) throws(Malformed) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    guard code == 0 else {
      throw Malformed(description: "\"\(host)\" is not known: \(String(cString: gai_strerror(code)))")
    }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee, found.count < 8 {
      if let raw = entry.ai_addr, let address = SocketAddress(raw) {
        let address = address.with(port: port)
        if !found.contains(address) { found.append(address) }
      }
      next = entry.ai_next
    }
    return found
  }
}
