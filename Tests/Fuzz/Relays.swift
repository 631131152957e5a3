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
