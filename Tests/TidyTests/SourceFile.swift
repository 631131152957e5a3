import Glibc

/// A file of the repository as the house rules see it: each line as written, and once more without comments and
/// without what stands in string literals, so that a rule about code is not misled by prose or samples.
struct SourceFile: Sendable {
  /// Relative to the top of the repository.
  let path: String
  let lines: [String]
  let code: [String]

  init(path: String, text: [UInt8]) {
    self.path = path
    lines = Self.split(text)
    if path.hasSuffix(".swift") {
      var stripper = Stripper()
      code = Self.split(stripper.strip(text))
    } else {
      code = []
    }
  }

  var isSwift: Bool { path.hasSuffix(".swift") }

  /// The target that the file belongs to where it lies under `Sources`.
  var target: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  private static func split(_ text: [UInt8]) -> [String] {
    var lines = text.split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// All files that the house rules are about, each read once.
struct SourceTree: Sendable {
  static let shared = SourceTree()

  let files: [SourceFile]

  private init() {
    let top = Self.top
    var paths = ["Package.swift", ".ci/run"]
    for folder in ["Sources", "Tests", "deploy", "docs"] { Self.list(folder, under: top, into: &paths) }
    for name in Self.names(in: top) where name.hasSuffix(".md") { paths.append(name) }
    files = paths.sorted().compactMap { path in
      Self.read(top + "/" + path).map { SourceFile(path: path, text: $0) }
    }
  }

  /// The top of the repository: this file is `Tests/TidyTests/SourceFile.swift` in it.
  private static var top: String {
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  }

  private static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { name in String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names.filter { $0 != "." && $0 != ".." }
  }

  private static func list(_ folder: String, under top: String, into paths: inout [String]) {
    for name in names(in: top + "/" + folder) {
      let path = folder + "/" + name
      var status = stat()
      guard stat(top + "/" + path, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        list(path, under: top, into: &paths)
      } else {
        paths.append(path)
      }
    }
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { break }
      text.append(contentsOf: buffer[..<count])
    }
    // What holds a NUL is no text: a seed of a fuzzer, say.
    return text.contains(0) ? nil : text
  }
}
