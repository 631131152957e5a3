import Wire

/// What is looked for among all that somebody may read.
package struct SearchQuery: Equatable, Sendable {
  /// Which private conversations of whoever asks are looked through.
  package enum Privates: Equatable, Sendable {
    case none, all
    case with(PersonID)
  }

  /// Who has said it: a person, or whoever used a nick.
  package struct Author: Equatable, Sendable {
    package var person: PersonID?
    /// Folded.
    package var nick: String
    package init(person: PersonID?, nick: String) {
      self.person = person
      self.nick = nick
    }
  }

  /// Who asks.
  package var person: PersonID
  package var privates: Privates
  package var groups: [GroupSince]
  package var author: Author?
  /// Only messages from this time on, and up to that one, both included. With the first the oldest are wanted, else the
  /// newest.
  package var after: Milliseconds?
  package var before: Milliseconds?
  /// Nil: whatever was said.
  package var text: SearchText?
  /// Only private messages from this time on; 0 for all.
  package var notBefore: Milliseconds = 0
  package var limit: Int
  /// At most so much, as `Entry.weight` counts, but one entry in any case.
  package var bytes: Int

  package init(
    person: PersonID, privates: Privates, groups: [GroupSince], author: Author? = nil, after: Milliseconds? = nil,
    before: Milliseconds? = nil, text: SearchText? = nil, limit: Int, bytes: Int = .max
  ) {
    self.person = person
    self.privates = privates
    self.groups = groups
    self.author = author
    self.after = after
    self.before = before
    self.text = text
    self.limit = limit
    self.bytes = bytes
  }

  /// Whether an entry is one of those that are looked for, as far as time, author and text go.
  package func matches(_ entry: Entry) -> Bool {
    guard entry.kind.isMessage || entry.kind == .notice else { return false }
    if let after, entry.time < after { return false }
    if let before, entry.time > before { return false }
    if let author {
      let isByNick = !entry.nick.isEmpty && fold(String(decoding: entry.nick, as: UTF8.self)) == author.nick
      guard isByNick || entry.sender != .nobody && entry.sender == author.person else { return false }
    }
    return text.map { $0.matches(SearchText.units(of: Multiline.text(of: entry))) } ?? true
  }
}

/// The attributes of a SEARCH request (soju.im/search, "Standard search attributes").
package struct SearchRequest: Equatable, Sendable {
  package var target: String?
  package var author: String?
  package var after: Milliseconds?
  package var before: Milliseconds?
  package var text: SearchText?
  package var limit: Int

  /// What is wrong with a request, and which attribute it is.
  package struct Problem: Error, Equatable {
    package var attribute: String
    package var text: String
  }

  /// Attributes are written like message tags. One that is not known would make the answer another than was asked for,
  /// so it is refused.
  ///
  /// - Parameter most: the largest answer; a higher limit is lowered to it.
  package init(_ attributes: [UInt8], most: Int) throws(Problem) {
    limit = most
    var parsed: [(key: String, value: [UInt8])] = []
    Tags.forEach(in: attributes, attributes.indices) { key, value in
      parsed.append((String(decoding: attributes[key], as: UTF8.self), Tags.unescape(attributes[value])))
    }
    guard !parsed.isEmpty else {
      throw Problem(attribute: "*", text: "Say what to look for: text=…;in=#group;from=nick")
    }
    for (key, value) in parsed {
      let text = String(decoding: value, as: UTF8.self)
      switch key {
      case "in": target = try Self.name(key, text)
      case "from": author = try Self.name(key, text)
      case "after": after = try Self.time(key, text)
      case "before": before = try Self.time(key, text)
      case "text":
        self.text = SearchText(value)
        guard self.text != nil else {
          throw Problem(attribute: key, text: "No words to look for, or more than \(Limits.searchUnits)")
        }
      case "limit":
        guard let number = Int(text), number > 0 else {
          throw Problem(attribute: key, text: "The limit has to be a number above 0")
        }
        limit = min(number, most)
      default: throw Problem(attribute: key, text: "Say in, from, after, before, text and limit")
      }
    }
  }

  private static func name(_ key: String, _ text: String) throws(Problem) -> String {
    guard !text.isEmpty, !text.contains(" ") else { throw Problem(attribute: key, text: "Say whose name") }
    return text
  }

  private static func time(_ key: String, _ text: String) throws(Problem) -> Milliseconds {
    guard let time = Timestamp.parse(text.utf8) else {
      throw Problem(attribute: key, text: "Say YYYY-MM-DDThh:mm:ss.sssZ")
    }
    return time
  }
}
