import Testing

/// Whether a server does what the specifications say, seen from outside. Its tests know nothing of Moot: README.md says
/// how to point them at another server.
@Suite(.stopsServer) struct Conformance {}

/// Ends the server that the tests have started, after the last of them.
struct StopsServer: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    try await body()
    try Server.underTest.stop()
  }
}

extension Trait where Self == StopsServer {
  static var stopsServer: Self { Self() }
}
