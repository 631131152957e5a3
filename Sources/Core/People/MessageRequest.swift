/// Somebody who has written to an account for the first time, and waits to be let in.
struct MessageRequest {
  /// Where its messages lie in the log, hidden from the addressee.
  var positions: [Position] = []
}

/// A message that waits.
package struct MessageRequestRecord: Equatable, Sendable {
  package var person: PersonID
  package var sender: PersonID
  package var position: Position
  package init(person: PersonID, sender: PersonID, position: Position) {
    self.person = person
    self.sender = sender
    self.position = position
  }
}

/// What guests have said to an account that lets strangers wait. As nothing of it is kept, it waits as long as both are
/// connected.
struct GuestRequests {
  /// What is shown to those sessions that have some capabilities.
  struct Waiting {
    var line: Outgoing
    var needed: Capabilities
  }

  var waiting = Table<PersonID, [Waiting]>()
  var letIn: Set<PersonID> = []
}
