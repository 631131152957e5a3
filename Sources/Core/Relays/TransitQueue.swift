import Wire

/// Frames that are passed on and wait for room on a link: a queue for each realm they come from, served in turn, so
/// that the flood of one does not delay the others.
struct TransitQueue {
  /// A class, so that appending changes it in its place.
  private final class Origin {
    var frames = Queue<Frame>()
    var weight = 0
  }

  private var origins = Table<String, Origin>()
  private var next = 0
  private(set) var weight = 0
  private let limit: Int
  private let limitPerOrigin: Int

  init(_ limits: Limits) {
    limit = limits.transitBytes
    limitPerOrigin = limits.transitBytesPerOrigin
  }

  /// What the frames of the origin weigh that has the most.
  var largestShare: Int { origins.values.map(\.weight).max() ?? 0 }

  var isEmpty: Bool { origins.isEmpty }

  /// False where there is no room for it.
  mutating func append(_ frame: Frame, from name: String) -> Bool {
    let added = frame.weight
    let origin = origins[name] ?? Origin()
    guard weight + added <= limit, origin.weight + added <= limitPerOrigin else {
      return false
    }
    if origin.frames.isEmpty { origins[name] = origin }
    origin.frames.append(frame)
    origin.weight += added
    weight += added
    return true
  }

  /// The next frame, each origin in turn.
  mutating func popFirst() -> Frame? {
    guard !origins.isEmpty else { return nil }
    if next >= origins.count { next = 0 }
    let origin = origins.values[next]
    guard let frame = origin.frames.popFirst() else { return nil }
    origin.weight -= frame.weight
    weight -= frame.weight
    if origin.frames.isEmpty {
      origins[origins.keys[next]] = nil  // the last one takes its place, and is served next
    } else {
      next += 1
    }
    return frame
  }
}
