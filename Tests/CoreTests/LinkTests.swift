import Core
import Testing
import Wire

@Suite struct LinkTests {
  private var dialling = Link(dialling: "beta", from: "alpha", start: 7, now: 0, clock: 1_000)
  private var accepting = Link(acceptedBy: "beta", start: 8, now: 0)

  /// Hands over what one end has for the other.
  private func carry(_ from: inout Link, _ to: inout Link, now: Milliseconds) -> [Link.Happening] {
    let bytes = Array(from.unsent)
    _ = from.sent(bytes.count)
    return to.receive(bytes, now: now)
  }

  private mutating func open(now: Milliseconds = 0) {
    _ = carry(&dialling, &accepting, now: now)
    accepting.accept(now: now, clock: 2_000)
    _ = carry(&accepting, &dialling, now: now)
    #expect(dialling.isOpen && accepting.isOpen)
  }

  private func bytes(_ frames: Frame...) -> [UInt8] {
    var bytes: [UInt8] = []
    for frame in frames { FrameCoder.append(frame, to: &bytes) }
    return bytes
  }

  private let dropped = Frame.dropped(
    Dropped(by: "beta", to: "alpha", destination: "gamma", circuit: 1, hops: 2, reason: .noRoute))

  @Test mutating func bothSayHello() {
    let first = Hello(version: 1, from: "alpha", to: "beta", start: 7, clock: 1_000)
    #expect(carry(&dialling, &accepting, now: 5) == [.hello(first)])
    #expect(!accepting.isOpen && accepting.peer == "alpha" && !accepting.hasUnsent)
    accepting.accept(now: 6, clock: 2_000)
    let second = Hello(version: 1, from: "beta", to: "alpha", start: 8, clock: 2_000)
    #expect(carry(&accepting, &dialling, now: 7) == [.hello(second)])
    #expect(dialling.isOpen && accepting.isOpen)
    #expect(dialling.isDialled && !accepting.isDialled)
  }

  @Test mutating func carriesFramesHoweverTheyAreCut() {
    open()
    #expect(dialling.send(dropped) && dialling.send(dropped) && dialling.send(dropped))
    let bytes = Array(dialling.unsent)
    var frames: [Frame] = []
    for byte in bytes {
      for case .frames(let some) in accepting.receive([byte], now: 1) { frames += some }
    }
    #expect(frames == [dropped, dropped, dropped])
  }

  @Test mutating func tellsWhatWasSent() {
    open()
    #expect(dialling.tick(now: 0) == [])
    let ping = dialling.unsent.count
    #expect(ping > 0)
    #expect(dialling.send(dropped) && dialling.send(dropped))
    let size = (dialling.unsent.count - ping) / 2
    #expect(dialling.waiting == 2 * dropped.weight)
    #expect(dialling.sent(ping) == 0)
    #expect(dialling.sent(size - 1) == 0)
    #expect(dialling.sent(1) == dropped.weight)
    #expect(dialling.waiting == dropped.weight)
    #expect(dialling.sent(size) == dropped.weight)
    #expect(dialling.waiting == 0 && !dialling.hasUnsent)
    #expect(dialling.send(dropped) == true)
    #expect(dialling.sent(size) == dropped.weight)
  }

  @Test mutating func measuresTheRoundTrip() {
    open()
    #expect(dialling.roundTrip == -1)
    #expect(dialling.tick(now: 100) == [])
    #expect(carry(&dialling, &accepting, now: 120) == [])
    #expect(carry(&accepting, &dialling, now: 140) == [])
    #expect(dialling.roundTrip == 40)
    #expect(dialling.deadline == 5_100)
    // An answer to nothing that was asked.
    #expect(dialling.receive(bytes(.pong(1), .pong(99)), now: 200) == [])
    #expect(dialling.roundTrip == 40)
  }

  @Test mutating func silenceEndsIt() {
    open()
    for now in stride(from: 0, to: 15_000, by: 1_000) as StrideTo<Milliseconds> {
      #expect(dialling.tick(now: now) == [])
    }
    #expect(dialling.tick(now: 15_000) == [.closed("nothing heard for 15 seconds")])
    #expect(dialling.isClosed)
    #expect(dialling.tick(now: 16_000) == [] && dialling.receive([1], now: 16_000) == [])
  }

  @Test mutating func silenceOfWhoIsNotListenedToIsExcused() {
    open()
    #expect(dialling.tick(now: 14_000) == [])
    dialling.excuse(now: 14_999)
    #expect(dialling.tick(now: 29_998) == [])
    #expect(dialling.tick(now: 29_999) != [])
  }

  @Test mutating func aSignOfLifeKeepsIt() {
    open()
    var now: Milliseconds = 0
    while now < 60_000 {
      now = min(dialling.deadline, accepting.deadline)
      #expect(dialling.tick(now: now) == [] && accepting.tick(now: now) == [])
      #expect(carry(&dialling, &accepting, now: now) == [])
      #expect(carry(&accepting, &dialling, now: now) == [])
    }
  }

  @Test mutating func noHelloInTime() {
    #expect(accepting.tick(now: 9_999) == [])
    #expect(accepting.tick(now: 10_000) == [.closed("no hello within 10 seconds")])
    #expect(dialling.deadline == 10_000)
  }

  @Test mutating func goodbyeIsTheLastWord() {
    open()
    accepting.close(reason: "not a neighbour")
    accepting.close(reason: "twice")
    #expect(accepting.send(dropped) == false)
    #expect(carry(&accepting, &dialling, now: 1) == [.closed("beta says: not a neighbour")])
    #expect(dialling.isClosed && !dialling.hasUnsent)
  }

  @Test mutating func aRefusedDialHearsWhy() {
    _ = carry(&dialling, &accepting, now: 0)
    accepting.close(reason: "there is no realm alpha here")
    #expect(carry(&accepting, &dialling, now: 1) == [.closed("beta says: there is no realm alpha here")])
  }

  @Test(arguments: [
    (Hello(version: 2, from: "alpha", to: "beta", start: 1, clock: 0), "link protocol, alpha version 2"),
    (Hello(version: 1, from: "alpha", to: "gamma", start: 1, clock: 0), "this is beta, not gamma"),
  ])
  func aHelloThatDoesNotFit(_ hello: Hello, _ words: String) {
    var link = Link(acceptedBy: "beta", start: 1, now: 0)
    guard case .closed(let reason) = link.receive(bytes(.hello(hello)), now: 0).first else {
      Issue.record("accepted")
      return
    }
    #expect(reason.contains(words), "\(reason)")
    #expect(link.isClosed && link.hasUnsent)
  }

  @Test mutating func whoAnswersForAnotherIsRefused() {
    let hello = Hello(version: 1, from: "gamma", to: "alpha", start: 1, clock: 0)
    let happenings = dialling.receive(bytes(.hello(hello)), now: 0)
    #expect(happenings == [.closed("this should be beta, but says that it is gamma")])
  }

  @Test(arguments: [
    [0, 0, 0, 1, 99], [255, 255, 255, 255], [0, 0, 16, 0], [0, 0, 0, 0], Array("GET / HTTP/1.1\r\n\r\n".utf8),
  ])
  func whatIsNoHelloEndsIt(_ garbage: [UInt8]) {
    var link = Link(acceptedBy: "beta", start: 1, now: 0)
    guard case .closed(let reason) = link.receive(garbage, now: 0).first else {
      Issue.record("accepted")
      return
    }
    #expect(reason.hasPrefix("the link brought "))
    #expect(link.isClosed && link.hasUnsent)
  }

  @Test mutating func aFrameBeforeHelloEndsIt() {
    #expect(accepting.receive(bytes(.ping(1)), now: 0) == [.closed("the first frame is no hello")])
  }

  @Test mutating func whatCameBeforeGarbageCounts() {
    open()
    let happenings = dialling.receive(bytes(dropped) + [0, 255, 255, 255], now: 0)
    #expect(happenings.count == 2 && happenings.first == .frames([dropped]))
    let hello = Frame.hello(Hello(version: 1, from: "alpha", to: "beta", start: 1, clock: 0))
    #expect(accepting.receive(bytes(dropped, hello), now: 0) == [.frames([dropped]), .closed("a second hello")])
  }

  @Test mutating func largeFramesComeAfterHelloOnly() {
    let large = Frame.circuit(
      CircuitFrame(
        kind: .sealed, from: "alpha", to: "beta", hops: 1, circuit: 1, count: 1,
        payload: [UInt8](repeating: 1, count: 100_000)))
    var early = accepting
    #expect(early.receive(bytes(large), now: 0).count == 1 && early.isClosed)
    open()
    #expect(dialling.send(large) == true)
    #expect(carry(&dialling, &accepting, now: 0) == [.frames([large])])
  }

  @Test mutating func aQueueThatNobodyReadsIsRefused() {
    open()
    let large = Frame.circuit(
      CircuitFrame(
        kind: .sealed, from: "alpha", to: "beta", hops: 1, circuit: 1, count: 1,
        payload: [UInt8](repeating: 1, count: 1 << 20 - 100)))
    for _ in 0..<16 { #expect(dialling.send(large) == true) }
    #expect(dialling.send(large) == false)
    // Nor does it answer for ever.
    let before = dialling.unsent.count
    _ = dialling.receive(bytes(.ping(1)), now: 0)
    #expect(dialling.unsent.count == before)
  }
}

@Suite struct LinkAtRandomTests {
  /// Numbers that look like chance and are the same in every run.
  private struct Chance {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
  }

  @Test("However bytes are cut and time passes, frames come once, in order, and all weight is accounted for")
  func soundEnds() {
    for seed in 0..<50 as Range<UInt64> {
      var chance = Chance(state: seed)
      var now: Milliseconds = 0
      var ends = [
        Link(dialling: "beta", from: "alpha", start: 1, now: 0, clock: 0),
        Link(acceptedBy: "beta", start: 2, now: 0),
      ]
      var sent: [[Frame]] = [[], []]
      var heard: [[Frame]] = [[], []]
      var weight = [0, 0]
      for step in 0..<2_000 {
        now += Milliseconds(chance.next(50))
        let side = chance.next(2)
        switch chance.next(4) {
        case 0 where ends[side].isOpen:
          let frame = frame(UInt64(step), bytes: chance.next(300))
          if ends[side].send(frame) { sent[side].append(frame) }
        case 1: #expect(ends[side].tick(now: now) == [])
        default:
          let bytes = Array(ends[side].unsent.prefix(chance.next(200)))
          weight[side] += ends[side].sent(bytes.count)
          for happening in ends[1 - side].receive(bytes, now: now) {
            switch happening {
            case .hello: if side == 0 { ends[1].accept(now: now, clock: 0) }
            case .frames(let frames): heard[1 - side] += frames
            case .closed(let reason): Issue.record("seed \(seed): \(reason)")
            }
          }
        }
      }
      for side in 0..<2 {
        #expect(Array(sent[side].prefix(heard[1 - side].count)) == heard[1 - side])
        let out = sent[side].reduce(0) { $0 + $1.weight }
        #expect(weight[side] + ends[side].waiting == out)
      }
    }
  }

  @Test("Whatever bytes come, a link ends at most once, and holds no more than a frame")
  func garbage() {
    for seed in 0..<500 as Range<UInt64> {
      var chance = Chance(state: seed)
      var link = Link(acceptedBy: "beta", start: 2, now: 0)
      var bytes: [UInt8] = []
      if seed % 2 == 0 {
        FrameCoder.append(.hello(Hello(version: 1, from: "alpha", to: "beta", start: 1, clock: 0)), to: &bytes)
      }
      for _ in 0..<chance.next(300) { bytes.append(UInt8(chance.next(4) == 0 ? chance.next(256) : 0)) }
      var closed = 0
      for byte in bytes {
        for happening in link.receive([byte], now: 1) {
          if case .hello = happening { link.accept(now: 1, clock: 0) }
          if case .closed = happening { closed += 1 }
        }
      }
      #expect(closed == (link.isClosed ? 1 : 0))
    }
  }

  private func frame(_ count: UInt64, bytes: Int) -> Frame {
    .circuit(
      CircuitFrame(
        kind: .sealed, from: "alpha", to: "beta", hops: 1, circuit: 1, count: count,
        payload: [UInt8](repeating: 7, count: bytes)))
  }
}

@Suite struct RedialTests {
  @Test func waitsLongerAndLonger() {
    var redial = Redial(now: 5)
    #expect(redial.due == 5)
    var now = redial.due
    var random: UInt64 = 1
    for longest in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] as [Milliseconds] {
      random = random &* 6_364_136_223_846_793_005 &+ 1
      redial.failed(now: now, chance: random)
      #expect((longest / 2...longest).contains(redial.due - now))
      now = redial.due
    }
    redial.reset(now: now - 10)
    #expect(redial.due == now - 10)
    redial.failed(now: now, chance: .max)
    #expect((500...1_000).contains(redial.due - now))
  }
}
