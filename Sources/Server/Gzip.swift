import CZlib

/// Compresses what is sent often (RFC 1952), as small as it gets: it is done once.
enum Gzip {
  /// The bytes as a gzip file; nil where there is no memory for it.
  static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    // It stays in its place: zlib looks whether it does.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard moot_zlib_begin(stream) == Z_OK else { return nil }
    defer { deflateEnd(stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(bytes.count))))
    var input = bytes
    let result = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        return deflate(stream, Z_FINISH)
      }
    }
    guard result == Z_STREAM_END else { return nil }
    return Array(output.prefix(Int(stream.pointee.total_out)))
  }
}
