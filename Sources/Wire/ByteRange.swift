/// The part of a file that a request asks for (RFC 9110, section 14).
package enum ByteRange: Equatable, Sendable {
  /// All of it: no part was asked for, or in a way that need not be understood.
  case whole
  case part(Range<Int64>)
  /// There is no such part.
  case unsatisfiable

  /// Reads the value of the field `Range`, for a file of so many bytes. Several parts at once are not given, and
  /// `whole` is a lawful answer to them.
  package init(_ value: String?, size: Int64) {
    self = .whole
    guard let value, let equals = value.firstIndex(of: "="), fold(String(value[..<equals])) == "bytes" else { return }
    let parts = value[value.index(after: equals)...].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = Self.number(parts[0]), let last = Self.number(parts[1]) else { return }
    switch (first, last) {
    case (nil, nil): return
    case (nil, let count?): self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .unsatisfiable
    case (let start?, nil): self = start < size ? .part(start..<size) : .unsatisfiable
    case (let start?, let last?):
      guard start <= last else { return }
      self = start < size ? .part(start..<min(size, last + 1)) : .unsatisfiable
    }
  }

  /// The number; nil within where there is none, nil outside where it is something else.
  private static func number(_ text: Substring) -> Int64?? {
    let text = text.drop { $0 == " " || $0 == "\t" }
    if text.isEmpty { return .some(nil) }
    guard text.utf8.count <= 15, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(text).map { .some($0) }
  }
}
