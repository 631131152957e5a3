import Core
import Wire

/// What a neighbour sends over a link; the first byte says how it is cut on its way.
func fuzzFrames(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let stream = Array(bytes.dropFirst())
  let whole = frames(of: stream, cutEvery: max(1, stream.count))
  let pieces = frames(of: stream, cutEvery: Int(first & 31) + 1)
  precondition(whole.frames == pieces.frames && whole.error == pieces.error, "it matters how the bytes are cut")
  // What was read can be written, and is read as the same.
  var written: [UInt8] = []
  for frame in whole.frames { FrameCoder.append(frame, to: &written) }
  let again = frames(of: written, cutEvery: max(1, written.count))
  precondition(again.frames == whole.frames && again.error == nil, "what was written cannot be read")
}

private func frames(of stream: [UInt8], cutEvery count: Int) -> (frames: [Frame], error: String?) {
  var reader = FrameReader(limit: Limits.frameBytes)
  var frames: [Frame] = []
  for start in stride(from: 0, to: stream.count, by: count) {
    reader.feed(stream[start..<min(stream.count, start + count)])
    do throws(FrameError) {
      while let frame = try reader.next() { frames.append(frame) }
    } catch {
      return (frames, error.message)
    }
  }
  return (frames, nil)
}

/// What another realm says within a circuit, as it comes out of its seal; and the same as a row of an outbox.
func fuzzItems(_ bytes: [UInt8]) {
  if let items = try? ItemCoder.items(bytes) {
    var written: [UInt8] = []
    for item in items { ItemCoder.append(item, to: &written) }
    precondition((try? ItemCoder.items(written)) == items, "what was written cannot be read")
    for case .envelopes(_, let row) in items { checkEnvelopes(row) }
  }
  checkEnvelopes(bytes)
}

private func checkEnvelopes(_ bytes: [UInt8]) {
  guard let envelopes = try? ItemCoder.envelopes(bytes) else { return }
  var written: [UInt8] = []
  for envelope in envelopes { ItemCoder.append(envelope, to: &written) }
  precondition(written == bytes, "an envelope was changed on its way")
}

/// A neighbour that says what it likes over its link. With `NoCryptography` whatever it says is signed and sealed well,
/// so that everything behind the seals can be reached.
func fuzzPeer(_ bytes: [UInt8]) {
  var conversation = Conversation()
  conversation.say(
    """
    CAP REQ :draft/account-registration batch message-tags server-time standard-replies
    NICK alice
    USER alice 0 * :Alice
    REGISTER alice * secret-secret
    CAP END
    JOIN #plans
    """)
  conversation.link()
  var reader = FrameReader(limit: Limits.frameBytes)
  reader.feed(bytes)
  while let frame = try? reader.next() { conversation.hear([frame]) }
  conversation.wait(seconds: 3)
  conversation.say(
    """
    PRIVMSG bob/beta :hello
    PRIVMSG #plans :hello
    JOIN #plans/beta
    PRIVMSG #plans/beta :hello
    WHOIS bob/beta
    PART #plans/beta
    """)
  conversation.wait(seconds: 15)
}

/// Every signature and every seal is right: it is the rules that are looked at.
struct NoCryptography: Cryptography {
  let identity = [UInt8](repeating: 4, count: 32)
  var pushKey: [UInt8] { [] }
  func sign(_ message: [UInt8]) -> [UInt8] { [UInt8](repeating: 0, count: 64) }
  func verify(_ signature: [UInt8], of message: [UInt8], by identity: [UInt8]) -> Bool { true }
  func expand(_ secret: [UInt8], _ label: [UInt8], count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0) ^ (label.last ?? 0) }
  }
  func publicKey(of secret: [UInt8]) -> [UInt8] { secret }
  func agree(_ secret: [UInt8], with publicKey: [UInt8]) -> [UInt8]? { secret }
  func seal(_ plain: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8] {
    plain + [UInt8](repeating: 0, count: 16)
  }
  func open(_ sealed: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8]? {
    sealed.count < 16 ? nil : Array(sealed.dropLast(16))
  }
}
