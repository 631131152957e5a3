package import Core

/// Why the store cannot do what it was asked to. The descriptions are for the person who runs the realm: they name the
/// file and say what to do.
package enum StoreError: Error, Equatable, Sendable {
  /// A file or folder cannot be made, opened, moved or removed.
  case file(path: String, reason: String)
  case readOnly(path: String)
  case full(path: String)
  /// Another server holds the folder.
  case inUse(folder: String, pid: Int?)
  /// Another server has taken the database over, past the lock: this one must not write any more.
  case takenOver(path: String)
  /// Another program keeps the database locked.
  case busy(path: String)
  case newerSchema(path: String, found: Int, known: Int)
  /// A database, but none of Moot's.
  case foreign(path: String)
  case corrupt(path: String, detail: String)
  /// The index had to be thrown away; it is made anew from the log.
  case indexDamaged(path: String, detail: String)
  /// Something that must not be overwritten is there already.
  case exists(path: String)
  case missing(path: String)
  /// A copy was read back and is not what it should be.
  case unsound(path: String, detail: String)
  /// The core gave out positions that do not increase: a defect of Moot.
  case outOfOrder(path: String, position: Position, last: Position)
  case failed(path: String, code: Int32, detail: String)
  /// The fault hook asked for a crash here. Only in the simulator and in tests.
  case crashed
}

extension StoreError: CustomStringConvertible {
  /// What is wrong, and what to do about it.
  package var description: String {
    switch self {
    case .file(let path, let reason):
      "\(path): \(reason). Check that the path is right and belongs to the user who runs Moot."
    case .readOnly(let path):
      "\(path) cannot be written. Check its owner and permissions, and that the disk is not mounted read-only."
    case .full(let path):
      "The disk that holds \(path) is full. Free some space; nothing that was accepted is lost."
    case .inUse(let folder, let pid):
      "Another Moot server\(pid.map { " (process \($0))" } ?? "") uses \(folder). "
        + "Stop it first, or choose another data folder."
    case .takenOver(let path):
      "Another Moot server has taken over \(path); this one stops, so that nothing is written twice. "
        + "See that only one server uses the folder."
    case .busy(let path):
      "Another program keeps \(path) locked. Close it (a database browser, perhaps) and try again."
    case .newerSchema(let path, let found, let known):
      "\(path) was written by a newer Moot (version \(found) of the schema; this one knows up to \(known)). "
        + "Run that newer Moot, or restore a backup made before the upgrade."
    case .foreign(let path):
      "\(path) is not a database of Moot. Check the path."
    case .corrupt(let path, let detail):
      "\(path) is damaged: \(detail). Check the disk, then restore the last backup with `moot restore`; "
        + "the damaged file is kept beside it."
    case .indexDamaged(let path, let detail):
      "\(path) was damaged (\(detail)) and is made anew. Nothing is lost; history is slow until it is complete. "
        + "If this happens again, check the disk."
    case .exists(let path):
      "\(path) exists already and is not overwritten. Choose another name, or move it away."
    case .missing(let path):
      "There is no \(path). Check the path."
    case .unsound(let path, let detail):
      "\(path) was read back and is not sound: \(detail). Do not rely on it."
    case .outOfOrder(let path, let position, let last):
      "Entry \(position) was to be stored after entry \(last) in \(path). This is a defect of Moot; please report it. "
        + "Nothing was written."
    case .failed(let path, let code, let detail):
      "\(path): \(detail) (SQLite error \(code)). Check the disk."
    case .crashed:
      "A crash was asked for."
    }
  }
}
