import Testing

@testable import Core

/// Who may do what in a group, by rank.
@Suite struct RanksTests {
  private static let none: Ranks = []
  private static let all: [Ranks] = [none, .voice, .halfOperator, .groupOperator, .admin, .owner]

  /// A row per rank, from none up to owner: whether it may grant, and take, each of `vhoaq`.
  @Test(
    arguments: [
      (none, "-----"), (.voice, "-----"), (.halfOperator, "v----"), (.groupOperator, "vho--"), (.admin, "vho--"),
      (.owner, "vhoaq"),
    ] as [(Ranks, String)])
  func grants(_ ranks: Ranks, _ row: String) {
    let allowed = zip("vhoaq", Self.all.dropFirst()).map { ranks.canGrant($1) ? String($0) : "-" }.joined()
    #expect(allowed == row)
  }

  /// A row per rank: whether it may kick, and demote, a member without rank (m), then each of `vhoaq`.
  @Test(
    arguments: [
      (none, "------"), (.voice, "------"), (.halfOperator, "mv----"), (.groupOperator, "mvho--"), (.admin, "mvhoa-"),
      (.owner, "mvhoaq"),
    ] as [(Ranks, String)])
  func outranks(_ ranks: Ranks, _ row: String) {
    #expect(zip("mvhoaq", Self.all).map { ranks.outranks($1) ? String($0) : "-" }.joined() == row)
  }

  @Test(
    arguments: [
      (none, 0, "", "", false, false), (.voice, 1, "+", "v", true, false), (.halfOperator, 2, "%", "h", true, true),
      (.groupOperator, 3, "@", "o", true, true), (.admin, 4, "&", "a", true, true), (.owner, 5, "~", "q", true, true),
      ([.voice, .groupOperator], 3, "@+", "ov", true, true),
      ([.owner, .admin, .groupOperator, .halfOperator, .voice], 5, "~&@%+", "qaohv", true, true),
    ] as [(Ranks, Int, String, String, Bool, Bool)])
  func shows(_ ranks: Ranks, _ height: Int, _ prefixes: String, _ letters: String, _ speaks: Bool, _ moderates: Bool) {
    #expect(ranks.height == height)
    #expect(ranks.prefixes == prefixes)
    #expect(ranks.letters == letters)
    #expect(ranks.canSpeak == speaks)
    #expect(ranks.canModerate == moderates)
  }

  @Test func lettersOfModes() {
    #expect("qaohv".allSatisfy { Ranks.named($0) != nil })
    #expect("imnstCR".allSatisfy { GroupSwitches.named($0) != nil })
    #expect("bkleIQVH".allSatisfy { Ranks.named($0) == nil && GroupSwitches.named($0) == nil })
    #expect(GroupModes(switches: []).text() == "+")
    #expect(GroupModes(switches: [.topicLock, .inviteOnly, .noOutside]).text() == "+int")
    let modes = GroupModes(switches: [.noCTCP], key: "sesame", limit: 20, lookingBack: .all)
    #expect(modes.text() == "+CHkl all sesame 20")
    #expect(modes.text(withKey: false) == "+CHkl all * 20")
  }

  @Test(arguments: [
    ("bob", "bob!*@*"), ("bob!x", "bob!x@*"), ("bob@beta", "*!bob@beta"), ("*!*@beta", "*!*@beta"), ("*", "*!*@*"),
    ("~a:bob", "~a:bob"), ("~account:bob/beta", "~a:bob/beta"), ("~mute:bob", "~m:bob!*@*"), ("~m:~a:bob", "~m:~a:bob"),
    ("~bob", "~bob!*@*"),
  ])
  func masksAreCompleted(_ text: String, _ mask: String) { #expect(Mask.whole(text) == mask) }
}
