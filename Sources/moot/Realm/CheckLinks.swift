import Core
import Net
import Server

// What `moot check` looks at for the links to other realms.
extension Check {
  /// Key, neighbours and the ways to them.
  mutating func lookAtLinks(_ configuration: Configuration) {
    lookAtKey(configuration)
    let neighbours = configuration.neighbours
    guard !neighbours.isEmpty else { return add(.ok, "no links to other realms") }
    if configuration.relay.isEmpty {
      let mute = neighbours.filter { $0.relay == nil }.map(\.name)
      guard mute.isEmpty else {
        return add(
          .error,
          "no \"relay\" address, and none of \(mute.joined(separator: ", ")): nobody can dial; give one side \"relay\"")
      }
    }
    for neighbour in neighbours { lookAt(neighbour, of: configuration) }
  }

  private mutating func lookAtKey(_ configuration: Configuration) {
    do throws(RealmKeyError) {
      guard let key = try RealmKey.read(in: configuration.folder) else {
        return add(.ok, "no \(RealmKey.path(in: configuration.folder)) yet: the first start makes it")
      }
      if let problem = configuration.problem(with: key) {
        add(.error, problem)
      } else {
        add(.ok, "the realm's key is \(key.text)")
      }
    } catch {
      add(.error, error.description)
    }
  }

  /// Only whether something listens there: `moot link test` goes the whole way.
  private mutating func lookAt(_ neighbour: Neighbour, of configuration: Configuration) {
    guard let endpoint = neighbour.relay else {
      return add(.ok, "\(neighbour.name) has no \"relay\" address: it has to dial this realm")
    }
    do {
      let address = try SocketAddress.resolve(endpoint.description)
      _ = try BlockingStream.connect(to: address, timeoutMilliseconds: 3_000)
      add(.ok, "\(neighbour.name) answers at \(endpoint)")
    } catch let error as StreamError {
      let reason = if case .system(let error) = error { error.reason } else { error.description }
      add(.warning, "\(neighbour.name) at \(endpoint): \(reason); `moot link test \(neighbour.name)` tells more")
    } catch {
      add(.warning, "\(neighbour.name) at \(endpoint): \(error); correct its \"relay\" in the directory")
    }
  }
}
