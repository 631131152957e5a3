/// What the operator decides about a realm, checked before it gets here. All of it can change while the realm runs.
package struct Settings: Equatable, Sendable {
  /// Who may register an account.
  package enum Registration: String, Sendable, CaseIterable {
    case open, invite, closed
  }

  /// Whose first private message waits until the addressee lets it in.
  package enum Requests: String, Sendable, CaseIterable {
    /// Nobody's.
    case none
    /// That of people of other realms.
    case elsewhere
    /// That of everybody.
    case all
  }

  /// A person who may use OPER.
  package struct Operator: Equatable, Sendable {
    package var name: String
    package var verifier: Verifier
    package init(name: String, verifier: Verifier) {
      self.name = name
      self.verifier = verifier
    }
  }

  /// The realm's name, a short label: what stands after `/` in addresses.
  package var realm: String
  /// What people call it: ISUPPORT NETWORK.
  package var title: String
  /// What IRC calls the server: the source of numerics.
  package var serverName: String
  /// Asked of every client as PASS; nil where there is none.
  package var password: String?
  package var registration = Registration.open
  package var registerBeforeConnect = true
  package var guests = false
  /// For accounts that have not decided otherwise.
  package var requests = Requests.none
  package var nickIsAccount = true
  package var operators: [Operator] = []
  /// Of PBKDF2-HMAC-SHA256, for passwords set from now on. RFC 7677, section 4, wants at least 4096.
  package var passwordIterations = 100_000
  /// The message of the day, a line each.
  package var motd: [String] = []
  /// What ADMIN tells, up to three lines: where it is, who runs it, how they are reached.
  package var admin: [String] = []
  /// The client-only tags that are removed from what is said here.
  package var refusedTags = RefusedTags([])
  package var limits = Limits()
  /// The other realms of the directory, by name.
  package var directory: [KnownRealm] = []
  /// Whether what is for other realms is passed on.
  package var transit = true
  /// Where browsers reach the web endpoint, `https://chat.example.org`, without a slash at the end; nil where nobody
  /// knows.
  package var webAddress: String?
  package var files = FileSettings()

  /// What the directory says of another realm.
  package struct KnownRealm: Equatable, Sendable {
    package var name: String
    package var title: String
    /// Ed25519, 32 bytes; nil where the first key seen is trusted.
    package var key: [UInt8]?
    /// Whether it is linked to this realm.
    package var isNeighbour: Bool
    package init(name: String, title: String, key: [UInt8]?, isNeighbour: Bool) {
      self.name = name
      self.title = title
      self.key = key
      self.isNeighbour = isNeighbour
    }
  }

  package init(realm: String, title: String? = nil, serverName: String? = nil) {
    self.realm = realm
    self.title = title ?? realm
    self.serverName = serverName ?? realm
  }
}
