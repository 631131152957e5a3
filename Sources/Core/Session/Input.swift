import Wire

/// One command of a client: the bytes it came in and how they fall apart.
struct Input {
  let bytes: [UInt8]
  let line: Line

  /// How many parameters there are.
  var count: Int { line.count }

  /// Parameter `index` as text; empty where it is missing.
  func text(_ index: Int) -> String {
    guard index < line.count else { return "" }
    return String(decoding: bytes[line[index]], as: UTF8.self)
  }

  /// Parameter `index` as text of at most so many bytes.
  func text(_ index: Int, upTo limit: Int) -> String { Core.text(slice(index), upTo: limit) }

  /// Parameter `index` as bytes; empty where it is missing.
  func slice(_ index: Int) -> ArraySlice<UInt8> {
    guard index < line.count else { return [] }
    return bytes[line[index]]
  }

  /// The command in upper case.
  var command: String {
    String(unsafeUninitializedCapacity: line.command.count) { upper in
      for (place, byte) in zip(upper.indices, bytes[line.command]) {
        upper[place] = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & 0xDF : byte
      }
      return line.command.count
    }
  }

  /// The value of the `label` tag, still escaped; empty where there is none (IRCv3 labeled-response: at most 64 bytes).
  var label: [UInt8] {
    var label: [UInt8] = []
    guard !line.tags.isEmpty else { return label }
    Tags.forEach(in: bytes, line.tags) { key, value in
      if bytes[key].elementsEqual("label".utf8), value.count <= 64 { label = Array(bytes[value]) }
    }
    return label
  }

  /// The value of a tag, still escaped; nil where there is none.
  func tag(_ name: StaticString) -> ArraySlice<UInt8>? {
    guard !line.tags.isEmpty else { return nil }
    var found: ArraySlice<UInt8>?
    Tags.forEach(in: bytes, line.tags) { key, value in
      let isNamed = name.withUTF8Buffer { bytes[key].elementsEqual($0) }
      if isNamed { found = bytes[value] }
    }
    return found
  }

  /// The client-only tags, joined by `;` as they came: those whose key begins with `+`. Of several with the same key
  /// the last counts (IRCv3 message-tags, "Format").
  var clientTags: [UInt8] {
    guard !line.tags.isEmpty else { return [] }
    var found: [(key: Range<Int>, value: Range<Int>)] = []
    Tags.forEach(in: bytes, line.tags) { key, value in
      if bytes[key.lowerBound] == UInt8(ascii: "+"), key.count > 1 { found.append((key, value)) }
    }
    var last: [ArraySlice<UInt8>: Int] = [:]
    if found.count > 1 { for (index, tag) in found.enumerated() { last[bytes[tag.key]] = index } }
    var tags: [UInt8] = []
    for (index, tag) in found.enumerated() where last[bytes[tag.key]] ?? index == index {
      if !tags.isEmpty { tags.append(UInt8(ascii: ";")) }
      tags.append(contentsOf: bytes[tag.key])
      if !tag.value.isEmpty {
        tags.append(UInt8(ascii: "="))
        tags.append(contentsOf: bytes[tag.value])
      }
    }
    return tags
  }
}

/// Text of at most so many bytes, cut where a character begins. What people see as one character has no limit, so
/// lengths are never counted in those.
func text(_ bytes: ArraySlice<UInt8>, upTo limit: Int) -> String {
  guard bytes.count > limit else { return String(decoding: bytes, as: UTF8.self) }
  var end = bytes.startIndex + limit
  while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end -= 1 }
  return String(decoding: bytes[..<end], as: UTF8.self)
}
