// swift-tools-version: 6.2
import PackageDescription

/// Settings shared by every target. Release builds drop the dynamic exclusivity checks (measured: a third of the
/// instructions on the road of a message); debug and test builds keep them.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
  name: "moot",
  products: [
    .executable(name: "moot", targets: ["moot"])
  ],
  targets: [
    .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
    .systemLibrary(name: "CSQLite", path: "Sources/CSQLite"),
    .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL"),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib"),
    .target(name: "Wire", swiftSettings: settings),
    .target(name: "Core", dependencies: ["Wire"], swiftSettings: settings),
    .target(name: "Store", dependencies: ["Core", "Wire", "CSQLite", "CLinux"], swiftSettings: settings),
    .target(name: "Net", dependencies: ["CLinux", "COpenSSL"], swiftSettings: settings),
    .target(name: "Server", dependencies: ["Wire", "Core", "Store", "Net", "CZlib"], swiftSettings: settings),
    .target(name: "Web", exclude: ["client", "package.json"]),
    .executableTarget(
      name: "moot", dependencies: ["Wire", "Core", "Store", "Net", "Server", "Web"], swiftSettings: settings),
    .executableTarget(name: "simulate", dependencies: ["Wire", "Core", "Store"], swiftSettings: settings),
    .executableTarget(name: "load", dependencies: ["Wire", "Core", "Store", "Net"], swiftSettings: settings),
    .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: settings),
    .target(name: "TranscriptRunner", path: "Tests/TranscriptRunner", swiftSettings: settings),
    .target(
      name: "LiveServer", dependencies: ["Net", "Wire", "CLinux"], path: "Tests/LiveServer", swiftSettings: settings),
    .testTarget(
      name: "CoreTests", dependencies: ["Core", "Wire", "Store", "TranscriptRunner"], swiftSettings: settings),
    .testTarget(name: "StoreTests", dependencies: ["Store", "Core", "Wire"], swiftSettings: settings),
    .testTarget(name: "NetTests", dependencies: ["Net", "COpenSSL"], swiftSettings: settings),
    .testTarget(
      name: "ServerTests", dependencies: ["Server", "Store", "Core", "Wire", "Net", "CZlib"], swiftSettings: settings),
    .testTarget(name: "MootTests", dependencies: ["moot", "Wire", "Server"], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["Net", "Wire", "Core", "Store", "CLinux", "TranscriptRunner", "LiveServer"],
      swiftSettings: settings),
    .testTarget(
      name: "Conformance", dependencies: ["Net", "LiveServer"], path: "Tests/Conformance",
      exclude: ["README.md", "servers"], swiftSettings: settings),
    // Built here so that it is never behind; run by deploy/fuzz, with the sanitizers that SwiftPM does not know of.
    .testTarget(
      name: "Fuzz", dependencies: ["Wire", "Core", "Store", "Net", "Server"], path: "Tests/Fuzz", exclude: ["seeds"],
      swiftSettings: settings),
    .testTarget(name: "SimulateTests", dependencies: ["simulate", "Core"], swiftSettings: settings),
    .testTarget(name: "TidyTests", swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

// A build with a sanitizer takes long: deploy/test names the tests that it is for, and nothing else is built.
if let named = Context.environment["MOOT_TESTS"]?.split(separator: " ").map(String.init) {
  package.targets.removeAll { [.test, .executable].contains($0.type) && !named.contains($0.name) }
  package.products = []
}
