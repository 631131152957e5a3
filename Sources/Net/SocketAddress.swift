import CLinux
import Glibc

/// Where a socket listens or connects to. Internet addresses are numbers: the first byte is the highest.
package enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
  case ipv4(UInt32, port: UInt16)
  case ipv6(UInt64, UInt64, port: UInt16)
  /// A socket in the file system.
  case unix(path: String)

  /// Why a text is no address, in words for people.
  package struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
    package var description: String
  }

  /// This machine, as IPv4.
  package static func loopback(port: UInt16) -> SocketAddress { .ipv4(0x7F00_0001, port: port) }

  /// Reads `127.0.0.1:6667`, `[::1]:6667` or `localhost:6667`. Other names are left to `resolve`.
  package init(_ text: String) throws(Malformed) {
    let (host, port) = try Self.split(text)
    guard let address = Self.numeric(host, port) else {
      throw Malformed(description: "\"\(text)\": \"\(host)\" is not an IP address; write 127.0.0.1:6667 or [::1]:6667")
    }
    self = address
  }

  /// Like `init`, but asks the system for other names; may take seconds.
  package static func resolve(_ text: String) throws(Malformed) -> SocketAddress {
    let (host, port) = try split(text)
    if let address = numeric(host, port) { return address }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    defer { freeaddrinfo(list) }
    guard code == 0, let found = list?.pointee, let raw = found.ai_addr, let address = SocketAddress(raw) else {
      throw Malformed(description: "\"\(host)\" is not known: \(String(cString: gai_strerror(code)))")
    }
    return address.with(port: port)
  }

  private static func split(_ text: String) throws(Malformed) -> (host: String, port: UInt16) {
    guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
      throw Malformed(description: "\"\(text)\" has no port; write it as HOST:PORT, 127.0.0.1:6667")
    }
    var host = text[..<colon]
    let digits = text[text.index(after: colon)...]
    guard let port = UInt16(digits), digits.allSatisfy(\.isNumber) else {
      throw Malformed(description: "\"\(text)\": the port must be a number from 0 to 65535")
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw Malformed(description: "\"\(text)\": put an IPv6 address in brackets, [::1]:6667")
    }
    guard !host.isEmpty else { throw Malformed(description: "\"\(text)\" has no host; write 127.0.0.1:6667") }
    return (String(host), port)
  }

  private static func numeric(_ host: String, _ port: UInt16) -> SocketAddress? {
    if host == "localhost" { return .loopback(port: port) }
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return .ipv4(UInt32(bigEndian: four.s_addr), port: port) }
    var six = in6_addr()
    if inet_pton(AF_INET6, host, &six) == 1 { return ipv6(six, port) }
    return nil
  }

  private static func ipv6(_ address: in6_addr, _ port: UInt16) -> SocketAddress {
    let (high, low) = withUnsafeBytes(of: address) { bytes in
      (bytes.load(as: UInt64.self), bytes.load(fromByteOffset: 8, as: UInt64.self))
    }
    return .ipv6(UInt64(bigEndian: high), UInt64(bigEndian: low), port: port)
  }

  /// The same host at another port.
  package func with(port: UInt16) -> SocketAddress {
    switch self {
    case .ipv4(let number, _): .ipv4(number, port: port)
    case .ipv6(let high, let low, _): .ipv6(high, low, port: port)
    case .unix: self
    }
  }

  /// The port; 0 for a socket in the file system.
  package var port: UInt16 {
    switch self {
    case .ipv4(_, let port), .ipv6(_, _, let port): port
    case .unix: 0
    }
  }

  /// Whether only programs on this machine can be at the other end.
  package var isLoopback: Bool {
    switch self {
    case .ipv4(let number, _): number >> 24 == 127
    case .ipv6(let high, let low, _): high == 0 && low == 1
    case .unix: true
    }
  }

  /// Whether it stands for all addresses of this machine, and tells nobody how to get here.
  package var isAnyHost: Bool {
    switch self {
    case .ipv4(let number, _): number == 0
    case .ipv6(let high, let low, _): high == 0 && low == 0
    case .unix: true
    }
  }

  /// The address without the port: `127.0.0.1`, `::1`.
  package var host: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    switch self {
    case .ipv4(let number, _):
      var address = in_addr(s_addr: number.bigEndian)
      inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
    case .ipv6(let high, let low, _):
      var bytes = (high.bigEndian, low.bigEndian)
      inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
    case .unix(let path):
      return path
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// As `init` reads it.
  package var description: String {
    switch self {
    case .ipv4(_, let port): "\(host):\(port)"
    case .ipv6(_, _, let port): "[\(host)]:\(port)"
    case .unix(let path): path
    }
  }
}

// What the system calls take and give.
extension SocketAddress {
  /// The address that a system call filled in.
  init?(_ raw: UnsafePointer<sockaddr>) {
    switch Int32(raw.pointee.sa_family) {
    case AF_INET:
      let address = UnsafeRawPointer(raw).load(as: sockaddr_in.self)
      self = .ipv4(UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
    case AF_INET6:
      let address = UnsafeRawPointer(raw).load(as: sockaddr_in6.self)
      self = Self.ipv6(address.sin6_addr, UInt16(bigEndian: address.sin6_port)).unmapped
    case AF_UNIX:
      self = .unix(path: "")
    default:
      return nil
    }
  }

  /// IPv4 for an IPv4 address that a socket for both kinds shows in IPv6 form, `::ffff:127.0.0.1`.
  private var unmapped: SocketAddress {
    guard case .ipv6(0, let low, let port) = self, low >> 32 == 0xFFFF else { return self }
    return .ipv4(UInt32(truncatingIfNeeded: low), port: port)
  }

  var family: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }

  /// The longest path of a socket in the file system: the kernel's structure has 108 bytes, one of them for the end.
  package static let unixPathBytes = 107

  /// Runs `body` with the form that the system calls take.
  func withRaw<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    var storage = sockaddr_storage()
    let length = try withUnsafeMutableBytes(of: &storage) { (bytes) throws(SystemError) -> Int in try fill(bytes) }
    return try withUnsafePointer(to: &storage) { (pointer) throws(SystemError) -> Result in
      try body(UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), socklen_t(length))
    }
  }

  private func fill(_ bytes: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    switch self {
    case .ipv4(let number, let port):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = number.bigEndian
      bytes.storeBytes(of: address, as: sockaddr_in.self)
      return MemoryLayout<sockaddr_in>.size
    case .ipv6(let high, let low, let port):
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin6_addr) {
        $0.storeBytes(of: high.bigEndian, as: UInt64.self)
        $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      bytes.storeBytes(of: address, as: sockaddr_in6.self)
      return MemoryLayout<sockaddr_in6>.size
    case .unix(let path):
      let path = Array(path.utf8)
      guard path.count <= Self.unixPathBytes, !path.contains(0) else {
        throw SystemError(call: "bind", code: ENAMETOOLONG)
      }
      bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
      let start = MemoryLayout<sa_family_t>.size
      for (index, byte) in path.enumerated() { bytes[start + index] = byte }
      return start + path.count + 1
    }
  }
}
