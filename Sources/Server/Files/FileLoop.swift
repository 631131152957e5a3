import Core
import Glibc
import Net
import Store
import Wire

/// What the files thread does and has to itself: the transfers, and the folder of files.
final class FileLoop {
  private static let wakeUpToken: UInt64 = 0
  /// Milliseconds between two looks at how the transfers come on.
  private static let lookInterval: Int64 = 1_000

  let thread: FileThread
  let disk: FileFolder
  let reader: StoreReader
  let realm: String
  var settings: FileSettings
  private(set) var reserve: Int64
  private var poller: Poller
  var statistics = FileStatistics()

  private(set) var transfers: [TransferID: FileTransfer] = [:]
  private var perAddress: [String: Int] = [:]
  private var lastTransfer: TransferID = wakeUpToken
  /// The hashes of files that are on disk and of which the realm has been told, without an answer yet: no record names
  /// them, and they are to stay.
  private var unanswered: [TransferID: [UInt8]] = [:]
  /// Files of other realms that are coming; and the hashes of those that are here, as above.
  var coming: [FileElsewhere: ComingFile] = [:]
  var unrecorded: [FileElsewhere: [UInt8]] = [:]
  /// The parts of the folder that are still to be looked through for files that no record names.
  private var toSweep = 0..<FileFolder.parts

  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Limits.transferPiece, alignment: 16)
  private var now = Clock.monotonicMilliseconds()
  private var nextLook: Int64 = 0

  init(_ thread: FileThread, _ disk: FileFolder, _ reader: StoreReader, _ settings: Settings) throws(SystemError) {
    self.thread = thread
    self.disk = disk
    self.reader = reader
    self.settings = settings.files
    realm = settings.realm
    reserve = settings.limits.diskReserveBytes
    poller = try Poller()
    try poller.add(thread.wakeUp.descriptor, .read, token: Self.wakeUpToken)
  }

  deinit { buffer.deallocate() }

  /// Runs until the thread is told to stop.
  func run() {
    do throws(SystemError) {
      while try round() {}
    } catch {
      // Without its poller the thread can do nothing, and all transfers would hang.
      fatalError("files thread: \(error)")
    }
    for transfer in transfers.values { drop(transfer) }
    thread.publish(statistics)
  }

  /// False: it is to stop.
  private func round() throws(SystemError) -> Bool {
    let work = thread.takeWork()
    guard !work.isStopping else { return false }
    if let new = work.settings { (settings, reserve) = new }
    for connection in work.connections { begin(connection) }
    for order in work.orders { carryOut(order) }
    let count = try poller.wait(timeoutMilliseconds: timeout)
    now = Clock.monotonicMilliseconds()
    for index in 0..<count { handle(poller[index].token, poller[index].ready) }
    if now >= nextLook { look() }
    sweepOn()
    thread.publish(statistics)
    return true
  }

  private var timeout: Int {
    if !toSweep.isEmpty { return 0 }
    return transfers.isEmpty ? -1 : Int(max(0, nextLook - now))
  }

  private func handle(_ token: UInt64, _ ready: Poller.Interest) {
    guard token != Self.wakeUpToken else { return thread.wakeUp.clear() }
    guard let transfer = transfers[token] else { return }
    let hasFailed = !ready.isDisjoint(with: .failure)
    if transfer.interest.contains(.write), hasFailed || ready.contains(.write) {
      flush(transfer)
    } else if transfer.interest.contains(.read), hasFailed || ready.contains(.read) {
      read(transfer)
    } else if hasFailed {
      cut(transfer)
    }
  }

  // MARK: coming and going

  private func begin(_ connection: FileConnection) {
    let origin = connection.address.origin
    let isTooMany = origin.map { perAddress[$0, default: 0] >= Limits.transfersPerAddress } ?? false
    guard transfers.count < Limits.transfers, !isTooMany else {
      statistics.refused += 1
      var response = HTTPResponse(status: 503, text: "Too many files are on their way: try again in a moment.")
      response.fields = [HTTPField(name: "Retry-After", value: "5")]
      // Whether it arrives is not our concern: it is too many as it is.
      _ = try? connection.descriptor.send(response.bytes())
      connection.descriptor.endSending()
      return thread.admissions.leave(connection.address)
    }
    if let origin { perAddress[origin, default: 0] += 1 }
    let transfer = FileTransfer(nextNumber(), connection)
    transfers[transfer.id] = transfer
    statistics.transfers += 1
    setDeadline(transfer, seconds: thread.patienceSeconds)
    do throws(FileRequest.Refusal) {
      if let demand = try FileRequest.demand(connection.request, of: realm, from: connection.address.host) {
        transfer.stage = .asking
        tell(.asked(transfer.id, demand))
      } else if connection.request.path == Realm.uploadPath {
        try beginUpload(transfer)
      } else {
        beginDownload(transfer)
      }
    } catch {
      answer(transfer, error.response)
    }
    updateInterest(transfer)
  }

  /// Ends a transfer at once.
  private func drop(_ transfer: FileTransfer) {
    guard transfers.removeValue(forKey: transfer.id) != nil else { return }
    transfer.isGone = true
    transfer.stage = .draining  // closes its file
    statistics.transfers -= 1
    thread.admissions.leave(transfer.connection.address)
    // Closing ends it there as well, but the client thread may just be about to close its own descriptor of the socket.
    if transfer.isPolled { try? poller.remove(transfer.connection.descriptor) }
    guard let origin = transfer.connection.address.origin, let count = perAddress[origin] else { return }
    perAddress[origin] = count > 1 ? count - 1 : nil
  }

  /// The other end has gone, or is too slow.
  private func cut(_ transfer: FileTransfer) {
    if transfer.isUpload {
      statistics.cut += 1
      tell(.cut(transfer.id))
    }
    drop(transfer)
  }

  /// There are no more of these than there are transfers, and parts that other realms wait for.
  func tell(_ event: FileEvent) { thread.mailbox.postAlways(.file(event)) }

  private func setDeadline(_ transfer: FileTransfer, seconds: Int64) {
    transfer.moved = 0
    transfer.deadline = now + seconds * 1_000
  }

  /// Ends those that do not come on.
  private func look() {
    nextLook = now + Self.lookInterval
    for transfer in transfers.values where transfer.deadline <= now {
      switch transfer.stage {
      case .asking, .stored: setDeadline(transfer, seconds: thread.patienceSeconds)  // the realm takes its time
      case .receiving where transfer.moved < Limits.transferBytes:
        refuse(transfer, FileRequest.Refusal(408, "It came too slowly: try again over a better line."))
      case .sending where transfer.moved < Limits.transferBytes, .answered, .draining: cut(transfer)
      case .receiving, .sending: setDeadline(transfer, seconds: thread.patienceSeconds)
      }
    }
  }

  func updateInterest(_ transfer: FileTransfer) {
    guard !transfer.isGone else { return }
    let wanted: Poller.Interest =
      switch transfer.stage {
      case .asking, .stored: transfer.output.count > transfer.sent ? .write : []
      case .receiving: transfer.output.count > transfer.sent ? [.read, .write] : .read
      case .sending, .answered: .write
      case .draining: .read
      }
    guard wanted != transfer.interest || !transfer.isPolled else { return }
    do throws(SystemError) {
      if transfer.isPolled {
        try poller.change(transfer.connection.descriptor, wanted, token: transfer.id)
      } else {
        try poller.add(transfer.connection.descriptor, wanted, token: transfer.id)
      }
      transfer.isPolled = true
      transfer.interest = wanted
    } catch {
      cut(transfer)
    }
  }

  // MARK: uploads

  private func beginUpload(_ transfer: FileTransfer) throws(FileRequest.Refusal) {
    let request = transfer.connection.request
    if request.method == "OPTIONS" { return answer(transfer, FileRequest.options(settings)) }
    let offer = try FileRequest.offer(request, from: transfer.connection.address.host, settings)
    transfer.stage = .asking
    transfer.body = offer.body
    transfer.claim = offer.claim
    transfer.waits = offer.waits
    tell(.asked(transfer.id, offer.demand))
  }

  private func carryOut(_ order: FileOrder) {
    switch order {
    case .take(let id, let most):
      guard let transfer = transfers[id], case .asking = transfer.stage else { return }
      accept(transfer, most)
    case .answer(let id, let response):
      unanswered[id] = nil
      if let transfer = transfers[id] { answer(transfer, response) }
    case .read(let wish): tell(.read(wish, part(wish)))
    case .receive(let file, let head): beginReceiving(file, head)
    case .piece(let file, let bytes): receive(bytes, of: file)
    case .endReceiving(let file, let waiting): endReceiving(file, waiting)
    case .removed(let hashes): for hash in hashes { removeUnlessKept(hash) }
    case .sweep: toSweep = 0..<FileFolder.parts
    }
  }

  /// The realm takes the file: from now on it is read.
  private func accept(_ transfer: FileTransfer, _ most: Int64) {
    transfer.most = most
    do throws(SystemError) {
      guard disk.freeBytes - reserve >= most + promised else { throw SystemError(call: "write", code: ENOSPC) }
      transfer.stage = .receiving(try disk.makeIncoming(transfer.id))
    } catch {
      return refuse(transfer, error)
    }
    setDeadline(transfer, seconds: thread.patienceSeconds)
    if transfer.waits { transfer.output = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8) }
    transfer.connection.rest.withUnsafeBytes { receive(transfer, $0) }
    if transfer.waits, !transfer.isGone { flush(transfer) } else { updateInterest(transfer) }
  }

  /// Bytes that others may still send.
  var promised: Int64 {
    let uploads = transfers.values.reduce(Int64(0)) { sum, transfer in
      guard case .receiving(let file) = transfer.stage else { return sum }
      return sum + max(0, transfer.most - file.count)
    }
    return coming.values.reduce(uploads) { $0 + $1.head.size - $1.file.count }
  }

  /// A number that no other file has that is coming.
  func nextNumber() -> TransferID {
    lastTransfer += 1
    return lastTransfer
  }

  private func read(_ transfer: FileTransfer) {
    do throws(SystemError) {
      guard let count = try transfer.connection.descriptor.read(into: buffer) else { return }
      guard count > 0 else { return cut(transfer) }
      statistics.bytesIn += count
      transfer.moved += count
      receive(transfer, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    } catch {
      return cut(transfer)
    }
    updateInterest(transfer)
  }

  /// Takes a part of the body. What comes behind the body is not looked at.
  private func receive(_ transfer: FileTransfer, _ bytes: UnsafeRawBufferPointer) {
    guard case .receiving(let file) = transfer.stage else { return }
    var at = 0
    do {
      while let part = try transfer.body.next(bytes, &at) {
        guard file.count + Int64(part.count) <= transfer.most else {
          throw FileRequest.Refusal(413, "It has more than \(transfer.most) bytes: no more are taken of it.")
        }
        let isJudged = file.head.count >= MediaType.headBytes
        try file.write(part)
        if !isJudged, file.head.count >= MediaType.headBytes { _ = try judge(transfer, file) }
      }
      guard transfer.body.isComplete else { return }
      let type = try judge(transfer, file)
      let hash = try disk.keep(file)
      transfer.stage = .stored
      unanswered[transfer.id] = hash
      tell(.stored(transfer.id, StoredFile(id: FileRequest.makeID(), type: type, size: file.count, hash: hash)))
    } catch let error as FileRequest.Refusal {
      refuse(transfer, error)
    } catch let error as SystemError {
      refuse(transfer, error)
    } catch {
      refuse(transfer, FileRequest.Refusal(400, "The chunks of the body cannot be read."))
    }
  }

  /// What the file is, now that its beginning is here. What says to be something else is taken as a file of bytes.
  private func judge(_ transfer: FileTransfer, _ file: IncomingFile) throws(FileRequest.Refusal) -> MediaType {
    let type = MediaType(claim: transfer.claim, head: file.head[...])
    guard MediaType.isTaken(type.kind, by: settings.types) else { throw FileRequest.notTaken(settings) }
    return type
  }

  /// Ends an upload that the realm has let in.
  private func refuse(_ transfer: FileTransfer, _ refusal: FileRequest.Refusal) {
    tell(.cut(transfer.id))
    statistics.refused += 1
    answer(transfer, refusal.response)
  }

  private func refuse(_ transfer: FileTransfer, _ error: SystemError) {
    thread.log.error("files", "a file could not be stored", ["why": "\(error)"])
    let isFull = error.code == ENOSPC || error.code == EDQUOT
    let text = isFull ? "The server's disk is full" : "The server could not store it"
    refuse(transfer, FileRequest.Refusal(isFull ? 507 : 500, "\(text): tell those who run it, or try again later."))
  }

  // MARK: downloads

  /// - Parameter isFetched: if it is another realm's: it was just asked for there.
  func beginDownload(_ transfer: FileTransfer, isFetched: Bool = false) {
    let request = transfer.connection.request
    do {
      let (id, elsewhere) = try FileRequest.file(request, of: realm)
      guard let record = try reader.file(elsewhere?.text ?? id) else {
        guard let elsewhere, !isFetched else { throw FileRequest.missing }
        transfer.stage = .asking
        return tell(.wanted(transfer.id, elsewhere))
      }
      let (head, part) = FileRequest.answer(request, record)
      guard let part else { return answer(transfer, head) }
      guard let descriptor = try disk.open(record.hash) else {
        thread.log.error("files", "a file is missing in the data folder", ["file": .text(record.id)])
        throw FileRequest.missing
      }
      transfer.output = head.head(length: Int64(part.count))
      let isEmpty = request.method == "HEAD" || part.isEmpty
      transfer.stage = isEmpty ? .answered : .sending(OutgoingFile(descriptor, part))
    } catch let refusal as FileRequest.Refusal {
      answer(transfer, refusal.response)
    } catch {
      thread.log.error("files", "a file could not be read", ["why": "\(error)"])
      answer(transfer, HTTPResponse(status: 500, text: "The server cannot read it now: try again later."))
    }
  }

  /// Queues an answer; the connection ends with it.
  private func answer(_ transfer: FileTransfer, _ response: HTTPResponse) {
    let request = transfer.connection.request
    let response = request.path == Realm.uploadPath ? FileRequest.shared(response) : response
    transfer.output = response.bytes(headOnly: request.method == "HEAD")
    transfer.sent = 0
    transfer.stage = .answered
    setDeadline(transfer, seconds: Limits.answerSeconds)
    flush(transfer)
  }

  /// Sends as much as the socket takes in one call.
  private func flush(_ transfer: FileTransfer) {
    guard !transfer.isGone else { return }
    do throws(SystemError) {
      if transfer.sent < transfer.output.count {
        let count = try transfer.connection.descriptor.send(transfer.output, from: transfer.sent) ?? 0
        transfer.sent += count
        statistics.bytesOut += count
      } else if case .sending(let file) = transfer.stage {
        guard try send(file, transfer) else { return cut(transfer) }
      }
    } catch {
      return cut(transfer)
    }
    endIfSent(transfer)
    updateInterest(transfer)
  }

  /// Sends a piece of a file. False: there is less of it than there should be.
  private func send(_ file: OutgoingFile, _ transfer: FileTransfer) throws(SystemError) -> Bool {
    let wanted = Int(min(Int64(buffer.count), file.end - file.at))
    let (raw, at) = (file.descriptor.raw, file.at)
    let count = try SystemCall.runNow("pread") { pread(raw, buffer.baseAddress, wanted, off_t(at)) }
    guard count > 0 else { return false }
    let sent = try transfer.connection.descriptor.send(UnsafeRawBufferPointer(rebasing: buffer[..<count])) ?? 0
    file.at += Int64(sent)
    transfer.moved += sent
    statistics.bytesOut += sent
    return true
  }

  private func endIfSent(_ transfer: FileTransfer) {
    guard transfer.sent == transfer.output.count else { return }
    switch transfer.stage {
    case .sending(let file) where file.at == file.end: break
    case .answered: break
    default: return
    }
    transfer.connection.descriptor.endSending()
    transfer.stage = .draining
    // An upload that was refused may still be coming, and its client reads the answer after that.
    setDeadline(transfer, seconds: transfer.body.isComplete ? Limits.closeSeconds : Limits.headSeconds)
  }

  // MARK: files that nobody wants any more

  private func sweepOn() {
    guard let part = toSweep.first else { return }
    toSweep = toSweep.dropFirst()
    for hash in disk.hashes(in: part) { removeUnlessKept(hash) }
  }

  private func removeUnlessKept(_ hash: [UInt8]) {
    guard !unanswered.values.contains(hash), !unrecorded.values.contains(hash) else { return }
    do {
      if try !reader.isFileKept(hash) { disk.remove(hash) }
    } catch {
      // It stays, and the next sweep looks at it again.
      thread.log.error("files", "it is not known whether a file is still wanted", ["why": "\(error)"])
    }
  }
}
