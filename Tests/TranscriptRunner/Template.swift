extension Player {
  /// A received line as a transcript would give it: with placeholders for what varies.
  mutating func templated(_ line: String) -> String {
    var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    if words[0].hasPrefix("@") { words[0] = templated(tags: words[0].dropFirst()) }
    let start = words[0].hasPrefix("@") ? 1 : 0
    let command = start + 1 < words.count ? words[start + 1] : ""
    for index in words.indices.dropFirst(start) { words[index] = templated(word: words[index]) }
    if command == "BATCH", words.count > start + 2 {
      let reference = words[start + 2]
      words[start + 2] = reference.prefix(1) + bindings.name(of: reference.dropFirst(), kind: "batch")
    }
    if line.hasPrefix("invitation "), let code = words.last, code.split(separator: "-").map(\.count) == [4, 4, 4, 4] {
      words[words.count - 1] = bindings.name(of: code[...], kind: "token")
    }
    if command == "317", words.count > start + 4 { words[start + 4] = "{seconds}" }
    if command == "DEVICE", words.count > start + 4, words[start + 2] == "CREATE" {
      words[start + 4] = bindings.name(of: words[start + 4][...], kind: "token")
    }
    if ["NOTE", "FAIL"].contains(command), words.count > start + 5, words[start + 5].count == 22,
      ["PRIVMSG", "NOTICE", "TAGMSG"].contains(words[start + 2])
    {
      words[start + 5] = bindings.name(of: words[start + 5][...], kind: "id")
    }
    // What the moderation log tells of a message that was taken back names it.
    if line.contains("MODLOG"), let place = words.firstIndex(where: { $0 == "REDACT" || $0 == ":REDACT" }),
      place + 1 < words.count, words[place + 1].count == 22
    {
      words[place + 1] = bindings.name(of: words[place + 1][...], kind: "id")
    }
    if command == "NOTE", words.count > start + 7, words[start + 2] == "MODLOG", words[start + 3] != "END" {
      words[start + 6] = bindings.name(of: words[start + 6][...], kind: "id")
    }
    return words.joined(separator: " ")
  }

  private mutating func templated(tags: Substring) -> String {
    let tags = tags.split(separator: ";").map { tag -> String in
      let parts = tag.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { return String(tag) }
      switch parts[0] {
      case "time": return "time=" + (bindings.knownName(of: parts[1], kind: "time") ?? "{time}")
      case "msgid": return "msgid=" + bindings.name(of: parts[1], kind: "id")
      case "batch": return "batch=" + bindings.name(of: parts[1], kind: "batch")
      default: return String(tag)
      }
    }
    return "@" + tags.joined(separator: ";")
  }

  private mutating func templated(word: String) -> String {
    if word.hasPrefix("msgid=") { return "msgid=" + bindings.name(of: word.dropFirst(6), kind: "id") }
    for prefix in ["timestamp=", ":", ""] where word.hasPrefix(prefix) {
      let value = word.dropFirst(prefix.count)
      if isTime(value) { return prefix + (bindings.knownName(of: value, kind: "time") ?? "{time}") }
    }
    if word.hasPrefix(":moot-"), word.dropFirst(6).allSatisfy(\.isNumber) { return ":moot-{position}" }
    if word.count == 10, word.hasPrefix("1"), word.allSatisfy(\.isNumber) { return "{seconds}" }
    return word
  }

  private func isTime(_ text: Substring) -> Bool {
    text.count == 24 && text.first?.isNumber == true && text.hasSuffix("Z") && text.dropFirst(10).first == "T"
  }
}
