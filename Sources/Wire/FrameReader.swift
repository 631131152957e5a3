/// How a link is broken, in words for the operators of both realms.
package struct FrameError: Error, Equatable, Sendable {
  package var message: String
  package init(_ message: String) { self.message = message }
}

/// Takes the bytes of a link apart into frames, however they were cut on their way. Holds no more than it was fed.
package struct FrameReader: Sendable {
  /// Bytes of the largest frame, without its length; may change between frames.
  package var limit: Int
  private var buffer: [UInt8] = []
  /// Where the next frame begins.
  private var at = 0
  private var failure: FrameError?

  package init(limit: Int) { self.limit = limit }

  /// Bytes that are not read yet.
  package var count: Int { buffer.count - at }

  /// Takes what came next.
  package mutating func feed(_ bytes: some Collection<UInt8>) {
    if at == buffer.count {
      buffer.removeAll(keepingCapacity: true)
      at = 0
    } else if at > buffer.count / 2 {
      // Moved only when less is kept than was read, so that no byte is moved often.
      buffer.removeFirst(at)
      at = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next frame; nil: more is to come. After an error there is nothing but that error.
  package mutating func next() throws(FrameError) -> Frame? {
    if let failure { throw failure }
    do throws(FrameError) {
      return try read()
    } catch {
      failure = error
      buffer = []
      at = 0
      throw error
    }
  }

  private mutating func read() throws(FrameError) -> Frame? {
    guard count >= 4 else { return nil }
    let length = buffer[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= limit else { throw FrameError("a frame of \(length) bytes, where \(limit) are allowed") }
    guard count >= 4 + length else { return nil }
    let start = at + 4
    at = start + length
    return try FrameCoder.frame(buffer, in: start..<at)
  }
}
