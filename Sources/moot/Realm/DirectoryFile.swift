import CLinux
import Glibc
import Server
import Wire

/// The directory as a file that commands change. Nothing is written that the realm would not take.
struct DirectoryFile {
  let path: String
  private(set) var directory: Directory
  private var realms: [JSON]

  init(_ path: String) throws(Failure) {
    self.path = path
    do throws(ConfigurationError) {
      let bytes = try Directory.text(of: path)
      directory = try Directory(parsing: bytes, of: path)
      realms = try parseJSON(bytes, of: path)["realms"]?.elements ?? []
    } catch {
      throw Failure(error.description)
    }
  }

  /// Adds a realm, or takes over its address and key, and links it to a realm of the directory. Returns what was
  /// changed, in words; nothing where all was so before.
  ///
  /// - Parameter replacesKey: whether a key that the directory has may give way to another.
  mutating func add(
    _ line: PairLine, linkedTo own: String, replacesKey: Bool = false
  ) throws(Failure) -> [String] {
    guard let ownEntry = directory[own] else { throw Failure("\(path) has no realm \"\(own)\"") }
    guard line.name != own else {
      throw Failure("that is the line of \(own) itself: give it to whoever runs the other realm, and add theirs here")
    }
    var changes: [String] = []
    if let entry = directory[line.name] {
      if case .key(let key) = entry.identity, key != line.key, !replacesKey {
        throw Failure(
          """
          \(path) has another key of \(line.name), \(RealmKey.text(of: key)). Nothing was changed. Ask whoever runs \
          it, by another way than this line came, which one is right; if it is the new one, add --replace-key.
          """)
      }
      if entry.identity != .key(line.key) {
        set("trust", to: nil, of: line.name)
        set("key", to: .string(RealmKey.text(of: line.key)), of: line.name)
        changes.append("the key of \(line.name)")
      }
      if entry.relay != line.address.endpoint {
        set("relay", to: line.address.endpoint.map { .string("\($0)") }, of: line.name)
        changes.append("the address of \(line.name)")
      }
    } else {
      var members = [JSON.Member(name: "name", value: .string(line.name))]
      if let relay = line.address.endpoint { members.append(JSON.Member(name: "relay", value: .string("\(relay)"))) }
      members.append(JSON.Member(name: "links", value: .array([])))
      members.append(JSON.Member(name: "key", value: .string(RealmKey.text(of: line.key))))
      realms.append(JSON(.object(members)))
      changes.append("the realm \(line.name)")
    }
    let isLinked = ownEntry.links.contains(line.name) || directory[line.name]?.links.contains(own) == true
    if !isLinked {
      set("links", to: .array((ownEntry.links + [line.name]).map(JSON.string)), of: own)
      changes.append("a link of \(own) and \(line.name)")
    }
    do throws(ConfigurationError) {
      directory = try Directory(parsing: bytes, of: path)
    } catch {
      throw Failure("with this line the directory would be wrong, and nothing was changed: \(error.description)")
    }
    return changes
  }

  /// Puts the file in the place of the old one, whole, with the same permissions.
  func save() throws(Failure) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Files.refused(path) }
    try Files.replace(path, with: bytes, mode: status.st_mode & 0o777)
  }

  private mutating func set(_ name: String, to value: JSON?, of realm: String) {
    guard let index = realms.firstIndex(where: { $0["name"]?.text == realm }),
      case .object(var members) = realms[index].kind
    else { return }
    let place = members.firstIndex { $0.name == name }
    switch (place, value) {
    case (let place?, let value?): members[place].value = value
    case (let place?, nil): members.remove(at: place)
    case (nil, let value?): members.append(JSON.Member(name: name, value: value))
    case (nil, nil): break
    }
    realms[index].kind = .object(members)
  }

  /// The file's text: a realm is an object with a line for each of its keys.
  private var bytes: [UInt8] {
    let entries = realms.map { realm in
      guard case .object(let members) = realm.kind else { return "" }
      let lines = members.map { member in "      \(Self.text(.string(member.name))): \(Self.text(member.value))" }
      return "    {\n" + lines.joined(separator: ",\n") + "\n    }"
    }
    return Array("{\n  \"realms\": [\n\(entries.joined(separator: ",\n"))\n  ]\n}\n".utf8)
  }

  private static func text(_ value: JSON) -> String {
    guard let elements = value.elements else { return String(decoding: value.bytes, as: UTF8.self) }
    return "[" + elements.map(text).joined(separator: ", ") + "]"
  }
}
