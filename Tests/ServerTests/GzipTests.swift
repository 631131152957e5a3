import CZlib
import Testing

@testable import Server

@Suite struct GzipTests {
  private static let texts: [[UInt8]] = [
    [], [65], Array("abc".utf8), [UInt8](repeating: 0, count: 1_000), Array(0...255),
    Array(String(repeating: "export function one(two) { return two; }\n", count: 2_000).utf8),
    Array((0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 >> 7) }),
  ]

  @Test(arguments: texts)
  func comesBack(bytes: [UInt8]) throws {
    let file = try #require(Gzip.compressed(bytes))
    #expect(file.starts(with: [0x1f, 0x8b, 8]))
    #expect(try inflated(file, count: bytes.count) == bytes)
  }

  @Test func saves() throws {
    let text = Array(String(repeating: "the same again, ", count: 1_000).utf8)
    #expect(try #require(Gzip.compressed(text)).count < text.count / 50)
  }

  private func inflated(_ file: [UInt8], count: Int) throws -> [UInt8] {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    try #require(inflateInit2_(stream, 15 + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { inflateEnd(stream) }
    var input = file
    var output = [UInt8](repeating: 0, count: count + 1)
    let result = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        return inflate(stream, Z_FINISH)
      }
    }
    #expect(result == Z_STREAM_END)
    return Array(output.prefix(Int(stream.pointee.total_out)))
  }
}
