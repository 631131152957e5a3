/// First in, first out. What was taken is dropped in batches, so that taking costs the same however long it is.
struct Queue<Element> {
  private var elements: [Element] = []
  private var taken = 0

  var count: Int { elements.count - taken }
  var isEmpty: Bool { taken == elements.count }
  var first: Element? { isEmpty ? nil : elements[taken] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[taken]
    taken += 1
    if taken == elements.count {
      removeAll()
    } else if taken >= 64 && taken * 2 >= elements.count {
      elements.removeFirst(taken)
      taken = 0
    }
    return element
  }

  /// Changes the element that was appended last; there must be one.
  mutating func changeLast<Result>(_ body: (inout Element) -> Result) -> Result { body(&elements[elements.count - 1]) }

  /// Changes the element that is taken next; there must be one.
  mutating func changeFirst<Result>(_ body: (inout Element) -> Result) -> Result { body(&elements[taken]) }

  /// The first that is as wanted.
  func first(where isWanted: (Element) -> Bool) -> Element? { elements[taken...].first(where: isWanted) }

  mutating func removeAll() {
    elements.removeAll(keepingCapacity: elements.count <= 64)
    taken = 0
  }
}
