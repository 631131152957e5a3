import Core
import Glibc

/// What it costs many realms to find their ways, as a curve: `simulate --routing N`. The rules are the real ones; the
/// realms have no people, no store and no links but in memory.
enum Routing {
  private static let sizes = [10, 30, 100, 300, 1_000, 3_000]

  /// Measures networks of 10 realms and more, up to so many.
  static func run(upTo most: Int) -> Bool {
    print(
      "| realms | until all know all ways | announcements per realm | of them checked | bytes per realm "
        + "| CPU per realm | memory per realm | a link breaks: until known | announcements per realm | bytes per realm "
        + "| CPU per realm | it is back: until known |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for size in sizes where size <= most {
      let before = residentBytes()
      let net = RoutingNet(count: size)
      net.linkAll()
      guard let cold = net.converge() else { return false }
      let memory = max(0, residentBytes() - before) / size
      net.rest()
      net.cut()
      guard let broken = net.converge() else { return false }
      net.rest()
      net.mend()
      guard let mended = net.converge() else { return false }
      func per(_ number: Int) -> String { rounded(Double(number) / Double(size)) }
      let cells = [
        "\(size)", "\(cold.milliseconds) ms", per(cold.heard), per(cold.checked), "\(cold.bytes / size / 1_024) KiB",
        "\(rounded(cold.cpu / Double(size) / 1_000)) ms", "\(memory / 1_024) KiB", "\(broken.milliseconds) ms",
        per(broken.heard), "\(broken.bytes / size) B", "\(rounded(broken.cpu / Double(size))) µs",
        "\(mended.milliseconds) ms",
      ]
      print("| " + cells.joined(separator: " | ") + " |")
      fflush(nil)
    }
    return true
  }

  private static func rounded(_ value: Double) -> String {
    value >= 10 ? String(Int(value.rounded())) : String((value * 100).rounded() / 100)
  }

  /// Memory that the process has in use.
  private static func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = fread(&bytes, 1, bytes.count, file)
    let fields = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}
