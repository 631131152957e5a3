/// A JSON value (RFC 8259) that remembers the line it was read from, so that whoever judges it can say where.
package struct JSON: Sendable {
  /// What a value is, and what it holds.
  package enum Kind: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits.
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])
  }

  /// One key of an object and its value, in the order of the text.
  package struct Member: Sendable {
    package var name: String
    /// The line of the key.
    package var line: Int
    package var value: JSON
    package init(name: String, line: Int = 0, value: JSON) {
      self.name = name
      self.line = line
      self.value = value
    }
  }

  package var kind: Kind
  /// Counted from 1; 0 for a value that was not read from text.
  package var line: Int

  package init(_ kind: Kind, line: Int = 0) {
    self.kind = kind
    self.line = line
  }

  /// A string value, for building what is written.
  package static func string(_ text: String) -> JSON { JSON(.string(text)) }
  /// An integer value, for building what is written.
  package static func integer(_ value: Int64) -> JSON { JSON(.integer(value)) }
  /// An array, for building what is written.
  package static func array(_ values: [JSON]) -> JSON { JSON(.array(values)) }

  /// The value of a key; nil if this is no object or has no such key.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = kind else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The text, where this is a string.
  package var text: String? {
    if case .string(let text) = kind { text } else { nil }
  }

  /// The elements, where this is an array.
  package var elements: [JSON]? {
    if case .array(let elements) = kind { elements } else { nil }
  }

  /// What people call this kind of value, for messages.
  package var kindName: String {
    switch kind {
    case .null: "null"
    case .bool: "true or false"
    case .integer: "a number"
    case .number: "a number with a fraction or exponent"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSON: Equatable {
  /// Equal values; where they were read from does not matter.
  package static func == (a: JSON, b: JSON) -> Bool { a.kind == b.kind }
}

extension JSON.Member: Equatable {
  /// Equal keys and values; where they were read from does not matter.
  package static func == (a: JSON.Member, b: JSON.Member) -> Bool { a.name == b.name && a.value == b.value }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self.init(.string(value)) }
  package init(integerLiteral value: Int64) { self.init(.integer(value)) }
  package init(booleanLiteral value: Bool) { self.init(.bool(value)) }
  package init(arrayLiteral elements: JSON...) { self.init(.array(elements)) }
  package init(nilLiteral: ()) { self.init(.null) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self.init(.object(elements.map { Member(name: $0.0, value: $0.1) }))
  }
}
