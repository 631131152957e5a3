/// What the command line asks for.
struct Options {
  var seeds: [UInt64] = []
  var isVerbose = false
  var printsDigest = false
  /// How many realms there are; nil leaves it to the seed.
  var realms: Int?
  /// Instead of runs: what routing costs networks of up to so many realms.
  var routing: Int?

  static let usage = """
    simulate: many pretended clients, real realms, everything from a seed

      simulate --seed N      replays one run; with --verbose it tells all that happens
      simulate --seeds N     runs the kept seeds, then N more
               --from M      beginning with seed M (default 1)
               --realms K    with K realms, however many the seed would have (1 to 12)
               --digest      prints a number that two runs of a seed share
      simulate --routing N   what it costs to find the ways between 10, 30, 100 … N realms
    """

  /// Nil where the words make no sense.
  init?(_ words: [String]) {
    var single: UInt64?
    var count: UInt64?
    var from: UInt64 = 1
    var index = 0
    func number() -> UInt64? {
      index += 1
      return index < words.count ? UInt64(words[index]) : nil
    }
    while index < words.count {
      switch words[index] {
      case "--verbose": isVerbose = true
      case "--digest": printsDigest = true
      case "--seed":
        guard let value = number() else { return nil }
        single = value
      case "--seeds":
        guard let value = number() else { return nil }
        count = value
      case "--from":
        guard let value = number() else { return nil }
        from = value
      case "--routing":
        guard let value = number(), 10...10_000 ~= value else { return nil }
        routing = Int(value)
      case "--realms":
        guard let value = number(), 1...12 ~= value else { return nil }
        realms = Int(value)
      default: return nil
      }
      index += 1
    }
    if let single {
      seeds = [single]
      return
    }
    guard let count else {
      guard routing != nil else { return nil }
      return
    }
    seeds = KeptSeeds.all + (0..<count).map { from &+ $0 }
  }
}
