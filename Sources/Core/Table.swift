/// A dictionary whose iteration order depends only on what was done to it, never on hash seeds, so that the realm does
/// the same in every process. Removal moves the last entry into the gap.
package struct Table<Key: Hashable, Value> {
  package private(set) var keys: [Key] = []
  package private(set) var values: [Value] = []
  private var places: [Key: Int] = [:]

  package init() {}

  package var count: Int { keys.count }
  package var isEmpty: Bool { keys.isEmpty }

  /// The value of a key; setting nil removes it.
  package subscript(key: Key) -> Value? {
    get { places[key].map { values[$0] } }
    set {
      guard let newValue else {
        remove(key)
        return
      }
      if let place = places[key] {
        values[place] = newValue
      } else {
        places[key] = keys.count
        keys.append(key)
        values.append(newValue)
      }
    }
  }

  private mutating func remove(_ key: Key) {
    guard let place = places.removeValue(forKey: key) else { return }
    let last = keys.count - 1
    if place != last {
      keys.swapAt(place, last)
      values.swapAt(place, last)
      places[keys[place]] = place
    }
    keys.removeLast()
    values.removeLast()
  }
}
