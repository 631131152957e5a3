import Net
import Testing

@Suite struct AddressRangeTests {
  private func address(_ host: String) throws -> SocketAddress {
    try SocketAddress(host.contains(":") ? "[\(host)]:1" : "\(host):1")
  }

  /// What a server outside may be asked for, and what would be a way into our own network.
  @Test(arguments: [
    ("93.184.216.34", true), ("8.8.8.8", true), ("2606:2800:220:1::1", true), ("223.255.255.255", true),
    ("0.0.0.0", false), ("10.1.2.3", false), ("100.64.0.1", false), ("100.128.0.1", true), ("127.0.0.1", false),
    ("169.254.169.254", false), ("172.16.0.1", false), ("172.32.0.1", true), ("192.168.1.1", false),
    ("192.0.0.1", false), ("198.19.0.1", false), ("224.0.0.1", false), ("255.255.255.255", false), ("::", false),
    ("::1", false), ("fe80::1", false), ("fc00::1", false), ("fd12::1", false), ("ff02::1", false),
    ("::ffff:127.0.0.1", false), ("::ffff:8.8.8.8", true), ("64:ff9b::7f00:1", false), ("2002:7f00:1::1", false),
    ("2001::1", false), ("2001:db8::1", false), ("2001:4860::1", true), ("::7f00:1", false),
  ])
  func publicOrNot(_ host: String, _ isPublic: Bool) throws {
    #expect(AddressRange.isPublic(try address(host)) == isPublic, "\(host)")
  }

  @Test(arguments: [
    ("127.0.0.0/8", "127.1.2.3", true), ("127.0.0.0/8", "128.0.0.1", false), ("10.0.0.1", "10.0.0.1", true),
    ("10.0.0.1", "10.0.0.2", false), ("::1", "::1", true), ("fd00::/8", "fdff::1", true),
    ("fd00::/8", "fe00::1", false),
    ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("127.0.0.1", "::ffff:127.0.0.1", true),
  ])
  func ranges(_ range: String, _ host: String, _ isIn: Bool) throws {
    #expect(try #require(AddressRange(range)).contains(try address(host)) == isIn)
  }

  @Test(arguments: ["", "localhost", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/8/8", "a", "fd00::/129"])
  func noRange(_ text: String) {
    #expect(AddressRange(text) == nil)
  }
}
