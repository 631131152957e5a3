import Glibc
import Net

/// The sockets of a realm that clients connect to.
struct ListeningSockets {
  private(set) var listeners: [Listener] = []
  /// Where they really are: a port given as 0 was chosen by the system.
  private(set) var irc: [SocketAddress] = []
  private(set) var web: [SocketAddress] = []

  init(_ configuration: Configuration) throws(DaemonError) {
    for text in configuration.irc { irc.append(try open(text, .irc, "irc")) }
    for text in configuration.web { web.append(try open(text, .web, "web")) }
  }

  private mutating func open(
    _ text: String, _ kind: Listener.Kind, _ name: String
  ) throws(DaemonError) -> SocketAddress {
    do {
      let descriptor = try Descriptor.listening(on: try SocketAddress.resolve(text))
      let address = try descriptor.localAddress()
      listeners.append(Listener(kind, adopting: descriptor))
      return address
    } catch let error as SystemError {
      throw DaemonError("cannot listen on \(text) for \(name): \(Self.remedy(error, name))")
    } catch {
      throw DaemonError("cannot listen on \(text) for \(name): \(error)")
    }
  }

  private static func remedy(_ error: SystemError, _ name: String) -> String {
    switch error.code {
    case EADDRINUSE:
      "another program listens there. Stop it, or choose another address with --\(name) HOST:PORT."
    case EACCES:
      "ports below 1024 need a privilege. Choose a higher one with --\(name) HOST:PORT."
    case EADDRNOTAVAIL:
      "this machine does not have that address. Choose one that `ip address` shows, with --\(name) HOST:PORT."
    default:
      "\(error)"
    }
  }
}
