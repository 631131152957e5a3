import Wire

/// Whether people of other realms are there.
extension Realm {
  /// With what somebody elsewhere is away, where that is known; nil for here and for unknown.
  func knownAway(_ person: PersonID) -> String? { nil }
}
