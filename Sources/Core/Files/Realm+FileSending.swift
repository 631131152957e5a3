import Wire

/// A file of ours that another realm fetches: what is still to be sent of what it has asked for.
struct FileSending {
  var id: String
  var at: Int64
  var end: Int64
  /// The next part is being read.
  var isReading = false
}

/// Files of this realm on their way to others: in parts, each read when the circuit has room for it. Messages have half
/// of the window to themselves, so that no film makes anybody wait.
extension Realm {
  func takeFileWanted(_ number: UInt64, _ id: String, from start: Int64, to end: Int64, by peer: Peer) {
    if var sending = peer.filesSent[number], sending.id == id {
      sending.end = max(sending.end, end)
      peer.filesSent[number] = sending
    } else {
      guard peer.filesSent.count < Limits.filesSentToRealm else {
        tell(.fileMissing(number: number, isBusy: true), to: peer)
        return
      }
      peer.filesSent[number] = FileSending(id: id, at: start, end: end)
    }
    sendOn(number, to: peer)
  }

  /// There is room again, perhaps.
  func goOnSendingFiles(to peer: Peer) { for number in peer.filesSent.keys { sendOn(number, to: peer) } }

  private func sendOn(_ number: UInt64, to peer: Peer) {
    guard var sending = peer.filesSent[number], !sending.isReading else { return }
    guard room(peer) > peer.window / 2 else {
      peer.awaitsRoom = true
      return
    }
    sending.isReading = true
    peer.filesSent[number] = sending
    let count = Int(min(Int64(Limits.filePartBytes), sending.end - sending.at))
    turn.files.append(
      .read(FilePartWish(realm: peer.name, number: number, id: sending.id, at: sending.at, count: count)))
  }

  func read(_ wish: FilePartWish, _ part: FilePart?) {
    guard let peer = peers[wish.realm], var sending = peer.filesSent[wish.number], sending.isReading,
      sending.id == wish.id, sending.at == wish.at
    else { return }
    guard let part else {
      peer.filesSent[wish.number] = nil
      tell(.fileMissing(number: wish.number, isBusy: false), to: peer)
      return
    }
    sending.isReading = false
    // Where it found no room it is read again.
    if tell(.filePart(number: wish.number, part.head, at: wish.at, part.bytes), to: peer) {
      sending.at += Int64(part.bytes.count)
    }
    peer.filesSent[wish.number] = sending.at < min(sending.end, part.head.size) ? sending : nil
    sendOn(wish.number, to: peer)
  }
}
