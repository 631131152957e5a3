package import Wire

/// One end of a link, as a pure machine: bytes and time go in; frames, bytes to be sent and verdicts come out. The
/// relay threads drive it, and the simulator does.
///
/// Who dials says hello first. Who is dialled hears it and decides: `accept`, which answers it, or `close`. Then frames
/// go both ways, until one side says goodbye, breaks the rules, or is silent for too long.
package struct Link: Sendable {
  /// What came of bytes or of time.
  package enum Happening: Equatable, Sendable {
    /// The other side's hello. A dialled link is open now; an accepted one waits for `accept` or `close`.
    case hello(Hello)
    /// Frames other than those of the link itself.
    case frames([Frame])
    /// The link is over, in words: send what `unsent` has left, then close the connection.
    case closed(String)
  }

  private enum State: Equatable {
    /// Dialled: our hello is out. Accepted: nothing has come yet.
    case waiting
    /// Accepted: theirs has come, and ours waits for a decision.
    case asked(Hello)
    case open
    case closed
  }

  /// Version of the link protocol (docs/link-protocol.md).
  package static let version: UInt16 = 1

  /// The realm at this end.
  package let realm: String
  /// The realm at the other end; nil before an accepted link has heard its hello.
  package private(set) var peer: String?
  package let isDialled: Bool
  /// Milliseconds between our last ping and its answer; -1 before that.
  package private(set) var roundTrip: Milliseconds = -1
  /// When `tick` is due.
  package private(set) var deadline: Milliseconds

  private let start: UInt64
  private var state = State.waiting
  private var reader: FrameReader
  private var output: [UInt8] = []
  /// Bytes of `output` that are sent.
  private var outputStart = 0
  /// Where in all that was ever sent `output` begins.
  private var outputBase = 0
  /// Where frames of the realm end in all that is ever sent, with what they weigh.
  private var ends: [(end: Int, weight: Int)] = []
  private var firstEnd = 0
  private var weightWaiting = 0
  private var heardAt: Milliseconds
  private var pingAt: Milliseconds = .max
  private var ping: (number: UInt64, sent: Milliseconds) = (0, 0)
  private var isAnswered = true

  /// This side dials.
  ///
  /// - Parameters:
  ///   - start: the number that this process drew at its start.
  ///   - now: by a clock that never jumps, like every `now` here.
  ///   - clock: by the wall clock.
  package init(
    dialling peer: String, from realm: String, start: UInt64, now: Milliseconds, clock: Milliseconds
  ) {
    self.init(realm, peer, start, now)
    sayHello(to: peer, clock: clock)
  }

  /// This side was dialled.
  package init(acceptedBy realm: String, start: UInt64, now: Milliseconds) {
    self.init(realm, nil, start, now)
  }

  private init(_ realm: String, _ peer: String?, _ start: UInt64, _ now: Milliseconds) {
    self.realm = realm
    self.peer = peer
    self.start = start
    isDialled = peer != nil
    reader = FrameReader(limit: Limits.helloBytes)
    heardAt = now
    deadline = now + Limits.linkHelloMilliseconds
  }

  /// Whether frames go both ways.
  package var isOpen: Bool { state == .open }
  package var isClosed: Bool { state == .closed }

  // What is to be sent.

  /// Bytes for the other side that are not sent yet. Let go of it before anything else is done with the link.
  package var unsent: ArraySlice<UInt8> { output[outputStart...] }
  package var hasUnsent: Bool { outputStart < output.count }
  /// What the realm's frames weigh that are not sent yet.
  package var waiting: Int { weightWaiting }

  /// So many bytes of `unsent` were sent. Returns what those frames of the realm weigh that are out now.
  package mutating func sent(_ count: Int) -> Int {
    outputStart += count
    let end = outputBase + outputStart
    var weight = 0
    while firstEnd < ends.count, ends[firstEnd].end <= end {
      weight += ends[firstEnd].weight
      firstEnd += 1
    }
    weightWaiting -= weight
    if firstEnd == ends.count {
      ends.removeAll(keepingCapacity: true)
      firstEnd = 0
    }
    trim()
    return weight
  }

  /// Gives memory back, moving bytes only when fewer are kept than were sent.
  private mutating func trim() {
    guard outputStart > output.count / 2 else { return }
    output.removeFirst(outputStart)
    outputBase += outputStart
    outputStart = 0
    if firstEnd > ends.count / 2 {
      ends.removeFirst(firstEnd)
      firstEnd = 0
    }
  }

  /// Sends a frame of the realm. False: the link is not open, or the other side takes too little of what it is sent,
  /// and the link is over.
  package mutating func send(_ frame: Frame) -> Bool {
    guard state == .open, weightWaiting + frame.weight <= Limits.linkQueueBytes else { return false }
    FrameCoder.append(frame, to: &output)
    ends.append((outputBase + output.count, frame.weight))
    weightWaiting += frame.weight
    return true
  }

  /// Ends the link, with a reason for the people at the other end.
  package mutating func close(reason: String) {
    guard state != .closed else { return }
    FrameCoder.append(.goodbye(reason), to: &output)
    state = .closed
    deadline = .max
  }

  /// Answers the hello of an accepted link: it is open now.
  package mutating func accept(now: Milliseconds, clock: Milliseconds) {
    guard case .asked(let hello) = state else { return }
    sayHello(to: hello.from, clock: clock)
    open(now)
  }

  private mutating func sayHello(to peer: String, clock: Milliseconds) {
    let hello = Hello(version: Self.version, from: realm, to: peer, start: start, clock: clock)
    FrameCoder.append(.hello(hello), to: &output)
  }

  private mutating func open(_ now: Milliseconds) {
    state = .open
    reader.limit = Limits.frameBytes
    heardAt = now
    pingAt = now
    tickDue()
  }

  // What comes.

  /// Takes what the other side sent.
  package mutating func receive(_ bytes: some Collection<UInt8>, now: Milliseconds) -> [Happening] {
    guard state != .closed else { return [] }
    heardAt = now
    if state == .open { tickDue() }
    reader.feed(bytes)
    return read(now)
  }

  /// What had come before `accept`, if anything.
  private mutating func read(_ now: Milliseconds) -> [Happening] {
    var happenings: [Happening] = []
    var frames: [Frame] = []
    while state == .waiting || state == .open {
      let frame: Frame?
      do throws(FrameError) {
        frame = try reader.next()
      } catch {
        happenings += broken(error.message, &frames)
        break
      }
      guard let frame else { break }
      switch take(frame, now) {
      case .pass: frames.append(frame)
      case .own: break
      case .happened(let happening):
        if !frames.isEmpty { happenings.append(.frames(frames)) }
        frames.removeAll()
        happenings.append(happening)
      }
    }
    if !frames.isEmpty { happenings.append(.frames(frames)) }
    return happenings
  }

  private enum Taken {
    case pass, own
    case happened(Happening)
  }

  private mutating func take(_ frame: Frame, _ now: Milliseconds) -> Taken {
    if case .goodbye(let reason) = frame {
      state = .closed
      deadline = .max
      return .happened(.closed("\(peer ?? "the other side") says: \(reason)"))
    }
    guard state == .open else {
      guard case .hello(let hello) = frame else { return .happened(end("the first frame is no hello")) }
      return .happened(greeted(hello, now))
    }
    switch frame {
    case .hello: return .happened(end("a second hello"))
    case .ping(let number):
      // Who takes no answers gets none.
      if output.count - outputStart < Limits.frameBytes { FrameCoder.append(.pong(number), to: &output) }
      return .own
    case .pong(let number):
      if number == ping.number, !isAnswered {
        isAnswered = true
        roundTrip = now - ping.sent
      }
      return .own
    case .announcement, .circuit, .dropped, .goodbye: return .pass
    }
  }

  private mutating func greeted(_ hello: Hello, _ now: Milliseconds) -> Happening {
    guard hello.version == Self.version else {
      return end(
        "\(realm) speaks version \(Self.version) of the link protocol, \(hello.from) version \(hello.version): "
          + "upgrade \(hello.version < Self.version ? hello.from : realm)")
    }
    guard hello.to == realm else { return end("this is \(realm), not \(hello.to)") }
    if let peer, hello.from != peer { return end("this should be \(peer), but says that it is \(hello.from)") }
    peer = hello.from
    if isDialled { open(now) } else { state = .asked(hello) }
    return .hello(hello)
  }

  private mutating func broken(_ what: String, _ frames: inout [Frame]) -> [Happening] {
    var happenings: [Happening] = frames.isEmpty ? [] : [.frames(frames)]
    frames.removeAll()
    happenings.append(end("the link brought \(what)"))
    return happenings
  }

  private mutating func end(_ reason: String) -> Happening {
    close(reason: reason)
    return .closed(reason)
  }

  // Time.

  /// Does what is due: asks for a sign of life, or gives the other side up.
  package mutating func tick(now: Milliseconds) -> [Happening] {
    guard state != .closed else { return [] }
    guard state == .open else {
      guard now >= deadline else { return [] }
      return [end("no hello within \(Limits.linkHelloMilliseconds / 1_000) seconds")]
    }
    if now >= heardAt + Limits.linkSilenceMilliseconds {
      return [end("nothing heard for \(Limits.linkSilenceMilliseconds / 1_000) seconds")]
    }
    if now >= pingAt {
      pingAt = now + Limits.linkPingMilliseconds
      if isAnswered {
        ping = (ping.number + 1, now)
        isAnswered = false
      }
      FrameCoder.append(.ping(ping.number), to: &output)
    }
    tickDue()
    return []
  }

  /// Nothing was read on purpose: the other side's silence is none.
  package mutating func excuse(now: Milliseconds) {
    heardAt = now
    if state == .open { tickDue() }
  }

  private mutating func tickDue() { deadline = min(pingAt, heardAt + Limits.linkSilenceMilliseconds) }
}

extension Frame {
  /// What a frame counts as in queues and in `LinkEvent.sent`: about its bytes.
  package var weight: Int {
    switch self {
    case .circuit(let frame): frame.payload.count + 100
    case .announcement(let announcement): announcement.links.count * 16 + 200
    case .hello, .ping, .pong, .dropped, .goodbye: 100
    }
  }
}

/// When a neighbour is dialled again: the longer it has not answered the more rarely, at times that are not the same
/// for all.
package struct Redial: Sendable {
  /// When the next attempt is due.
  package private(set) var due: Milliseconds
  /// The longest time to the next attempt but one; the shortest is half of it.
  private var wait = Self.first
  private static let first = 2 * Limits.redialMilliseconds.lowerBound

  /// The first attempt is due at once.
  package init(now: Milliseconds) { due = now }

  /// An attempt came to nothing, or a link broke.
  package mutating func failed(now: Milliseconds, chance: UInt64) {
    due = now + wait / 2 + Milliseconds(chance % UInt64(wait / 2 + 1))
    wait = min(2 * wait, Limits.redialMilliseconds.upperBound)
  }

  /// Something was heard of the realm: the next attempt is due at once, and those after it soon.
  package mutating func reset(now: Milliseconds) {
    wait = Self.first
    due = min(due, now)
  }

  /// The link was good for a while: when it breaks, the first attempts come soon.
  package mutating func succeeded() { wait = Self.first }
}
