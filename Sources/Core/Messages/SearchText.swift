/// How texts are compared when somebody searches: as units, which are words without case and accents, and single signs
/// where a script puts no spaces between its words (Han, kana, Hangul, Thai and others) or there are none (emoji).
/// What is no letter, digit or sign only divides. So "cafe" finds "Café", and a part of a Japanese sentence finds it.
package struct SearchText: Equatable, Sendable {
  /// What is compared as a whole.
  package enum Unit: Equatable, Sendable {
    /// Folded, in UTF-8.
    case word([UInt8])
    case sign(UInt32)
  }

  /// What stood between spaces: its units have to follow one another.
  package private(set) var terms: [[Unit]]

  /// A text that somebody looks for: all its words have to be there, in any order, and the last may be the beginning of
  /// a longer one. Nil where there is nothing in it to look for, or more than `Limits.searchUnits`.
  package init?(_ text: some Sequence<UInt8>) {
    terms = Array(text).split(separator: 32).map { Self.units(of: Array($0)) }.filter { !$0.isEmpty }
    guard !terms.isEmpty, terms.reduce(0, { $0 + $1.count }) <= Limits.searchUnits else { return nil }
  }

  /// Whether a text, taken apart into units, is found.
  package func matches(_ units: [Unit]) -> Bool {
    for (index, term) in terms.enumerated() {
      guard Self.find(term, in: units, asBeginning: index == terms.count - 1) else { return false }
    }
    return true
  }

  private static func find(_ term: [Unit], in units: [Unit], asBeginning: Bool) -> Bool {
    guard let last = term.last, units.count >= term.count else { return false }
    for start in 0...(units.count - term.count) {
      let end = start + term.count - 1
      guard units[start..<end].elementsEqual(term.dropLast()) else { continue }
      if units[end] == last { return true }
      if asBeginning, case .word(let beginning) = last, case .word(let word) = units[end], word.starts(with: beginning)
      {
        return true
      }
    }
    return false
  }

  // MARK: taking texts apart

  /// The units of what a message says, without the colours and the like of IRC.
  package static func units(of text: [UInt8]) -> [Unit] {
    var units: [Unit] = []
    var word: [UInt8] = []
    func endWord() {
      guard !word.isEmpty else { return }
      units.append(.word(word))
      word.removeAll()
    }
    var at = beginning(of: text)
    while at < text.count {
      let byte = text[at]
      if byte >= 0x80 {
        let (scalar, length) = scalar(text, at)
        at += length
        switch SearchScalar(scalar) {
        case .letters(let folded): word += folded
        case .sign(let sign):
          endWord()
          units.append(.sign(sign))
        case .nothing: break
        case .gap: endWord()
        }
        continue
      }
      at += 1
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(byte)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
      case 0x03: at = endOfColour(text, at)
      case 0x04: at = skip(text, at, most: 6, while: isHexadecimal)
      case 0x02, 0x0F, 0x11, 0x16, 0x1D, 0x1E, 0x1F: break  // bold and the like, in the middle of a word perhaps
      default: endWord()
      }
    }
    endWord()
    return units
  }

  /// Behind the `ACTION` of what somebody does.
  private static func beginning(of text: [UInt8]) -> Int {
    let action = "\u{1}ACTION ".utf8
    return text.starts(with: action) ? action.count : 0
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }

  private static func skip(_ text: [UInt8], _ start: Int, most: Int, while isOne: (UInt8) -> Bool) -> Int {
    var at = start
    while at < text.count, at - start < most, isOne(text[at]) { at += 1 }
    return at
  }

  /// Two digits for the colour, and behind a comma two for what lies behind.
  private static func endOfColour(_ text: [UInt8], _ start: Int) -> Int {
    let end = skip(text, start, most: 2, while: isDigit)
    guard end > start, end + 1 < text.count, text[end] == UInt8(ascii: ","), isDigit(text[end + 1]) else { return end }
    return skip(text, end + 1, most: 2, while: isDigit)
  }

  /// The scalar at a place, and its bytes; a space for what is no UTF-8.
  private static func scalar(_ text: [UInt8], _ at: Int) -> (UInt32, Int) {
    let first = text[at]
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, at + length <= text.count else { return (32, 1) }
    var value = UInt32(first) & (length == 4 ? 0x07 : length == 3 ? 0x0F : 0x1F)
    for offset in 1..<length {
      guard text[at + offset] & 0xC0 == 0x80 else { return (32, 1) }
      value = value << 6 | UInt32(text[at + offset] & 0x3F)
    }
    return (value, length)
  }

  // MARK: what an index finds them by

  /// Bytes of a word that an index keeps: what is longer is an address or a key, and found by its beginning.
  private static let keptBytes = 40

  /// The keys of a text for an index: words, and signs in pairs, the last of a row by itself. None holds a space, a
  /// quotation mark, or `_`, which is left for other keys.
  package static func keys(of units: [Unit]) -> [[UInt8]] {
    units.indices.map { index in
      switch units[index] {
      case .word(let word): Array(word.prefix(keptBytes))
      case .sign(let sign):
        if index + 1 < units.count, case .sign(let next) = units[index + 1] {
          bytes(sign) + bytes(next)
        } else {
          bytes(sign)
        }
      }
    }
  }

  /// Keys that every text has which this one is found in; `isBeginning`: or one that begins so.
  package var keys: [(key: [UInt8], isBeginning: Bool)] {
    var keys: [(key: [UInt8], isBeginning: Bool)] = []
    for (number, term) in terms.enumerated() {
      for (index, unit) in term.enumerated() {
        let isLast = number == terms.count - 1 && index == term.count - 1
        switch unit {
        case .word(let word):
          keys.append((Array(word.prefix(Self.keptBytes)), isLast || word.count > Self.keptBytes))
        case .sign(let sign):
          if index + 1 < term.count, case .sign(let next) = term[index + 1] {
            keys.append((Self.bytes(sign) + Self.bytes(next), false))
          } else if index == 0 {
            keys.append((Self.bytes(sign), true))
          } else if case .word = term[index - 1] {
            keys.append((Self.bytes(sign), true))
          }
        }
      }
    }
    return keys
  }

  private static func bytes(_ sign: UInt32) -> [UInt8] {
    Unicode.Scalar(sign).flatMap { UTF8.encode($0) }.map { Array($0) } ?? []
  }
}

/// What a scalar beyond ASCII is to a search.
enum SearchScalar {
  /// Part of a word, folded.
  case letters([UInt8])
  case sign(UInt32)
  /// It changes nothing: an accent that follows its letter, a joiner.
  case nothing
  case gap

  init(_ value: UInt32) {
    // The wide forms of ASCII.
    if (0xFF01...0xFF5E).contains(value) {
      let byte = UInt8(truncatingIfNeeded: value - 0xFEE0)
      let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      let lower = isUpper ? byte | 0x20 : byte
      let isWord = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) || (0x30...0x39).contains(lower)
      self = isWord ? .letters([lower]) : .gap
      return
    }
    guard let scalar = Unicode.Scalar(value), !Self.isNothing(value) else {
      self = .nothing
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
      .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
      self = Self.isUnspaced(value) ? .sign(value) : .letters(Self.folded(scalar))
    case .otherSymbol, .mathSymbol, .currencySymbol: self = .sign(value)
    case .enclosingMark, .modifierSymbol, .format: self = .nothing
    default: self = .gap
    }
  }

  /// Accents, points and what asks for one form of a sign or another.
  private static func isNothing(_ value: UInt32) -> Bool {
    switch value {
    case 0x0300...0x036F, 0x0483...0x0487, 0x0591...0x05BD, 0x05BF, 0x05C1...0x05C2, 0x05C4...0x05C5, 0x05C7,
      0x0610...0x061A, 0x0640, 0x064B...0x065F, 0x0670, 0xFE00...0xFE0F, 0x1F3FB...0x1F3FF:
      true
    default: false
    }
  }

  /// Scripts that are written without spaces between words, or, as Hangul, with endings at them.
  private static func isUnspaced(_ value: UInt32) -> Bool {
    switch value {
    case 0x0E00...0x0FFF, 0x1000...0x109F, 0x1100...0x11FF, 0x1780...0x17FF, 0x2E80...0x31FF, 0x3400...0x4DBF,
      0x4E00...0x9FFF, 0xA960...0xA97F, 0xAC00...0xD7FF, 0xF900...0xFAFF, 0xFF66...0xFFDC, 0x1B000...0x1B16F,
      0x20000...0x3FFFF:
      true
    default: false
    }
  }

  private static func folded(_ scalar: Unicode.Scalar) -> [UInt8] {
    let isCased = scalar.properties.changesWhenLowercased
    let lower = isCased ? scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar : scalar
    return bases[lower.value] ?? UTF8.encode(lower).map { Array($0) } ?? []
  }

  /// Letters by what they are without accents, in small letters (Unicode, canonical decompositions), and those that
  /// people write in another way where they lack the key.
  private static let bases: [UInt32: [UInt8]] = {
    var bases: [UInt32: [UInt8]] = [:]
    for (base, letters) in accented {
      for letter in letters.unicodeScalars { bases[letter.value] = Array(base.utf8) }
    }
    return bases
  }()

  private static let accented: [(base: String, letters: String)] = [
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ("c", "çćĉċčḉ"),
    ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ("i", "ìíîïĩīĭįıǐȉȋḭḯỉị"),
    ("n", "ñńņňǹṅṇṉṋ"),
    ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("y", "ýÿŷȳẏẙỳỵỷỹ"),
    ("d", "ðďđḋḍḏḑḓ"),
    ("g", "ĝğġģǧǵḡ"),
    ("h", "ĥħȟḣḥḧḩḫẖ"),
    ("j", "ĵǰ"),
    ("k", "ķǩḱḳḵ"),
    ("l", "ĺļľłḷḹḻḽ"),
    ("r", "ŕŗřȑȓṙṛṝṟ"),
    ("s", "śŝşšșṡṣṥṧṩ"),
    ("t", "ţťŧțṫṭṯṱẗ"),
    ("w", "ŵẁẃẅẇẉẘ"),
    ("z", "źżžẑẓẕ"),
    ("ι", "ΐίϊἰἱἲἳἴἵἶἷὶίιῐῑῒΐῖῗ"),
    ("α", "άἀἁἂἃἄἅἆἇὰάᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ"),
    ("ε", "έἐἑἒἓἔἕὲέ"),
    ("η", "ήἠἡἢἣἤἥἦἧὴήᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ"),
    ("υ", "ΰϋύὐὑὒὓὔὕὖὗὺύῠῡῢΰῦῧ"),
    ("ο", "όὀὁὂὃὄὅὸό"),
    ("ω", "ώὠὡὢὣὤὥὦὧὼώᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ"),
    ("и", "йѝӣӥ"),
    ("е", "ѐёӗ"),
    ("г", "ѓ"),
    ("і", "ї"),
    ("к", "ќ"),
    ("у", "ўӯӱӳ"),
    ("ѵ", "ѷ"),
    ("ж", "ӂӝ"),
    ("а", "ӑӓ"),
    ("ә", "ӛ"),
    ("з", "ӟ"),
    ("о", "ӧ"),
    ("ө", "ӫ"),
    ("э", "ӭ"),
    ("ч", "ӵ"),
    ("ы", "ӹ"),
    ("b", "ḃḅḇ"),
    ("f", "ḟ"),
    ("m", "ḿṁṃ"),
    ("p", "ṕṗ"),
    ("v", "ṽṿ"),
    ("x", "ẋẍ"),
    ("ρ", "ῤῥ"),
    ("ae", "æǣǽ"),
    ("oe", "œ"),
    ("ss", "ß"),
    ("th", "þ"),
    ("σ", "ς"),
  ]
}
