import CLinux
import Glibc

/// A connection that a listening socket accepted, and who is at its other end.
package struct AcceptedSocket: ~Copyable, Sendable {
  package let descriptor: Descriptor
  package let address: SocketAddress

  /// Hands over the descriptor alone.
  package consuming func take() -> Descriptor { descriptor }
}

// Every socket here is non-blocking and not inherited by other programs.
extension Descriptor {
  private static func socket(for address: SocketAddress) throws(SystemError) -> Descriptor {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    return Descriptor(adopting: try SystemCall.runNow("socket") { Glibc.socket(address.family, kind, 0) })
  }

  private borrowing func set(_ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    let raw = raw
    try SystemCall.runNow("setsockopt") {
      setsockopt(raw, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  /// A socket that listens. A left-over file at a unix address is replaced: call it only as the owner of the folder.
  ///
  /// - Parameter shared: whether other sockets of this user may listen on the same port, the kernel dealing out
  ///   connections among them.
  package static func listening(
    on address: SocketAddress, shared: Bool = false, backlog: Int32 = 1_024
  ) throws(SystemError) -> Descriptor {
    let descriptor = try socket(for: address)
    if case .unix(let path) = address {
      _ = unlink(path)
    } else {
      try descriptor.set(SOL_SOCKET, SO_REUSEADDR, 1)
      if shared { try descriptor.set(SOL_SOCKET, SO_REUSEPORT, 1) }
      if address.family == AF_INET6 { try descriptor.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
    }
    let raw = descriptor.raw
    try address.withRaw { (pointer, length) throws(SystemError) in
      _ = try SystemCall.runNow("bind") { bind(raw, pointer, length) }
    }
    try SystemCall.runNow("listen") { listen(raw, backlog) }
    return descriptor
  }

  /// A socket on its way to `address`: once it can be written to, `connectionError` says how that went.
  package static func connecting(to address: SocketAddress) throws(SystemError) -> Descriptor {
    let descriptor = try socket(for: address)
    descriptor.sendAtOnce()
    let raw = descriptor.raw
    try address.withRaw { (pointer, length) throws(SystemError) in
      _ = try SystemCall.run("connect") { connect(raw, pointer, length) }
    }
    return descriptor
  }

  /// Why connecting failed; nil: it did not.
  package borrowing func connectionError() throws(SystemError) -> SystemError? {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    let raw = raw
    try SystemCall.runNow("getsockopt") { getsockopt(raw, SOL_SOCKET, SO_ERROR, &code, &length) }
    return code == 0 ? nil : SystemError(call: "connect", code: code)
  }

  /// The next connection that waits at a listening socket; nil: none now.
  package borrowing func accept() throws(SystemError) -> AcceptedSocket? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let raw = raw
    let accepted = try withUnsafeMutablePointer(to: &storage) { (pointer) throws(SystemError) -> Int32? in
      let address = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
      return try SystemCall.run("accept") { moot_accept(raw, address, &length) }
    }
    guard let accepted else { return nil }
    let descriptor = Descriptor(adopting: accepted)
    descriptor.sendAtOnce()
    return AcceptedSocket(descriptor: descriptor, address: Self.address(from: storage))
  }

  /// The address a socket has on this side: tells which port the system chose for port 0.
  package borrowing func localAddress() throws(SystemError) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let raw = raw
    try withUnsafeMutablePointer(to: &storage) { (pointer) throws(SystemError) in
      let address = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
      _ = try SystemCall.runNow("getsockname") { getsockname(raw, address, &length) }
    }
    return Self.address(from: storage)
  }

  private static func address(from storage: sockaddr_storage) -> SocketAddress {
    withUnsafePointer(to: storage) { pointer in
      SocketAddress(UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)) ?? .unix(path: "")
    }
  }

  // Lines are sent in one piece each turn; waiting for more to send would only delay them. Unix sockets have no such
  // option and do not wait, so a refusal is of no consequence.
  private borrowing func sendAtOnce() {
    var yes: Int32 = 1
    _ = setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
  }
}
