import Wire

/// Frames that are passed on and wait for room on a link: a queue for each realm they come from, served in turn, so that
/// the flood of one does not delay the others.
struct TransitQueue {
  private var origins = Table<String, (frames: Queue<Frame>, bytes: Int)>()
  private var next = 0
  private(set) var bytes = 0

  var isEmpty: Bool { origins.isEmpty }

  /// False where there is no room for it.
  mutating func append(_ frame: Frame, origin: String) -> Bool {
    let size = frame.weight
    var entry = origins[origin] ?? (Queue(), 0)
    guard bytes + size <= Limits.transitBytes, entry.bytes + size <= Limits.transitBytesPerOrigin else { return false }
    entry.frames.append(frame)
    entry.bytes += size
    origins[origin] = entry
    bytes += size
    return true
  }

  /// The next frame, each origin in turn.
  mutating func popFirst() -> Frame? {
    guard !origins.isEmpty else { return nil }
    if next >= origins.count { next = 0 }
    let origin = origins.keys[next]
    guard var entry = origins[origin], let frame = entry.frames.popFirst() else { return nil }
    let size = frame.weight
    entry.bytes -= size
    bytes -= size
    if entry.frames.isEmpty {
      origins[origin] = nil  // the last one takes its place, and is served next
    } else {
      origins[origin] = entry
      next += 1
    }
    return frame
  }
}
