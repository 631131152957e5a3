/// A key, or what stands for one.
enum Key: Equatable {
  case text(Character)
  /// Pasted as one, perhaps with line breaks.
  case paste(String)
  case enter, tab, backTab, backspace, delete
  case left, right, up, down, home, end, wordLeft, wordRight
  case control(Character)
  case alt(Character)
}

/// Turns the bytes of a terminal into keys. Keeps what is not complete yet.
struct KeyDecoder {
  private var bytes: [UInt8] = []
  /// What has come of a paste so far; nil outside of one.
  private var pasted: [UInt8]?

  private static let pasteStart = Array("\u{1B}[200~".utf8)
  private static let pasteEnd = Array("\u{1B}[201~".utf8)
  private static let sequences: [(String, Key)] = [
    ("[A", .up), ("[B", .down), ("[C", .right), ("[D", .left), ("OA", .up), ("OB", .down), ("OC", .right),
    ("OD", .left), ("[H", .home), ("[F", .end), ("OH", .home), ("OF", .end), ("[1~", .home), ("[4~", .end),
    ("[7~", .home), ("[8~", .end), ("[3~", .delete), ("[Z", .backTab), ("[1;5C", .wordRight), ("[1;5D", .wordLeft),
    ("[1;3C", .wordRight), ("[1;3D", .wordLeft), ("b", .wordLeft), ("f", .wordRight),
  ]

  /// Takes what was read at once; an escape at its very end is the key Escape, which means nothing here.
  mutating func take(_ input: some Collection<UInt8>) -> [Key] {
    bytes.append(contentsOf: input)
    var keys: [Key] = []
    while !bytes.isEmpty {
      if pasted != nil {
        guard let paste = takePaste() else { break }
        keys.append(.paste(paste))
      } else if bytes[0] == 0x1B {
        guard let length = escapeLength() else { break }
        if let key = escape(bytes[..<length]) { keys.append(key) }
        bytes.removeFirst(length)
      } else {
        guard let length = characterLength() else { break }
        if let key = key(bytes[..<length]) { keys.append(key) }
        bytes.removeFirst(length)
      }
    }
    return keys
  }

  private mutating func takePaste() -> String? {
    var text = pasted ?? []
    let end = bytes.indices.first { bytes[$0...].starts(with: Self.pasteEnd) }
    guard let end else {
      // The end mark itself may be cut: it stays until the rest is there.
      let kept = bytes.suffix(from: bytes.lastIndex(of: 0x1B) ?? bytes.endIndex)
      text += bytes[..<kept.startIndex]
      pasted = text
      bytes = Array(kept)
      return nil
    }
    text += bytes[..<end]
    bytes.removeFirst(end + Self.pasteEnd.count)
    pasted = nil
    return String(decoding: text, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
      .joined(separator: "\n").split(separator: "\r", omittingEmptySubsequences: false).joined(separator: "\n")
  }

  /// Bytes of the escape sequence at the start; nil if more must come.
  private func escapeLength() -> Int? {
    guard bytes.count > 1 else { return 1 }
    if bytes[1] == UInt8(ascii: "O") { return bytes.count > 2 ? 3 : nil }
    guard bytes[1] == UInt8(ascii: "[") else { return bytes[1] == 0x1B ? 1 : 2 }
    guard let end = bytes[2...].firstIndex(where: { (0x40...0x7E).contains($0) }) else {
      return bytes.count > 32 ? bytes.count : nil
    }
    return end + 1
  }

  private mutating func escape(_ sequence: ArraySlice<UInt8>) -> Key? {
    if sequence.elementsEqual(Self.pasteStart) {
      pasted = []
      return nil
    }
    let rest = String(decoding: sequence.dropFirst(), as: UTF8.self)
    if let known = Self.sequences.first(where: { $0.0 == rest }) { return known.1 }
    guard rest.utf8.count == 1, let character = rest.first, character.isLetter || character.isNumber else { return nil }
    return .alt(character)
  }

  /// Bytes of the character at the start; nil if more must come.
  private func characterLength() -> Int? {
    let length =
      switch bytes[0] {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    return bytes.count >= length ? length : nil
  }

  private func key(_ character: ArraySlice<UInt8>) -> Key? {
    guard let first = character.first else { return nil }
    switch first {
    case 13, 10: return .enter
    case 9: return .tab
    case 8, 127: return .backspace
    case 0..<32: return .control(Character(Unicode.Scalar(first + 96)))
    default:
      guard let text = String(validating: character, as: UTF8.self), let one = text.first else { return nil }
      return .text(one)
    }
  }
}
