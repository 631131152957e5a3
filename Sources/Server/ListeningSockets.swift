import Glibc
import Net

/// The sockets of a realm that clients and other realms connect to.
struct ListeningSockets {
  /// For clients.
  private(set) var listeners: [Listener] = []
  /// For other realms.
  private(set) var doors: [RelayListener] = []
  /// Where they really are: a port given as 0 was chosen by the system.
  private(set) var irc: [SocketAddress] = []
  private(set) var web: [SocketAddress] = []
  private(set) var relay: [SocketAddress] = []

  init(_ configuration: Configuration) throws(DaemonError) {
    for text in configuration.irc {
      listeners.append(Listener(.irc, adopting: try Self.open(text, "irc", &irc)))
    }
    for text in configuration.web {
      listeners.append(Listener(.web, adopting: try Self.open(text, "web", &web)))
    }
    for text in configuration.relay {
      doors.append(RelayListener(adopting: try Self.open(text, "relay", &relay)))
    }
  }

  private static func open(
    _ text: String, _ name: String, _ addresses: inout [SocketAddress]
  ) throws(DaemonError) -> Descriptor {
    do {
      let descriptor = try Descriptor.listening(on: try SocketAddress.resolve(text))
      addresses.append(try descriptor.localAddress())
      return descriptor
    } catch let error as SystemError {
      throw DaemonError("cannot listen on \(text) for \(name): \(remedy(error, name))")
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
