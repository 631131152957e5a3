import Glibc

/// One thing that reads bytes from strangers. `deploy/fuzz` builds this folder with libFuzzer, which calls `fuzz` with
/// made-up inputs; the environment variable `MOOT_FUZZ` says which target gets them.
enum FuzzTarget: String, CaseIterable {
  case line, json, http, calls, files
  case websocket, base64, directory, configuration, lines, sasl, history, frames, items, peer

  func run(_ bytes: [UInt8]) {
    switch self {
    case .line: fuzzLine(bytes)
    case .json: fuzzJSON(bytes)
    case .http: fuzzHTTP(bytes)
    case .calls: fuzzCalls(bytes)
    case .files: fuzzFiles(bytes)
    case .websocket: fuzzWebSocket(bytes)
    case .base64: fuzzBase64(bytes)
    case .directory: fuzzDirectory(bytes)
    case .configuration: fuzzConfiguration(bytes)
    case .lines: fuzzSession(bytes)
    case .sasl: fuzzSASL(bytes)
    case .history: fuzzHistory(bytes)
    case .frames: fuzzFrames(bytes)
    case .items: fuzzItems(bytes)
    case .peer: fuzzPeer(bytes)
    }
  }

  /// The target that this process was started for.
  static let chosen: FuzzTarget = {
    guard let name = getenv("MOOT_FUZZ"), let target = FuzzTarget(rawValue: String(cString: name)) else {
      let known = allCases.map(\.rawValue).joined(separator: " ")
      preconditionFailure("MOOT_FUZZ names none of: \(known)")
    }
    return target
  }()
}

/// What libFuzzer calls.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: data, count: count)))
  return 0
}
