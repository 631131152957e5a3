import Wire

/// One line from a realm, as text.
struct Message: Equatable {
  var tags: [String: String] = [:]
  var source = ""
  var command: String
  var parameters: [String]

  /// nil if the bytes are no line of IRC.
  init?(_ bytes: [UInt8]) {
    guard let line = try? Line(parsing: bytes, in: bytes.indices, lineBytes: 16_384) else { return nil }
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    source = text(line.source)
    command = text(line.command).uppercased()
    parameters = (0..<line.count).map { text(line[$0]) }
    var tags: [String: String] = [:]
    Tags.forEach(in: bytes, line.tags) { key, value in
      tags[text(key)] = String(decoding: Tags.unescape(bytes[value]), as: UTF8.self)
    }
    self.tags = tags
  }

  /// The same from text.
  init?(_ text: String) { self.init(Array(text.utf8)) }

  /// A parameter; empty where there is none.
  subscript(index: Int) -> String { index < parameters.count ? parameters[index] : "" }

  /// What numerics and standard replies say to people.
  var text: String { parameters.last ?? "" }

  /// What a refusal says, with what it is about where it comes as a numeric: `bob #plans: is already on channel`.
  var refusal: String {
    guard Int(command) != nil, parameters.count > 2 else { return text }
    return parameters.dropFirst().dropLast().joined(separator: " ") + ": " + text
  }

  /// Whether it tells that an earlier message could not be delivered: news, and no answer to a command.
  var isUndelivered: Bool {
    command == "FAIL" && ["PRIVMSG", "NOTICE", "TAGMSG", "REDACT"].contains(self[0]) && self[1] == "UNDELIVERABLE"
  }

  /// The source up to `!`.
  var nick: String { source.firstIndex(of: "!").map { String(source[..<$0]) } ?? source }

  /// When it happened, where the realm says so.
  var time: Int64? { tags["time"].flatMap { Timestamp.parse($0.utf8) } }

  /// A refusal: a numeric of the error range, or a standard reply.
  var isError: Bool {
    if isUndelivered { return false }
    if command == "FAIL" || command == "ERROR" { return true }
    guard command.utf8.count == 3, let number = Int(command) else { return false }
    return (400..<600).contains(number) || (904...907).contains(number)
  }
}
