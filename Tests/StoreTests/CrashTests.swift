import Core
import Testing

@testable import Store

@Suite("Crashes")
struct CrashTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }

  /// Crashes at one step, counted from when it is armed.
  final class Fault {
    var count: Int?
    var reached: [Step] = []

    func asked(_ step: Step) -> Bool {
      reached.append(step)
      guard let left = count else { return false }
      count = left - 1
      return left == 0
    }

    var options: StoreOptions { StoreOptions(durability: .simulation, fault: asked) }
  }

  private let earlier: [Write] = [
    .account(account(8, "early"), verifier(8)), .entry(message(1, from: 8, to: .person(person(8)))),
  ]

  /// The turn under test: every kind of write, after the earlier turn.
  private let turn: [Write] = everyWrite.map { write in
    guard case .entry(var entry) = write else { return write }
    entry.position += 1
    return .entry(entry)
  }

  @Test("A turn that a crash interrupts at any step is there as a whole or not at all")
  func everyStep() throws {
    let fault = Fault()
    var store = try Store(folder: folder, options: fault.options)
    try store.apply(earlier)
    let before = try Picture(store)
    fault.reached = []
    try store.apply(turn)
    let after = try Picture(store)
    let steps = fault.reached
    store.close()
    #expect(steps.first == .begin && steps[steps.count - 2] == .commit && steps.last == .committed)
    #expect(steps.count > turn.count)

    for (index, step) in steps.enumerated() {
      try Folder.remove(database: Folder.database(folder))
      store = try Store(folder: folder, options: fault.options)
      try store.apply(earlier)
      fault.count = index
      #expect(throws: StoreError.crashed) { try store.apply(turn) }
      #expect(throws: StoreError.crashed) { try store.apply([]) }
      fault.count = nil
      store = try Store(folder: folder, options: fault.options)
      #expect(try Picture(store) == (step == .committed ? after : before), "step \(index)")
      if step != .committed { try store.apply(turn) }
      #expect(try Picture(store) == after)
      store.close()
    }
  }

  @Test("A crash while the store is made does not hinder the next start")
  func opening() throws {
    let fault = Fault()
    try Store(folder: folder, options: fault.options).close()
    let steps = fault.reached.count
    #expect(steps >= 5)
    for index in 0..<steps {
      try Folder.remove(database: Folder.database(folder))
      fault.count = index
      #expect(throws: StoreError.crashed) { try Store(folder: folder, options: fault.options) }
      fault.count = nil
      let store = try Store(folder: folder, options: fault.options)
      try store.apply(turn)
      store.close()
    }
  }

  @Test("What a kill left in the write-ahead log is there at the next start")
  func killed() throws {
    let fault = Fault()
    let store = try Store(folder: folder, options: fault.options)
    for position in 1...50 { try store.apply([.entry(message(Int64(position), from: 1, to: .person(person(2))))]) }
    fault.count = 0
    #expect(throws: StoreError.crashed) { try store.apply([]) }
    #expect(Folder.size(Folder.database(folder) + "-wal") > 100_000)
    #expect(try Store(folder: folder).load().lastPosition == 50)
  }

  /// Copies the files of a store that is open, as a kill leaves them, with the write-ahead log changed.
  private func copy(_ store: Store, wal change: ([UInt8]) -> [UInt8]) throws -> String {
    let copy = temporary.path + "/copy"
    try Folder.make(copy)
    let path = Folder.database(store.folder)
    try Folder.remove(database: Folder.database(copy))
    writeBytes(readBytes(path), to: Folder.database(copy))
    writeBytes(change(readBytes(path + "-wal")), to: Folder.database(copy) + "-wal")
    return copy
  }

  @Test("A write that was torn off loses itself and nothing before it")
  func tornWrite() throws {
    let store = try Store(folder: folder)
    for position in 1...20 { try store.apply([.entry(message(Int64(position), from: 1, to: .person(person(2))))]) }
    // The last commit did not reach the disk whole.
    for missing in [1, 100, 4_095, 4_120] {
      let copy = try copy(store) { $0.dropLast(missing) }
      #expect(try Store(folder: copy).load().lastPosition == 19, "\(missing) bytes")
    }
    // It reached the disk as something else.
    for place in [1, 30, 2_000, 4_100] {
      let copy = try copy(store) { bytes in
        var bytes = bytes
        bytes[bytes.count - place] ^= 0x55
        return bytes
      }
      #expect(try Store(folder: copy).load().lastPosition == 19, "byte \(place) from the end")
    }
    // Something was being written after it.
    for length in [10, 24, 3_000, 4_120, 9_000] {
      let copy = try copy(store) { $0 + Array(repeating: 0xAA, count: length) }
      #expect(try Store(folder: copy).load().lastPosition == 20, "\(length) bytes more")
    }
  }

  @Test("The write-ahead log stays in bounds without upkeep, and shrinks with it")
  func boundedWAL() throws {
    var options = StoreOptions.simulation
    options.walLimit = 200_000
    let store = try Store(folder: folder, options: options)
    var largest: Int64 = 0
    for position in 1...400 {
      try store.apply([.entry(message(Int64(position), from: 1, to: .person(person(2))))])
      largest = max(largest, store.walBytes)
    }
    #expect(largest > 190_000 && largest < 220_000)
    #expect(store.checkpointFailure == nil)

    let upkeep = try Upkeep(folder: folder, durability: .simulation)
    #expect(try upkeep.checkpoint())
    try store.apply([.entry(message(401, from: 1, to: .person(person(2))))])
    #expect(store.walBytes < 20_000, "it starts over once all of it is carried over")
    #expect(try store.load().lastPosition == 401)
  }
}
