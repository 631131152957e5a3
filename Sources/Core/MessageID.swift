/// The name of a message, made once by its sender's realm and never changed (IRCv3 message-ids).
///
/// The epoch is new at every start of a realm's process, drawn at random, so a realm that was set back in time can
/// never use a name twice; the counter starts at 1 in each epoch.
package struct MessageID: Hashable, Sendable {
  package var epoch: UInt64
  package var counter: UInt64

  package init(epoch: UInt64, counter: UInt64) {
    self.epoch = epoch
    self.counter = counter
  }

  /// Bytes that the text form takes.
  package static let textLength = 22

  /// The text form: 22 characters of the URL-safe base64 alphabet, 11 for the epoch and 11 for the counter.
  package func append(to out: inout [UInt8]) {
    Self.append(epoch, to: &out)
    Self.append(counter, to: &out)
  }

  package var text: String {
    var out: [UInt8] = []
    append(to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Reads the text form; nil for anything that `append(to:)` would not have written.
  package init?(_ text: some Collection<UInt8>) {
    guard text.count == Self.textLength,
      let epoch = Self.value(text.prefix(11)), let counter = Self.value(text.dropFirst(11))
    else { return nil }
    self.init(epoch: epoch, counter: counter)
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static func append(_ value: UInt64, to out: inout [UInt8]) {
    alphabet.withUnsafeBufferPointer { alphabet in
      var shift: UInt64 = 60
      for _ in 0..<11 {
        out.append(alphabet[Int((value >> shift) & 63)])
        shift &-= 6
      }
    }
  }

  private static func value(_ digits: some Collection<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for (index, byte) in digits.enumerated() {
      guard let digit = digit(byte) else { return nil }
      if index == 0 && digit > 15 { return nil }  // 11 digits of 6 bits hold 66 bits: the first has only 4
      value = value << 6 | digit
    }
    return value
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
