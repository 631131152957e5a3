/// What kind of file something is. Browsers show the few kinds named here themselves, none of which they could run.
/// That a file is of such a kind has to show in how it begins, whatever its sender says.
package struct MediaType: Equatable, Sendable {
  /// What it is served as: `image/png`, or `application/octet-stream` for what is not shown.
  package var type: String
  /// What it counts as where only some types are taken.
  package var kind: String
  /// Whether browsers may show it in place.
  package var isShown: Bool
  /// It says to be of a kind that is shown, and does not begin like that.
  package var isFalse: Bool

  /// What nobody knows better.
  package static let unknown = "application/octet-stream"
  /// How much of a file tells.
  package static let headBytes = 512

  /// Judges a file by what its sender says (empty for nothing) and by how it begins: all of it, or its first
  /// `headBytes`.
  package init(claim: String, head: ArraySlice<UInt8>) {
    let claim = Self.essence(claim)
    let found = Self.found(in: head)
    if Self.shown.contains(claim) {
      isFalse = !found.contains(claim)
      isShown = !isFalse
      kind = isShown ? claim : Self.unknown
    } else if Self.saysNothing(claim), let first = found.first, first != Self.text {
      (isShown, isFalse, kind) = (true, false, first)
    } else {
      (isShown, isFalse, kind) = (false, false, Self.saysNothing(claim) ? Self.unknown : claim)
    }
    type = isShown ? (kind == Self.text ? "text/plain; charset=utf-8" : kind) : Self.unknown
  }

  private static let text = "text/plain"

  private static let shown: Set<String> = [
    "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "audio/mpeg", "audio/ogg", "audio/flac",
    "audio/wav", "audio/mp4", "audio/webm", "video/mp4", "video/webm", "video/ogg", text,
  ]

  /// Whether a sender that says this does not know: some programs say it of everything.
  package static func saysNothing(_ claim: String) -> Bool {
    let claim = essence(claim)
    return claim.isEmpty || claim == unknown || claim == "application/x-www-form-urlencoded"
  }

  /// The type without its parameters, under the name that is used here.
  package static func essence(_ claim: String) -> String {
    let type = fold(String(claim.prefix { $0 != ";" && $0 != " " }))
    switch type {
    case "image/jpg", "image/pjpeg": return "image/jpeg"
    case "audio/mp3": return "audio/mpeg"
    case "audio/x-wav", "audio/wave", "audio/vnd.wave": return "audio/wav"
    case "audio/x-m4a", "audio/m4a": return "audio/mp4"
    case "audio/x-flac": return "audio/flac"
    case "audio/opus", "application/ogg": return "audio/ogg"
    default: return type
    }
  }

  /// Whether a list of types, such as `image/*`, has this one.
  package static func isTaken(_ kind: String, by types: [String]) -> Bool {
    types.contains { type in
      guard type.hasSuffix("/*") else { return type == kind }
      return type == "*/*" || kind.hasPrefix(type.dropLast())
    }
  }

  /// The types that a file may be of that begins so, the likeliest first.
  private static func found(in head: ArraySlice<UInt8>) -> [String] {
    func begins(_ bytes: [UInt8], at offset: Int = 0) -> Bool { head.dropFirst(offset).starts(with: bytes) }
    func says(_ text: String, at offset: Int = 0) -> Bool { begins(Array(text.utf8), at: offset) }
    if begins([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return ["image/png"] }
    if begins([0xFF, 0xD8, 0xFF]) { return ["image/jpeg"] }
    if says("GIF87a") || says("GIF89a") { return ["image/gif"] }
    if says("RIFF"), says("WEBP", at: 8) { return ["image/webp"] }
    if says("RIFF"), says("WAVE", at: 8) { return ["audio/wav"] }
    if says("OggS") { return ["audio/ogg", "video/ogg"] }
    if says("fLaC") { return ["audio/flac"] }
    if begins([0x1A, 0x45, 0xDF, 0xA3]) { return ["video/webm", "audio/webm"] }
    if says("ftyp", at: 4) { return base(String(decoding: head.dropFirst(8).prefix(4), as: UTF8.self)) }
    if says("ID3") || isFrame(head) { return ["audio/mpeg"] }
    return isText(head) ? [text] : []
  }

  /// By the brand of a file in the ISO base media format.
  private static func base(_ brand: String) -> [String] {
    switch brand {
    case "avif", "avis": ["image/avif"]
    case "M4A ", "M4B ": ["audio/mp4"]
    case "qt  ", "heic", "heix", "mif1", "msf1": []
    default: ["video/mp4", "audio/mp4"]
    }
  }

  /// The head of a frame of MPEG audio, layer III.
  private static func isFrame(_ head: ArraySlice<UInt8>) -> Bool {
    let bytes = Array(head.prefix(3))
    return bytes.count == 3 && bytes[0] == 0xFF && bytes[1] & 0xE6 == 0xE2 && bytes[2] & 0xF0 != 0xF0
  }

  private static func isText(_ head: ArraySlice<UInt8>) -> Bool {
    !head.contains { $0 == 0x7F || ($0 < 0x20 && !(9...13).contains($0) && $0 != 0x1B) }
  }
}
