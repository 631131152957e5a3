/// What the realm has in memory, put in order for whoever compares it with the store: the simulator and tests.
package struct Inspection: Equatable, Sendable {
  /// An account or guest that is connected.
  package struct Person: Equatable, Sendable {
    package var id: PersonID
    package var nick: String
    package var sessions: Int
    package var away: Bool
    package var groups: [GroupID]
    package var readMarkers: [ReadMarker]
    package var devices: [DeviceRecord]
  }

  package var accounts: [AccountRecord]
  package var groupNames: [GroupRecord]
  /// The groups in memory, whole, with members and invited in order of their ids.
  package var groups: [GroupState]
  package var people: [Person]

  // What must be nothing once nothing is under way.

  /// Bytes of commands that wait for an earlier one.
  package var pendingBytes = 0
  package var heldBackLines = 0
  package var replays = 0
  package var labelledAnswers = 0
  /// Asks under way, loads under way, and names that are being registered.
  package var continuations = 0
  package var loads = 0
  package var reservedNames = 0
  /// Groups in memory although nobody connected is in them.
  package var idleGroups = 0
  package var pins = 0
}

extension Realm {
  /// What is in memory, at the end of a turn.
  package var inspection: Inspection {
    var inspection = Inspection(
      accounts: accounts.values.sorted { $0.id < $1.id },
      groupNames: restingGroups.map {
        GroupRecord(id: $0.key, name: $0.value, home: homes[$0.key])
      }.sorted { $0.id < $1.id },
      groups: groups.values.map(\.state).sorted { $0.id < $1.id },
      people: users.values.map(\.inspection).sorted { $0.id < $1.id })
    for session in sessions.joined().compactMap({ $0 }) {
      inspection.pendingBytes += session.pending.count
      inspection.heldBackLines += session.replay?.heldBack.count ?? 0
      inspection.replays += session.replay == nil ? 0 : 1
      inspection.labelledAnswers += session.response == nil ? 0 : 1
    }
    inspection.continuations = continuations.count
    inspection.loads = loadingGroups.count + loadingAccounts.count + loadedAccounts.count
    inspection.reservedNames = reservedNames.count
    inspection.idleGroups = groups.values.filter { $0.liveMembers == 0 && !$0.isFollowed }.count
    inspection.pins = groups.values.reduce(0) { $0 + $1.pins }
    return inspection
  }

  /// Over how many links another realm is reached; nil while there is no way.
  package func links(to realm: String) -> Int? { peers[realm]?.route?.links }
}

extension Group {
  /// The group as the store keeps it.
  var state: GroupState {
    GroupState(
      id: id, name: name, created: created, founder: founder, modes: modes, topic: topic, lastNumber: lastNumber,
      members: zip(members.keys, members.values)
        .map { MemberRecord(person: $0, ranks: $1.ranks, since: $1.since) }.sorted { $0.person < $1.person },
      masks: masks, invited: invited.keys.sorted(), home: home, lastID: lastID,
      lastTime: lastTime, stateNumber: stateNumber)
  }
}

extension User {
  fileprivate var inspection: Inspection.Person {
    Inspection.Person(
      id: id, nick: nick, sessions: sessions.count, away: away != nil, groups: groups.keys.sorted(),
      readMarkers: zip(readMarkers.keys, readMarkers.values).map { ReadMarker(target: $0, time: $1) }
        .sorted { $0.time < $1.time },
      devices: devices.sorted { $0.id < $1.id })
  }
}
