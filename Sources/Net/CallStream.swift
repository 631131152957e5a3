import Glibc

/// Why a request got no answer, in words for people.
package struct CallFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}

/// A connection for one request: every call waits, but never beyond the time that is given (milliseconds of
/// `Clock.monotonicMilliseconds`).
package final class CallStream {
  private let plain: BlockingStream?
  private let tls: TLSStream?

  /// Connects to an address; with a trust, by TLS to the host of that name.
  package init(
    to address: SocketAddress, host: String, trust: TLSTrust?, until: Int64
  ) throws(CallFailure) {
    do throws(SystemError) {
      let descriptor = try Descriptor.connecting(to: address)
      let patience = Int(max(0, until - Clock.monotonicMilliseconds()))
      guard try descriptor.wait(toWrite: true, timeoutMilliseconds: patience) else {
        throw SystemError(call: "connect", code: ETIMEDOUT)
      }
      if let error = try descriptor.connectionError() { throw error }
      if let trust {
        tls = TLSStream(adopting: descriptor, trust, host: host)
        plain = nil
      } else {
        tls = nil
        plain = BlockingStream(adopting: descriptor)
      }
    } catch {
      throw CallFailure("\(address): \(error.reason)")
    }
    if trust != nil {
      guard let tls else { throw CallFailure("\"\(host)\" cannot be the name of a server") }
      try handshake(tls, until)
    }
  }

  private func handshake(_ tls: TLSStream, _ until: Int64) throws(CallFailure) {
    do throws(TLSError) {
      while let wish = try tls.handshake() { try wait(tls, wish, until) }
    } catch {
      throw CallFailure("\(error)")
    }
  }

  private func wait(_ tls: TLSStream, _ wish: TLSStream.Wish, _ until: Int64) throws(TLSError) {
    let patience = Int(max(0, until - Clock.monotonicMilliseconds()))
    let isReady: Bool
    do throws(SystemError) {
      isReady = try tls.withSocket { (socket) throws(SystemError) in
        try socket.wait(toRead: wish == .read, toWrite: wish == .write, timeoutMilliseconds: patience)
      }
    } catch {
      throw .system(error)
    }
    guard isReady else { throw .system(SystemError(call: "poll", code: ETIMEDOUT)) }
  }

  /// Writes all of it.
  package func write(_ bytes: [UInt8], until: Int64) throws(CallFailure) {
    if let plain {
      do throws(StreamError) {
        try plain.write(bytes, timeoutMilliseconds: Int(max(0, until - Clock.monotonicMilliseconds())))
      } catch {
        throw CallFailure("\(error)")
      }
    } else if let tls {
      do throws(TLSError) {
        var start = 0
        while start < bytes.count {
          let outcome = try bytes.span.bytes.withUnsafeBytes { (all) throws(TLSError) in
            try tls.write(UnsafeRawBufferPointer(rebasing: all[start...]))
          }
          switch outcome {
          case .done(let count): start += count
          case .wants(let wish): try wait(tls, wish, until)
          }
        }
        while let wish = try tls.flush() { try wait(tls, wish, until) }
      } catch {
        throw CallFailure("\(error)")
      }
    }
  }

  /// What comes next.
  package func read(until: Int64) throws(CallFailure) -> [UInt8] {
    if let plain {
      do throws(StreamError) {
        let patience = Int(max(0, until - Clock.monotonicMilliseconds()))
        guard let bytes = try plain.read(timeoutMilliseconds: patience) else { throw StreamError.timedOut }
        return bytes
      } catch {
        throw CallFailure("\(error)")
      }
    }
    guard let tls else { return [] }
    do throws(TLSError) {
      var room = [UInt8](repeating: 0, count: 16 << 10)
      while true {
        var span = room.mutableSpan
        let outcome = try span.withUnsafeMutableBytes { (bytes) throws(TLSError) in try tls.read(into: bytes) }
        switch outcome {
        case .done(let count): return Array(room[..<count])
        case .wants(let wish): try wait(tls, wish, until)
        }
      }
    } catch {
      throw CallFailure("\(error)")
    }
  }
}
