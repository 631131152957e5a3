import Wire

/// Registration by invitation: operators make codes, each good for so many accounts.
extension Realm {
  private func hash(ofCode text: String) -> [UInt8] {
    cryptography.expand(InvitationCode.plain(text), Array("moot invitation code".utf8), count: 32)
  }

  /// Takes a use of a code in hand, so that no other registration gets the same one. Returns its hash; nil where there
  /// is no such code, or it has no use left.
  func takeInHand(code text: String) -> [UInt8]? {
    let hash = hash(ofCode: text)
    guard let code = invitationCodes[hash] else { return nil }
    guard !code.isExpired(at: now) else {
      remove(code)
      return nil
    }
    guard code.uses > codesInHand[hash, default: 0] else { return nil }
    codesInHand[hash, default: 0] += 1
    return hash
  }

  /// Ends what `takeInHand` began; with the account that was made the code has one use less, in the same turn. Returns
  /// false for a code that was revoked meanwhile.
  func letGo(code hash: [UInt8], used: Bool) -> Bool {
    let others = codesInHand[hash, default: 1] - 1
    codesInHand[hash] = others > 0 ? others : nil
    guard var code = invitationCodes[hash] else { return false }
    guard used else { return true }
    code.uses -= 1
    if code.uses > 0 {
      invitationCodes[hash] = code
      turn.writes.append(.invitationCode(code))
    } else {
      remove(code)
    }
    return true
  }

  private func remove(_ code: InvitationCode) {
    invitationCodes[code.hash] = nil
    turn.writes.append(.invitationCodeRemoved(code.id))
  }

  // MARK: operators

  func administerInvitations(_ id: AdminID, _ request: AdminRequest) {
    for code in invitationCodes.values where code.isExpired(at: now) { remove(code) }
    let reply: AdminReply =
      switch request {
      case .createInvitation(let uses, let days, let note): create(uses: uses, days: days, note: note)
      case .revokeInvitation(let code): revoke(code)
      default: .invitations(invitationCodes.values.sorted { $0.id < $1.id })
      }
    turn.replies.append((id, reply))
  }

  private func create(uses: Int, days: Int, note: String) -> AdminReply {
    guard invitationCodes.count < Limits.invitationCodes else {
      return .refused("\(invitationCodes.count) codes are open already: revoke some first")
    }
    if diskLow { return .refused("The disk is full: make room first") }
    lastInvitationCode += 1
    var label = Array("invitation".utf8)
    label.appendUInt64(UInt64(lastInvitationCode))
    let text = InvitationCode.text(of: cryptography.expand(entropy, label, count: InvitationCode.randomBytes))
    let code = InvitationCode(
      id: lastInvitationCode, hash: hash(ofCode: text), uses: uses, created: now,
      expires: days == 0 ? 0 : now + Int64(days) * 86_400_000, note: note)
    invitationCodes[code.hash] = code
    turn.writes.append(.invitationCode(code))
    self.note("operator", "invitation code made", ["code": String(code.id), "uses": String(uses)])
    return .invitation(code, text: text, isNeeded: settings.registration == .invite)
  }

  private func revoke(_ id: Int64) -> AdminReply {
    guard let code = invitationCodes.values.first(where: { $0.id == id }) else {
      return .refused("There is no invitation \(id): it is used up, expired, or was never made")
    }
    remove(code)
    note("operator", "invitation code revoked", ["code": String(id)])
    return .done("invitation \(id) is revoked")
  }
}
