/// Seeds that failed once, each with what it found. They are run first, always.
enum KeptSeeds {
  static let all: [UInt64] = []
}
