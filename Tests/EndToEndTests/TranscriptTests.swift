import Glibc
import Testing
import TranscriptRunner

extension EndToEndTests {
  /// Every transcript that needs no pretended world, played on a live server over TCP.
  @Test(.timeLimit(.minutes(2)), arguments: Library.names)
  func transcript(_ name: String) throws {
    let script = try Library.script(name)
    guard script.onlyCore == nil else { return }
    let stage = LiveStage()
    var player = Player(script, on: stage)
    try player.play()
    for problem in player.problems { Issue.record("\(name).txt, \(problem)") }
  }
}
