/// A durable fact. A turn's writes are committed in one transaction, in the order given, before anything that follows
/// from them is released. `Store` applies them; none can fail on a sound disk.
package enum Write: Equatable, Sendable {
  /// Appends to the log. For a group the store also keeps `number` as the group's last.
  case entry(Entry)
  /// Leaves of an entry, and of its newest edit, no more than that it was there (`EntryKind.removed`).
  case erased(Position)
  /// An entry says from now on what another one says that edits it; the edit before that one is erased.
  case edited(Position, by: Position)
  /// A replica's log has an entry from now on as the group's home has it: kind, nick, tags, body and link.
  case corrected(Entry)
  /// Notes an entry of a replica's log that takes another back or edits it, which is still to be found.
  case revision(Position)
  /// It was done what that entry says.
  case revised(Position)
  /// An entry of a replica's log takes back or edits a message from before that log begins: the edit of it that the log
  /// has is erased, by the same author or by taking back.
  case stray(Position, of: MessageID)

  /// Erases what is too old to be kept.
  case aged(Aged)

  case account(AccountRecord, Verifier)
  case accountFlags(PersonID, AccountFlags)
  case verifier(PersonID, Verifier)
  /// Removes all that belongs to the account alone (devices, markers, verifier, metadata, preferences, pushes, files,
  /// invitations of other realms) and sets `.deleted`; its messages and its name stay. Memberships are ended by entries
  /// and `memberRemoved` of their own.
  case accountDeleted(PersonID)

  /// A new code, or what is left of one.
  case invitationCode(InvitationCode)
  case invitationCodeRemoved(Int64)

  case webhook(Webhook)
  /// A new one, or how far it has come.
  case outgoingWebhook(OutgoingWebhook)
  /// Removes one of either kind, with its keys.
  case webhookRemoved(Int64)
  /// What a post called its message; older keys of the same webhook than are needed go.
  case webhookKey(WebhookKey)

  case push(PushRegistration)
  case pushRemoved(PersonID, endpoint: String)

  case file(FileRecord)
  case fileRemoved(String)

  case device(DeviceRecord, tokenHash: [UInt8]?)
  case devicePosition(DeviceID, Position, lastUsed: Milliseconds)
  case deviceRemoved(DeviceID)
  case readMarker(PersonID, ReadMarker)
  /// What a person or a group shows under a key; nil removes it.
  case metadata(Target, key: String, value: String?)
  /// What an account has decided about a conversation; nothing removes it.
  case preference(PersonID, PreferenceTarget, Preference)
  /// A message, hidden from its addressee, waits until that lets its sender in.
  case messageRequest(PersonID, from: PersonID, Position)
  /// Nothing of that sender waits any more.
  case messageRequestEnded(PersonID, from: PersonID)

  /// A message of an account that can be sent again. So many of the newest are kept as `Limits.sentMessages` says.
  case sent(PersonID, SentMessage)
  /// It was refused.
  case sentForgotten(PersonID, MessageID)

  case group(GroupID, name: String, founder: PersonID, created: Milliseconds, modes: GroupModes)
  /// Ends a group: its members, masks and invitations go, its log stays, its name is free.
  case groupRemoved(GroupID)
  case groupRenamed(GroupID, name: String)
  case groupModes(GroupID, GroupModes)
  case groupTopic(GroupID, Topic?)
  /// A new member, or a member's new ranks.
  case member(GroupID, MemberRecord)
  case memberRemoved(GroupID, PersonID)
  case mask(GroupID, MaskRecord)
  case maskRemoved(GroupID, MaskList, mask: String)
  case invited(PersonID, Invitation)
  case invitationRemoved(PersonID, Invitation.Goal)
  /// Somebody has been told of all invitations so far.
  case invitationsTold(PersonID)

  // Other realms.

  /// Somebody of another realm, named `bob/beta`: the same table of names and ids as the accounts, without a password.
  case person(AccountRecord)
  /// Makes a group that `.group` has made, or a snapshot has replaced, the replica of one of another realm.
  case replica(GroupID, GroupHome)
  /// The home of a replica was set back: what the replica's log has after a position is set apart, and the log goes on
  /// after the entry named. Members, modes and topic wait for a snapshot.
  case replicaSetBack(GroupID, to: EntryMark, after: Position)
  /// Replaces name, members, masks, modes, topic and the last number of a replica by a snapshot's, or makes it.
  case groupReplaced(GroupState)
  /// Appends envelopes to the outbox of a realm.
  case outbox(OutboxRow)
  /// All envelopes up to this one have been applied by the realm. They stay for a while.
  case acknowledged(realm: String, EnvelopeName)
  /// Deletes acknowledged rows that were posted before that time: some thousands, the oldest first, so that no turn
  /// takes long over it.
  case outboxTrimmed(realm: String, before: Milliseconds)
  /// Up to this envelope, all of that epoch of a realm are applied.
  case applied(realm: String, EnvelopeName)
  /// A realm has refused a message of ours. So many of the newest are kept as `Limits.refusalsRemembered` says.
  case refused(RefusedMessage)
  case realm(RealmRecord)
  /// Deletes a realm's record, its outbox and positions.
  case realmForgotten(String)
}
