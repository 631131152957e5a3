import Core
import Glibc

@testable import Store

/// A folder of its own for a test, removed with what is in it at the end.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array(("/tmp/moot-store-" + String(repeating: "X", count: 6)).utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no folder for a test: \(String(cString: strerror(errno)))") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { removeTree(path) }

  /// The folder that the store makes for itself.
  var data: String { path + "/data" }
}

private func removeTree(_ path: String) {
  chmod(path, 0o700)
  for name in names(in: path) {
    let inner = path + "/" + name
    if unlink(inner) != 0 { removeTree(inner) }
  }
  rmdir(path)
}

func names(in folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let item = readdir(stream) {
    let name = withUnsafeBytes(of: &item.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

func readBytes(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: Int(Folder.size(path)))
  let count = fread(&bytes, 1, bytes.count, file)
  return Array(bytes.prefix(count))
}

func writeBytes(_ bytes: [UInt8], to path: String) {
  guard let file = fopen(path, "w") else { fatalError("\(path): \(String(cString: strerror(errno)))") }
  fwrite(bytes, 1, bytes.count, file)
  fclose(file)
}

func mode(of path: String) -> UInt32 { (Folder.status(path)?.mode ?? 0) & 0o777 }

/// Random numbers that are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

// Records, with what matters to a test spelled out and the rest made up.

func person(_ id: Int64) -> PersonID { PersonID(rawValue: id) }
func group(_ id: Int64) -> GroupID { GroupID(rawValue: id) }
func device(_ id: Int64) -> DeviceID { DeviceID(rawValue: id) }

func invitation(
  _ goal: Invitation.Goal, by inviter: String = "carol", time: Int64 = 5, isTold: Bool = false, waits: Bool = false
) -> Invitation {
  Invitation(goal: goal, inviter: inviter, time: time, isTold: isTold, waits: waits)
}

func account(_ id: Int64, _ name: String) -> AccountRecord {
  AccountRecord(id: person(id), name: name, flags: [], created: 1_000 + id)
}

func verifier(_ seed: UInt8) -> Verifier {
  Verifier(salt: [seed, 1], iterations: 4_096, storedKey: [seed, 2, 0], serverKey: [seed, 3, 255])
}

func message(
  _ position: Position, from sender: Int64, to target: Target, number: Int64 = 0, kind: EntryKind = .message,
  time: Milliseconds? = nil, body: String = "hello"
) -> Entry {
  Entry(
    position: position, target: target, number: number, kind: kind, time: time ?? position * 10,
    sender: person(sender), id: MessageID(epoch: .max - 7, counter: UInt64(position)), body: Array(body.utf8))
}

/// Envelopes of one turn to a realm; what they say does not matter to the store.
func row(
  _ realm: String, epoch: UInt64, _ numbers: ClosedRange<UInt64>, time: Milliseconds = 1, waited: Bool = false,
  bytes: Int = 10
) -> OutboxRow {
  OutboxRow(
    realm: realm, epoch: epoch, first: numbers.lowerBound, last: numbers.upperBound, time: time, waited: waited,
    bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: numbers.lowerBound), count: bytes))
}

/// All that a store holds, as its readers see it.
struct Picture: Equatable {
  var accounts: [AccountRecord]
  var groups: [GroupRecord]
  var last: [Int64]
  var groupStates: [Answer]
  var accountStates: [Answer]
  var devices: [Answer]
  var verifiers: [Verifier?]
  var log: Answer
  var realms: [RealmRecord]
  var outboxes: [OutboxState]
  var outboxRows: [Answer]
  var applied: [AppliedPosition]

  init(_ store: Store) throws {
    let reader = try StoreReader(folder: store.folder)
    let snapshot = try store.load()
    accounts = snapshot.accounts
    groups = snapshot.groups
    last = [
      snapshot.lastPerson, snapshot.lastGroup, snapshot.lastDevice, snapshot.lastPosition, snapshot.lastTime,
    ]
    groupStates = groups.map { reader.answer(.loadGroup($0.id)) }
    accountStates = accounts.map { reader.answer(.loadAccount($0.id)) }
    devices = accounts.map { reader.answer(.devices($0.id)) }
    verifiers = try accounts.map { try reader.verifier(of: $0.id) }
    let view = try LogView(log: store.database, index: nil)
    let positions = try store.database.rows("SELECT position FROM entry") { $0.int(0) }
    log = .history(try view.entries(at: positions))
    realms = snapshot.realms
    outboxes = snapshot.outboxes
    outboxRows = realms.map { reader.answer(.outbox(realm: $0.name, after: nil, bytes: .max)) }
    applied = snapshot.applied
  }
}
