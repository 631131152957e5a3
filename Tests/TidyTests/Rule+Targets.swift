extension Rule {
  /// What each target may import: the arrows of the design, Wire ← Core ← Store, Net by itself, Server on top.
  /// Foundation stands nowhere: it would make the binary eight times as large.
  private static let mayImport: [String: Set<String>] = [
    "Wire": [],
    "Core": ["Wire"],
    "Store": ["Core", "Wire", "CSQLite", "CLinux", "Glibc", "Synchronization"],
    "Net": ["CLinux", "COpenSSL", "Glibc", "Synchronization"],
    "Server": ["Wire", "Core", "Store", "Net", "CLinux", "CZlib", "Glibc", "Synchronization"],
    "moot": ["Wire", "Core", "Store", "Net", "Server", "Web", "CLinux", "Glibc", "Synchronization"],
    "simulate": ["Wire", "Core", "Store", "CLinux", "Glibc", "Synchronization"],
    "load": ["Wire", "Core", "Store", "Net", "CLinux", "Glibc", "Synchronization"],
  ]

  static let imports = Rule(
    "imports", "Move the code to a target that may import this; the arrows are in Tests/TidyTests/Rule+Targets.swift."
  ) { file in
    guard let target = file.target else { return [] }
    let allowed = mayImport[target] ?? []
    return file.code.indices.compactMap { index in
      guard let declaration = Declaration(file.code[index]), declaration.keyword == "import" else {
        return nil
      }
      let module = declaration.rest.split { $0 == " " || $0 == "." }.first { !kinds.contains($0) }
      return module.map { allowed.contains(String($0)) } ?? false ? nil : index + 1
    }
  }

  /// What may stand between `import` and a module's name.
  private static let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]

  /// Clocks, chance and waiting: what would make two runs from one seed differ.
  private static let impure = [
    "Date", "Task", "async", "await", "random", "randomElement", "shuffled", "shuffle", "SystemRandomNumberGenerator",
    "ContinuousClock", "SuspendingClock",
  ]

  static let purity = Rule("purity", "Take time and chance from the event, and ask for what is slow.") { file in
    guard file.target == "Wire" || file.target == "Core" else { return [] }
    return file.code.indices.filter { holds(file.code[$0], oneOf: impure) }.map { $0 + 1 }
  }
}
