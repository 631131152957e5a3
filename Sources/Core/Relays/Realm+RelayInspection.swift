/// What the realm holds in memory for others, all of which is bounded: for the simulator and tests.
package struct RelayInspection: Equatable, Sendable {
  /// For another realm.
  package struct OfPeer: Equatable, Sendable {
    package var realm: String
    /// Of envelopes that it has not acknowledged, and the most of them on behalf of one account.
    package var outboxBytes = 0
    package var outboxShare = 0
    /// Said on its circuit and not acknowledged; and what may be.
    package var bytesUnacknowledged = 0
    package var window = 0
    /// What has come over its circuit and waits, and the epochs that were heard of on it.
    package var inboxBytes = 0
    package var inboxEpochs = 0
    package var appliedEpochs = 0
    package var unsaid = 0
    package var watched = 0
    package var answering = 0
    package var refused = 0
    package var signals = 0
    /// Members and masks of snapshots that are coming in.
    package var snapshotRows = 0

    package init(realm: String) { self.realm = realm }
  }

  /// Of a link.
  package struct OfLink: Equatable, Sendable {
    package var realm: String
    package var bytesUnsent = 0
    /// What is passed on and waits, and the most of it from one origin.
    package var transitBytes = 0
    package var transitShare = 0
    package var circuitsPassed = 0

    package init(realm: String) { self.realm = realm }
  }

  package var peers: [OfPeer] = []
  package var links: [OfLink] = []
  package var sessions = 0
  package var requests = 0
  package var queries = 0
  package var echoes = 0
  /// Messages to groups whose senders may have to be told that they wait.
  package var waiting = 0
  /// Messages to groups that their homes have lost, and may get again.
  package var returning = 0
  package var announcements = 0
  package var announcedLinks = 0
  package var peopleElsewhere = 0

  package init() {}
}

extension Realm {
  /// At the end of a turn.
  package var relayInspection: RelayInspection {
    var inspection = RelayInspection()
    inspection.peers = peers.values.map(\.inspection)
    inspection.links = relays.links.values.map(\.inspection)
    inspection.sessions = sessionCount
    inspection.requests = requests.count
    inspection.queries = queries.count
    inspection.echoes = echoes.count
    inspection.waiting = waitingOrder.count
    inspection.returning = returning.count
    inspection.announcements = relays.announcements.count
    inspection.announcedLinks = relays.announcedLinks
    inspection.peopleElsewhere = peopleElsewhere
    return inspection
  }
}

extension Peer {
  fileprivate var inspection: RelayInspection.OfPeer {
    var inspection = RelayInspection.OfPeer(realm: name)
    inspection.outboxBytes = outbox.bytes
    inspection.outboxShare = outbox.largestShare
    inspection.bytesUnacknowledged = circuit?.bytesUnacknowledged ?? 0
    inspection.window = window
    inspection.inboxBytes = inbox.bytes
    inspection.inboxEpochs = inbox.numbers.count
    inspection.appliedEpochs = applied.count
    inspection.unsaid = sharing.unsaid.count
    inspection.watched = sharing.watched.count
    inspection.answering = sharing.answering
    inspection.refused = refused.count
    inspection.signals = signals.count
    for following in sharing.following.values {
      let rows = following.parts.reduce(0) { $0 + $1.members.count + $1.masks.count }
      inspection.snapshotRows = max(inspection.snapshotRows, rows)
    }
    return inspection
  }
}

extension LiveLink {
  fileprivate var inspection: RelayInspection.OfLink {
    var inspection = RelayInspection.OfLink(realm: realm)
    inspection.bytesUnsent = bytesUnsent
    inspection.transitBytes = transit.weight
    inspection.transitShare = transit.largestShare
    inspection.circuitsPassed = passed.count
    return inspection
  }
}
