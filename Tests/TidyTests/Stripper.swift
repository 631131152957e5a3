/// Takes comments and the contents of string literals out of Swift text and keeps its lines. Interpolated expressions
/// stay, for they are code.
struct Stripper {
  private enum Place {
    case code
    /// Inside `\(…)`, with so many parentheses open.
    case interpolation(parentheses: Int)
    case string(hashes: Int, quotes: Int)
  }

  private var places: [Place] = [.code]
  private var text: [UInt8] = []
  private var at = 0
  private var out: [UInt8] = []

  /// Returns the text without comments and literals, line for line.
  mutating func strip(_ text: [UInt8]) -> [UInt8] {
    self.text = text
    out.reserveCapacity(text.count)
    while at < text.count {
      if case .string(let hashes, let quotes) = places[places.count - 1] {
        stepInString(hashes: hashes, quotes: quotes)
      } else {
        stepInCode()
      }
    }
    return out
  }

  private func byte(_ offset: Int) -> UInt8 { at + offset < text.count ? text[at + offset] : 0 }

  /// How many times `byte` stands in a row from `offset` on.
  private func run(of wanted: UInt8, from offset: Int) -> Int {
    var count = 0
    while byte(offset + count) == wanted { count += 1 }
    return count
  }

  private mutating func stepInCode() {
    let here = text[at]
    if here == UInt8(ascii: "/"), byte(1) == here {
      while at < text.count, text[at] != 10 { at += 1 }
      return
    }
    if here == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") { return skipBlockComment() }
    let hashes = run(of: UInt8(ascii: "#"), from: 0)
    let quotes = run(of: UInt8(ascii: "\""), from: hashes)
    if quotes > 0 {
      // Two quotes are an empty string, three open a literal of several lines.
      let opening = quotes >= 3 ? 3 : 1
      places.append(.string(hashes: hashes, quotes: opening))
      out.append(UInt8(ascii: "\""))
      at += hashes + opening
      return
    }
    if case .interpolation(let parentheses) = places[places.count - 1] {
      let open = parentheses + (here == UInt8(ascii: "(") ? 1 : here == UInt8(ascii: ")") ? -1 : 0)
      places[places.count - 1] = .interpolation(parentheses: open)
      if open == 0 { places.removeLast() }
    }
    out.append(here)
    at += 1
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if byte(0) == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
        depth += 1
        at += 2
      } else if byte(0) == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
        depth -= 1
        at += 2
      } else {
        if byte(0) == 10 { out.append(10) }
        at += 1
      }
    } while depth > 0 && at < text.count
  }

  private mutating func stepInString(hashes: Int, quotes: Int) {
    let here = text[at]
    if here == UInt8(ascii: "\\"), run(of: UInt8(ascii: "#"), from: 1) >= hashes {
      if byte(1 + hashes) == UInt8(ascii: "(") {
        places.append(.interpolation(parentheses: 1))
        out.append(UInt8(ascii: "("))
        at += 2 + hashes
      } else {
        // An escaped line end in a literal of several lines still ends a line.
        if byte(1 + hashes) == 10 { out.append(10) }
        at += 2 + hashes
      }
      return
    }
    let ends =
      here == UInt8(ascii: "\"") && run(of: here, from: 0) >= quotes
      && run(of: UInt8(ascii: "#"), from: quotes) >= hashes
    if ends {
      places.removeLast()
      out.append(UInt8(ascii: "\""))
      at += quotes + hashes
      return
    }
    if here == 10 {
      out.append(10)
      if quotes == 1 { places.removeLast() }
    }
    at += 1
  }
}
