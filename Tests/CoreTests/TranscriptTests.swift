import Testing
import TranscriptRunner

/// Every transcript, played on the core with the real store. `MOOT_REWRITE=1` makes them say what happens.
@Suite struct TranscriptTests {
  @Test(arguments: Library.names)
  func transcript(_ name: String) throws {
    var player = Player(try Library.script(name), on: TestRealmStage())
    try player.play()
    if Library.rewrites {
      try Library.rewrite(name, player.rewritten)
    } else {
      for problem in player.problems { Issue.record("\(name).txt, \(problem)") }
    }
  }
}
