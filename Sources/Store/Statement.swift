import CSQLite

/// A value to bind where speed does not matter.
enum Value {
  case int(Int64)
  case text(String)
  case bytes([UInt8])
  case null
}

/// A prepared statement. Made once by `Database.statement` and used again and again; a value bound stays bound until it
/// is bound anew.
final class Statement {
  private var handle: OpaquePointer?
  private let path: String
  /// The first binding that failed; reported by the next step.
  private var bindFailure = SQLITE_OK
  /// A bit for each parameter that is NULL, as all are at first. Much of a row of the log is NULL again and again.
  private var nulls = UInt64.max

  init(handle: OpaquePointer, path: String) {
    self.handle = handle
    self.path = path
  }

  deinit { finalize() }

  /// Gives the statement back; using it afterwards throws.
  func finalize() {
    sqlite3_finalize(handle)
    handle = nil
  }

  // Binding. Indexes start at 1.

  @inline(__always)
  func bind(_ value: Int64, at index: Int32) { note(sqlite3_bind_int64(handle, index, value), at: index) }

  @inline(__always)
  func bindNull(at index: Int32) {
    guard nulls & Self.bit(index) == 0 else { return }
    note(sqlite3_bind_null(handle, index), at: index)
    nulls |= Self.bit(index)
  }

  /// Binds a copy of the bytes.
  func bind(_ bytes: [UInt8], at index: Int32) {
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return note(sqlite3_bind_zeroblob(handle, index, 0), at: index) }
      note(sqlite3_bind_blob64(handle, index, base, UInt64(bytes.count), moot_sqlite_transient()), at: index)
    }
  }

  /// Binds bytes without copying them; they must stay where they are until the statement has run.
  @inline(__always)
  func bindInPlace(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int32) {
    note(sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), moot_sqlite_static()), at: index)
  }

  func bind(_ text: String, at index: Int32) {
    var text = text
    text.withUTF8 { bytes in
      let base = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
      note(
        sqlite3_bind_text64(
          handle, index, base, UInt64(bytes.count), moot_sqlite_transient(), UInt8(SQLITE_UTF8)), at: index)
    }
  }

  func bind(_ values: [Value]) {
    for (offset, value) in values.enumerated() {
      let index = Int32(offset + 1)
      switch value {
      case .int(let value): bind(value, at: index)
      case .text(let text): bind(text, at: index)
      case .bytes(let bytes): bind(bytes, at: index)
      case .null: bindNull(at: index)
      }
    }
  }

  @inline(__always)
  private static func bit(_ index: Int32) -> UInt64 {
    assert(index < 64)
    return 1 &<< UInt64(truncatingIfNeeded: index)
  }

  /// Keeps in mind what came of binding a value.
  @inline(__always)
  private func note(_ result: Int32, at index: Int32) {
    nulls &= ~Self.bit(index)
    if result != SQLITE_OK && bindFailure == SQLITE_OK { bindFailure = result }
  }

  // Running.

  /// Runs a statement that gives no rows.
  @inline(__always)
  func run() throws(StoreError) {
    while try next() {}
  }

  /// Goes to the next row; false, and ready to run again, when there is none. Who stops before that calls `reset`.
  @inline(__always)
  func next() throws(StoreError) -> Bool {
    guard bindFailure == SQLITE_OK else { throw failure(bindFailure) }
    let result = sqlite3_step(handle)
    if result == SQLITE_ROW { return true }
    guard result == SQLITE_DONE else { throw failure(result) }
    reset()
    return false
  }

  /// Ends the run. The result of `sqlite3_reset` only repeats an error that `next` has thrown.
  func reset() {
    sqlite3_reset(handle)
    bindFailure = SQLITE_OK
  }

  private func failure(_ code: Int32) -> StoreError {
    let error = StoreError(code: code, connection: sqlite3_db_handle(handle), path: path)
    reset()
    return error
  }

  // Reading the row. Columns start at 0.

  @inline(__always)
  func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func bytes(_ column: Int32) -> [UInt8] {
    guard let base = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column))))
  }

  func text(_ column: Int32) -> String {
    guard let base = sqlite3_column_text(handle, column) else { return "" }
    let bytes = UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column)))
    return String(decoding: bytes, as: UTF8.self)
  }
}
