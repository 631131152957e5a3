import Core

/// Neighbouring items of one stream of one conversation, packed: for each item the steps from the one before in
/// position, time and number, as variable-length integers. One row of the index for dozens of entries costs a tenth of
/// a row for each, in time and in space; along a stream none of the three ever falls.
struct Chunk {
  /// Bytes at which a chunk is full: unpacking one must stay cheaper than finding it.
  static let maxBytes = 512

  private(set) var bytes: [UInt8]
  private(set) var first: Position
  private(set) var last: LogView.Item

  init(_ item: LogView.Item) {
    bytes = []
    first = item.position
    last = LogView.Item(position: 0, time: 0, number: 0)
    append(item)
  }

  /// A chunk as it was stored; nil if the bytes are damaged.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard let items = Self.items(bytes), let first = items.first, let last = items.last else { return nil }
    self.first = first.position
    self.last = last
  }

  var isFull: Bool { bytes.count >= Self.maxBytes }

  mutating func append(_ item: LogView.Item) {
    Self.put(item.position - last.position, &bytes)
    Self.put(item.time - last.time, &bytes)
    Self.put(item.number - last.number, &bytes)
    last = item
  }

  /// The items of a chunk, oldest first; nil if the bytes are damaged.
  static func items(_ bytes: [UInt8]) -> [LogView.Item]? {
    var items: [LogView.Item] = []
    var item = LogView.Item(position: 0, time: 0, number: 0)
    var at = 0
    while at < bytes.count {
      guard let position = take(bytes, &at), let time = take(bytes, &at), let number = take(bytes, &at) else {
        return nil
      }
      item.position &+= position
      item.time &+= time
      item.number &+= number
      items.append(item)
    }
    return items
  }

  /// Seven bits a byte, the lowest first. A step back, which a sound log does not have, takes ten bytes.
  private static func put(_ value: Int64, _ bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: value)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func take(_ bytes: [UInt8], _ at: inout Int) -> Int64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while at < bytes.count, shift < 64 {
      let byte = bytes[at]
      at += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return Int64(bitPattern: value) }
      shift += 7
    }
    return nil
  }
}
