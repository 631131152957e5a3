/// The line a person types. Pure: keys in, text out.
struct LineEditor {
  enum Outcome: Equatable {
    /// Goes on.
    case editing
    /// Enter: the line, which is empty now.
    case submitted(String)
    case complete(backward: Bool)
    /// Ctrl-C on an empty line, or Ctrl-D.
    case end
    /// Ctrl-Z.
    case suspend
    /// Alt and a digit.
    case jump(Int)
    case redraw
  }

  private(set) var text: [Character] = []
  /// Before which character the cursor stands.
  private(set) var cursor = 0
  private var history: [[Character]] = []
  /// Which line of the history is shown; `history.count` for the one being written.
  private var shown = 0
  private var draft: [Character] = []
  private var killed: [Character] = []

  /// Lines remembered.
  private static let historyLines = 500

  var string: String { String(text) }

  /// Puts text in the place of what is there.
  mutating func set(_ string: String, cursor: Int? = nil) {
    text = Array(string)
    self.cursor = min(cursor ?? text.count, text.count)
  }

  mutating func take(_ key: Key) -> Outcome {
    switch key {
    case .text(let character): insert([character])
    case .paste(let pasted): insert(Array(pasted.filter { $0 == "\n" || $0 == "\t" || !Self.isControl($0) }))
    case .enter: return submit()
    case .tab: return .complete(backward: false)
    case .backTab: return .complete(backward: true)
    case .backspace: delete(from: max(0, cursor - 1), to: cursor)
    case .delete: delete(from: cursor, to: min(text.count, cursor + 1))
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(text.count, cursor + 1)
    case .wordLeft: cursor = wordStart
    case .wordRight: cursor = wordEnd
    case .home: cursor = 0
    case .end: cursor = text.count
    case .up: show(shown - 1)
    case .down: show(shown + 1)
    case .control(let letter): return control(letter)
    case .alt("d"): kill(from: cursor, to: wordEnd)
    case .alt(let character):
      if let digit = character.wholeNumberValue { return .jump(digit) }
    }
    return .editing
  }

  private mutating func control(_ letter: Character) -> Outcome {
    switch letter {
    case "a": cursor = 0
    case "e": cursor = text.count
    case "b": cursor = max(0, cursor - 1)
    case "f": cursor = min(text.count, cursor + 1)
    case "p": show(shown - 1)
    case "n": show(shown + 1)
    case "k": kill(from: cursor, to: text.count)
    case "u": kill(from: 0, to: cursor)
    case "w": kill(from: wordStart, to: cursor)
    case "y": insert(killed)
    case "t": swapCharacters()
    case "l": return .redraw
    case "z": return .suspend
    case "c":
      guard !text.isEmpty else { return .end }
      set("")
      shown = history.count
    case "d":
      guard !text.isEmpty else { return .end }
      delete(from: cursor, to: min(text.count, cursor + 1))
    default: break
    }
    return .editing
  }

  private mutating func submit() -> Outcome {
    let line = text
    set("")
    if !line.isEmpty, history.last != line {
      history.append(line)
      if history.count > Self.historyLines { history.removeFirst() }
    }
    shown = history.count
    return .submitted(String(line))
  }

  private mutating func insert(_ characters: [Character]) {
    text.insert(contentsOf: characters, at: cursor)
    cursor += characters.count
  }

  private mutating func delete(from start: Int, to end: Int) {
    text.removeSubrange(start..<end)
    cursor = start
  }

  private mutating func kill(from start: Int, to end: Int) {
    guard start < end else { return }
    killed = Array(text[start..<end])
    delete(from: start, to: end)
  }

  private mutating func swapCharacters() {
    guard text.count > 1, cursor > 0 else { return }
    let second = min(cursor, text.count - 1)
    text.swapAt(second - 1, second)
    cursor = second + 1
  }

  private mutating func show(_ index: Int) {
    guard index >= 0, index <= history.count, index != shown else { return }
    if shown == history.count { draft = text }
    shown = index
    set(String(index == history.count ? draft : history[index]))
  }

  private var wordStart: Int {
    var at = cursor
    while at > 0, text[at - 1] == " " { at -= 1 }
    while at > 0, text[at - 1] != " " { at -= 1 }
    return at
  }

  private var wordEnd: Int {
    var at = cursor
    while at < text.count, text[at] == " " { at += 1 }
    while at < text.count, text[at] != " " { at += 1 }
    return at
  }

  private static func isControl(_ character: Character) -> Bool {
    character.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
  }
}

/// How a line is shown in a row of the terminal.
struct Row: Equatable {
  var text: String
  /// The column of the cursor, counted from 0.
  var cursor: Int

  /// The part of the line around the cursor that fits behind the prompt.
  init(prompt: String, _ text: [Character], cursor: Int, columns: Int) {
    // A line break that was pasted is one sign; a tab one space.
    let signs: [Character] = text.map { $0 == "\n" ? "⏎" : $0 == "\t" ? " " : $0 }
    let promptWidth = displayWidth(prompt)
    let room = max(4, columns - promptWidth - 1)
    let widths = signs.map { displayWidth(String($0)) }
    var start = 0
    while widths[start..<cursor].reduce(0, +) > room - 1 { start += 1 }
    var end = start
    var width = 0
    while end < signs.count, width + widths[end] <= room {
      width += widths[end]
      end += 1
    }
    self.text = prompt + String(signs[start..<end])
    self.cursor = promptWidth + widths[start..<cursor].reduce(0, +)
  }
}

/// Columns that a text takes in a terminal.
func displayWidth(_ text: String) -> Int {
  text.reduce(0) { sum, character in
    guard let scalar = character.unicodeScalars.first else { return sum }
    if character.unicodeScalars.contains("\u{FE0F}") { return sum + 2 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return sum
    default: return sum + (isWide(scalar.value) ? 2 : 1)
    }
  }
}

/// The ranges that Unicode's East Asian Width calls wide, and emoji.
private func isWide(_ value: UInt32) -> Bool {
  switch value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
    0x20000...0x3FFFD:
    true
  default: false
  }
}
