import Core
import Glibc
import Net
import Store
import Wire

/// A file of another realm that is coming.
struct ComingFile {
  var file: IncomingFile
  var head: FileHead
}

/// Files between realms: the realm decides what goes where, and this reads and writes.
extension FileLoop {
  /// Reads a part of a file of this realm for another; nil: there is no such part.
  func part(_ wish: FilePartWish) -> FilePart? {
    do {
      guard let record = try reader.file(wish.id), let file = try disk.open(record.hash),
        wish.at < record.size || wish.at == 0
      else { return nil }
      let count = Int(min(Int64(min(wish.count, buffer.count)), record.size - wish.at))
      let (raw, base) = (file.raw, buffer.baseAddress)
      let read = try SystemCall.runNow("pread") { pread(raw, base, count, off_t(wish.at)) }
      // Less of it than there should be: what comes after is not where it belongs.
      guard read == count else { throw SystemError(call: "pread", code: EIO) }
      let head = FileHead(name: record.name, type: record.type, size: record.size, hash: record.hash)
      return FilePart(head: head, bytes: Array(buffer[..<count]))
    } catch {
      thread.log.error("files", "a file could not be read for another realm", ["why": "\(error)"])
      return nil
    }
  }

  func beginReceiving(_ file: FileElsewhere, _ head: FileHead) {
    do throws(SystemError) {
      guard disk.freeBytes - reserve >= head.size + promised else { throw SystemError(call: "write", code: ENOSPC) }
      coming[file] = ComingFile(file: try disk.makeIncoming(nextNumber()), head: head)
    } catch {
      return giveUp(file, error)
    }
    if head.size == 0 { keep(file) }
  }

  func receive(_ bytes: [UInt8], of file: FileElsewhere) {
    guard let coming = coming[file] else { return }  // given up already
    do throws(SystemError) {
      try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
        try coming.file.write(UnsafeRawBufferPointer(bytes))
      }
    } catch {
      return giveUp(file, error)
    }
    if coming.file.count == coming.head.size { keep(file) }
  }

  /// All of it is here. What it is, this realm judges by itself.
  private func keep(_ file: FileElsewhere) {
    guard let coming = coming.removeValue(forKey: file) else { return }
    let type = MediaType(claim: coming.head.type, head: coming.file.head[...])
    guard MediaType.isTaken(type.kind, by: settings.types) else {
      return tell(.notKept(file, "files of this type are not taken here"))
    }
    do throws(SystemError) {
      let hash = try disk.keep(coming.file, expecting: coming.head.hash)
      unrecorded[file] = hash
      tell(.fetched(file, StoredFile(id: file.text, type: type, size: coming.head.size, hash: hash)))
    } catch {
      giveUp(file, error)
    }
  }

  private func giveUp(_ file: FileElsewhere, _ error: SystemError) {
    coming[file] = nil
    thread.log.error(
      "files", "a file of another realm could not be kept", ["file": .text(file.text), "why": "\(error)"])
    switch error.code {
    case ENOSPC, EDQUOT: tell(.notKept(file, "the disk here is full"))
    case EBADMSG: tell(.notKept(file, "what came is not what it should be"))
    default: tell(.notKept(file, "it could not be stored here"))
    }
  }

  func endReceiving(_ file: FileElsewhere, _ waiting: [TransferID]) {
    coming[file] = nil
    unrecorded[file] = nil
    for id in waiting {
      guard let transfer = transfers[id], case .asking = transfer.stage else { continue }
      beginDownload(transfer, isFetched: true)
      updateInterest(transfer)
    }
  }
}
