import Core

/// What a connection was told of messages that wait: that they do, and once what became of them.
struct ToldFates {
  /// The private messages that wait, and where they go.
  private(set) var waiting = Table<String, String>()
  private var delivered = Table<String, Bool>()
  private var refused = Table<String, Bool>()

  /// Takes what is told; returns what is wrong with it.
  mutating func told(_ code: String, of id: String, to target: String) -> String? {
    switch code {
    case "WAITING":
      guard delivered[id] == nil else { return "\(id) waits, after it was delivered" }
      // What is said in a group comes back instead.
      if !target.hasPrefix("#") { waiting[id] = target }
    case "DELIVERED":
      guard delivered[id] == nil else { return "\(id) is delivered twice" }
      guard refused[id] == nil else { return "\(id) is delivered, after it was refused" }
      delivered[id] = true
      waiting[id] = nil
    default:
      refused[id] = true
      waiting[id] = nil
    }
    return nil
  }
}
