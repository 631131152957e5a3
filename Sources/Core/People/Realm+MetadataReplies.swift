import Wire

/// How METADATA answers: the two versions of the specification differ in what changes look like and in their codes.
extension Realm {
  /// Why a command is not carried out.
  enum MetadataProblem {
    case badTarget(String)
    case badKey(String)
    case badValue(String)
    case noPermission(String, String)
    /// A subcommand, what it was about, and how many there can be.
    case limit(String, item: String, Int)
    /// The subcommand, or `*`.
    case badParameters(String)
  }

  func refuseMetadata(_ session: Session, _ problem: MetadataProblem, _ text: String) {
    counters.refusals += 1
    send(problemLine(session, problem, text, kind: "FAIL"), to: session)
  }

  /// - Parameter kind: FAIL, or what draft/metadata-3 has for one key of several; draft/metadata-2 knows FAIL only.
  func problemLine(_ session: Session, _ problem: MetadataProblem, _ text: String, kind: String) -> Outgoing {
    let isOld = session.has(.metadata2)
    let (code, context): (String, [String]) =
      switch problem {
      case .badTarget(let target): ("INVALID_TARGET", [target.isEmpty ? "*" : target])
      case .badKey(let key): (isOld ? "KEY_INVALID" : "INVALID_KEY", [key.isEmpty ? "*" : key])
      case .badValue(let key): isOld ? ("VALUE_INVALID", []) : ("INVALID_VALUE", [key])
      case .noPermission(let target, let key): ("KEY_NO_PERMISSION", [target, key])
      case .limit("SUB", let item, _) where isOld: ("TOO_MANY_SUBS", [item])
      case .limit(_, let item, _) where isOld: ("LIMIT_REACHED", [item])
      case .limit(let command, let item, let limit): ("LIMIT_REACHED", [command, item, String(limit)])
      case .badParameters(let command): (isOld ? "SUBCOMMAND_INVALID" : "INVALID_PARAMS", [command])
      }
    return Outgoing(line: standardLine(session, isOld ? "FAIL" : kind, "METADATA", code, context, text).bytes)
  }

  /// RPL_KEYVALUE, or RPL_KEYNOTSET for nil.
  ///
  /// - Parameter isPrivate: nobody else sees it.
  func keyLine(
    _ session: Session, _ name: String, _ key: String, _ value: String?, isPrivate: Bool = false
  ) -> Outgoing {
    let line =
      value.map { numericLine(session, .keyValue, [name, key, isPrivate ? "private" : "*"], $0) }
      ?? numericLine(session, .keyNotSet, [name, key], "key not set")
    return Outgoing(line: line.bytes)
  }

  /// A change, or a value told unasked: as a message in draft/metadata-2, as the numeric in draft/metadata-3.
  func newsLine(
    _ session: Session, _ name: String, _ key: String, _ value: String?, isPrivate: Bool = false
  ) -> Outgoing {
    guard session.has(.metadata2) else { return keyLine(session, name, key, value, isPrivate: isPrivate) }
    var line = LineBuilder(source: serverSource, "METADATA")
    line.word(name)
    line.word(key)
    line.word(isPrivate ? "private" : "*")
    if let value { line.text(value) }
    return Outgoing(line: line.bytes)
  }

  /// Sends lines as a batch of type `metadata`, to clients that know batches.
  func sendMetadataBatch(_ session: Session, _ name: String, _ lines: [Outgoing], type: String = "metadata") {
    guard session.has(.batch) else {
      for line in lines { send(line, to: session) }
      return
    }
    let reference = nextBatch()
    send(openBatch(reference, type, type == "metadata" ? [name] : []), to: session)
    for var line in lines {
      line.batch = reference
      send(line, to: session)
    }
    send(closeBatch(reference), to: session)
  }

  /// Keys packed into numerics.
  func sendKeys(_ session: Session, _ numeric: Numeric, _ keys: [String]) {
    for line in keyLines(session, numeric, keys) { send(line, to: session) }
  }

  func keyLines(_ session: Session, _ numeric: Numeric, _ keys: [String]) -> [Outgoing] {
    stride(from: 0, to: keys.count, by: Self.keysPerLine).map { start in
      let part = Array(keys[start..<min(start + Self.keysPerLine, keys.count)])
      return Outgoing(line: numericLine(session, numeric, part, nil).bytes)
    }
  }

  /// With the nick no more than the parameters that old clients can read.
  private static let keysPerLine = 12
}

extension Session {
  /// Whether it is to be told of metadata unasked (IRCv3 draft/metadata-3, "Definitions": a metadata-aware client).
  var knowsMetadata: Bool { has(.batch) && (has(.metadata2) || has(.metadata3)) }
}
