import Testing

@testable import Core

/// The messages of an account that its clients may send again.
@Suite struct SentMessagesTests {
  private let group = Target.group(GroupID(rawValue: 1))

  private func id(_ counter: Int) -> MessageID { MessageID(epoch: 1, counter: UInt64(counter)) }

  private func key(_ name: String) -> [UInt8] { SentMessages.key(name.utf8, to: "#Plans") }

  @Test func knownByNameAndTarget() {
    var sent = SentMessages()
    _ = sent.add(key("a"), group, id(1), 10)
    #expect(sent.message(SentMessages.key("a".utf8, to: "#plans"), now: 11)?.id == id(1))
    #expect(sent.message(SentMessages.key("a".utf8, to: "bob"), now: 11) == nil)
    #expect(sent.message(SentMessages.key("A".utf8, to: "#plans"), now: 11) == nil)
  }

  @Test func forADay() {
    var sent = SentMessages()
    _ = sent.add(key("a"), group, id(1), 10)
    #expect(sent.message(key("a"), now: 9 + Limits.sentMilliseconds) != nil)
    #expect(sent.message(key("a"), now: 10 + Limits.sentMilliseconds) == nil)
    // After that the name is free, and the older message takes nothing of it along when it goes.
    _ = sent.add(key("a"), group, id(2), 10 + Limits.sentMilliseconds)
    for number in 1..<Limits.sentMessages { _ = sent.add(key("\(number)"), group, id(10 + number), 20) }
    #expect(sent.message(key("a"), now: 11 + Limits.sentMilliseconds)?.id == id(2))
  }

  @Test func soManyOfTheNewest() {
    var sent = SentMessages()
    for number in 1...Limits.sentMessages + 1 { _ = sent.add(key("\(number)"), group, id(number), 10) }
    #expect(sent.message(key("1"), now: 11) == nil)
    #expect(sent.message(key("2"), now: 11)?.id == id(2))
    #expect(sent.message(key("\(Limits.sentMessages + 1)"), now: 11)?.number == Int64(Limits.sentMessages + 1))
  }

  @Test func forgottenWhereRefused() {
    var sent = SentMessages()
    let first = sent.add(key("a"), group, id(1), 10)
    let second = sent.add(key("b"), group, id(2), 10)
    sent.forget(id(1))
    #expect(sent.message(key("a"), now: 11) == nil)
    #expect(sent.message(key("b"), now: 11) == second)
    #expect(SentMessages([first, second]).message(key("a"), now: 11) == first)
  }
}
