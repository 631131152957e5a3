import Core
import Testing

@Suite struct TableTests {
  /// The same as a dictionary, whatever is done to it; and in an order that depends on nothing else.
  @Test func behavesLikeADictionary() {
    var state: UInt64 = 1
    var table = Table<Int, Int>()
    var twin = Table<Int, Int>()
    var model: [Int: Int] = [:]
    for step in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let key = Int(state >> 33) % 50
      let value = state >> 40 & 1 == 0 ? nil : step
      table[key] = value
      twin[key] = value
      model[key] = value
      #expect(table[key] == model[key])
      #expect(table.count == model.count)
      #expect(table.isEmpty == model.isEmpty)
    }
    #expect(Dictionary(uniqueKeysWithValues: zip(table.keys, table.values)) == model)
    #expect(table.keys == twin.keys)
    #expect(table.values == twin.values)
  }
}
