/// Where an HTTP request goes: `https://example.org:8443/path?query`. Strict (RFC 3986, section 3, in the form that
/// services give): no user, no fragment, nothing that two readers could read in two ways.
package struct WebAddress: Equatable, Hashable, Sendable {
  /// The most bytes of one: what push services hand out has some 300.
  package static let mostBytes = 2_048

  /// Whether it is `https`.
  package private(set) var isSecure: Bool
  /// In lower case; an IPv6 address without its brackets.
  package private(set) var host: String
  package private(set) var port: UInt16
  /// Path and query, as the request line has them.
  package private(set) var target: String

  /// Nil for what is none.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.mostBytes, bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
    guard let scheme = text.firstIndex(of: ":") else { return nil }
    switch fold(String(text[..<scheme])) {
    case "https": isSecure = true
    case "http": isSecure = false
    default: return nil
    }
    guard text[scheme...].hasPrefix("://") else { return nil }
    let rest = text[scheme...].dropFirst(3)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    guard let (host, port) = Self.split(rest[..<end]) else { return nil }
    self.host = host
    self.port = port ?? (isSecure ? 443 : 80)
    target = String(rest[end...])
    if target.first != "/" { target = "/" + target }
    // Its own form may be longer by a slash, and has to be read again.
    guard !target.contains("#"), !target.contains("\\"), self.text.utf8.count <= Self.mostBytes else { return nil }
  }

  private static func split(_ text: Substring) -> (host: String, port: UInt16?)? {
    var host = text
    var port: UInt16?
    if let colon = text.lastIndex(of: ":"), text.last != "]" {
      let digits = text[text.index(after: colon)...]
      guard (1...5).contains(digits.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
        let number = UInt16(digits), number > 0
      else { return nil }
      port = number
      host = text[..<colon]
    }
    let isAddress = host.first == "["
    if isAddress {
      guard host.last == "]" else { return nil }
      host = host.dropFirst().dropLast()
    }
    let isLawful = host.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57, UInt8(ascii: "."):
        true
      case UInt8(ascii: "-"), UInt8(ascii: "_"): !isAddress
      case UInt8(ascii: ":"): isAddress
      default: false
      }
    }
    guard !host.isEmpty, host.utf8.count <= 253, isLawful else { return nil }
    return (fold(String(host)), port)
  }

  /// Host and port as the field `Host` has them.
  package var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// Scheme and authority (RFC 6454, section 6.2).
  package var origin: String { (isSecure ? "https://" : "http://") + authority }

  package var text: String { origin + target }
}
