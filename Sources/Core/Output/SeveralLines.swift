/// What a message of several lines says, on its way to clients (IRCv3 draft/multiline).
final class SeveralLines: Sendable {
  /// `:source BATCH +reference draft/multiline target`, and its end.
  let opening: [UInt8]
  let closing: [UInt8]
  let reference: [UInt8]
  let body: [UInt8]
  /// Whether it edits another one: then the first text is marked for clients that do not know edits.
  let isEdit: Bool
  /// Bytes of the longest line's text.
  let longest: Int

  init(source: [UInt8], target: String, reference: [UInt8], body: [UInt8], isEdit: Bool) {
    var opening = LineBuilder(source: source, "BATCH")
    opening.word([UInt8(ascii: "+")] + reference)
    opening.word("draft/multiline")
    opening.word(target)
    var closing = LineBuilder(source: source, "BATCH")
    closing.word([UInt8(ascii: "-")] + reference)
    self.opening = opening.bytes
    self.closing = closing.bytes
    self.reference = reference
    self.body = body
    self.isEdit = isEdit
    longest = (Multiline.parts(of: body).map(\.text.count).max() ?? 0) + (isEdit ? Edit.mark.count : 0)
  }

  /// The lines, for a client with these capabilities.
  func parts(for capabilities: Capabilities) -> [Multiline.Part] {
    var parts = Multiline.parts(of: body)
    if isEdit, !capabilities.contains(.edit), let first = parts.firstIndex(where: { !$0.text.isEmpty }) {
      parts[first].text = Edit.marked(parts[first].text)[...]
    }
    return parts
  }
}

extension Outgoing {
  func append(_ several: SeveralLines, to out: inout [UInt8], for capabilities: Capabilities) {
    if capabilities.contains(.multiline) {
      appendBatch(several, to: &out, for: capabilities)
    } else {
      appendOneByOne(several, to: &out, for: capabilities)
    }
  }

  /// All tags stand at the opening (draft/multiline, "Message tags", "Labeled response"); a batch around this one at
  /// its opening and its end (batch, "The BATCH verb").
  private func appendBatch(_ several: SeveralLines, to out: inout [UInt8], for capabilities: Capabilities) {
    appendTags(to: &out, for: capabilities)
    Self.append(several.opening, to: &out)
    for part in several.parts(for: capabilities) {
      out.append(contentsOf: "@batch=".utf8)
      out.append(contentsOf: several.reference)
      if part.isJoined { out.append(contentsOf: ";draft/multiline-concat".utf8) }
      out.append(32)
      append(part.text, to: &out)
    }
    if !batch.isEmpty {
      out.append(contentsOf: "@batch=".utf8)
      out.append(contentsOf: batch)
      out.append(32)
    }
    Self.append(several.closing, to: &out)
  }

  /// For clients that do not know such batches (draft/multiline, "Fallback"): no blank lines, the id on the first.
  private func appendOneByOne(_ several: SeveralLines, to out: inout [UInt8], for capabilities: Capabilities) {
    var isFirst = true
    for part in several.parts(for: capabilities) where !part.text.isEmpty {
      appendTags(to: &out, for: capabilities, isFirst: isFirst)
      append(part.text, to: &out)
      isFirst = false
    }
  }

  private func append(_ text: ArraySlice<UInt8>, to out: inout [UInt8]) {
    out.append(contentsOf: line)
    out.append(32)
    out.append(UInt8(ascii: ":"))
    Self.append(text, to: &out)
  }

  private static func append(_ end: some Collection<UInt8>, to out: inout [UInt8]) {
    out.append(contentsOf: end)
    out.append(13)
    out.append(10)
  }
}
