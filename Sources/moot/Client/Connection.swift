import Glibc
import Net

/// A session that is made anew whenever it is lost, and then brings what was missed: nothing twice, nothing left out.
final class Connection {
  enum News {
    /// Logged in; `again` where it had been before.
    case connected(again: Bool)
    /// All that was missed has been told.
    case caughtUp
    case lost(String)
    case happened(Happening)
    /// The answer to a labelled request.
    case answered(label: String, [Message])
    /// What belongs to no conversation.
    case message(Message)
  }

  /// Seconds of silence after which the realm is asked for a sign of life, and after half as many again given up.
  private static let silence: Int64 = 60
  /// Ids remembered, to tell what is missed from what was seen: more than arrive within the second that overlaps.
  private static let remembered = 4_096

  let login: Login
  private(set) var session: ClientSession?
  private var queue: [News] = []
  private var wasConnected = false
  /// The time of the newest happening seen.
  private var newest: Int64
  private var seen: Set<String> = []
  private var seenInOrder: [String] = []
  private var attempts = 0
  private var nextAttempt: Int64 = 0
  private var lastHeard: Int64 = 0
  private var isAsked = false

  init(_ login: Login) {
    self.login = login
    newest = Client.now
  }

  /// Whether `next` returns at once.
  var hasNews: Bool { !queue.isEmpty || session?.hasArrivals ?? false }

  /// Milliseconds until there is something to do even if nothing arrives.
  var patience: Int {
    if hasNews { return 0 }
    let now = Clock.monotonicMilliseconds()
    if session == nil { return Int(max(0, nextAttempt - now)) }
    return Int(max(0, lastHeard + Self.silence * (isAsked ? 1_500 : 1_000) - now))
  }

  /// The next piece of news; nil if there is none in time. Fails where trying again cannot help.
  func next(timeoutMilliseconds: Int) throws(Failure) -> News? {
    if !queue.isEmpty { return queue.removeFirst() }
    guard let session else { return try reconnect(timeoutMilliseconds) }
    do throws(Failure) {
      if let arrival = try session.next(timeoutMilliseconds: min(timeoutMilliseconds, patience)) {
        lastHeard = Clock.monotonicMilliseconds()
        isAsked = false
        return news(arrival, nick: session.nick)
      }
      try keepAlive(session)
      return nil
    } catch {
      return lose(error)
    }
  }

  /// Sends a line with a label; nil if there is no connection.
  func send(_ line: String) -> String? {
    guard let session else { return nil }
    do throws(Failure) {
      return try session.sendLabelled(line)
    } catch {
      queue.append(lose(error))
      return nil
    }
  }

  private func reconnect(_ timeoutMilliseconds: Int) throws(Failure) -> News? {
    let now = Clock.monotonicMilliseconds()
    guard now >= nextAttempt else {
      // Nothing to wait for but the time itself.
      _ = poll(nil, 0, Int32(clamping: min(Int64(timeoutMilliseconds), nextAttempt - now)))
      return nil
    }
    do throws(Failure) {
      // Short, because whoever types in a chat waits meanwhile; it is tried again soon.
      let session = try Client.open(login, connectMilliseconds: 2_000)
      queue += wasConnected ? try missed(session) + [.caughtUp] : []
      self.session = session
      let again = wasConnected
      wasConnected = true
      attempts = 0
      lastHeard = Clock.monotonicMilliseconds()
      isAsked = false
      return .connected(again: again)
    } catch {
      guard error.code == Failure.Code.unreachable.rawValue, wasConnected else { throw error }
      wait()
      return nil
    }
  }

  private func wait() {
    let delay: Int64 = min(30_000, 500 << Int64(min(attempts, 6)))
    attempts += 1
    nextAttempt = Clock.monotonicMilliseconds() + delay + Int64.random(in: 0...delay / 4)
  }

  private func lose(_ failure: Failure) -> News {
    session = nil
    attempts = 0
    nextAttempt = 0
    wait()
    return .lost(failure.message ?? "the connection is lost")
  }

  private func keepAlive(_ session: ClientSession) throws(Failure) {
    let silent = Clock.monotonicMilliseconds() - lastHeard
    if silent >= Self.silence * 1_500 { throw Failure(.unreachable, "\(login.realm) is silent: connecting again") }
    if silent >= Self.silence * 1_000, !isAsked {
      isAsked = true
      try session.send("PING :moot")
    }
  }

  /// What happened since the newest that was seen.
  private func missed(_ session: ClientSession) throws(Failure) -> [News] {
    // A second earlier, because several things can happen within one; those seen before are left out.
    let since = newest - 1_000
    var happenings: [Happening] = []
    for (target, _) in try session.conversations(since: since) {
      let messages = try session.history(after: Text.point(since), of: target, count: 1_000)
      happenings += messages.compactMap { Happening($0, nick: session.nick, now: newest) }
    }
    happenings.sort { $0.time < $1.time }
    return happenings.filter(remember).map { .happened($0) }
  }

  private func news(_ arrival: Arrival, nick: String) -> News? {
    switch arrival {
    case .response(let label, let messages):
      for message in messages {
        if let happening = Happening(message, nick: nick, now: Client.now) { _ = remember(happening) }
      }
      return .answered(label: label, messages)
    case .message(let message):
      guard let happening = Happening(message, nick: nick, now: Client.now) else { return .message(message) }
      return remember(happening) ? .happened(happening) : nil
    case .batch(_, let messages):
      for message in messages {
        if let one = news(.message(message), nick: nick) { queue.append(one) }
      }
      return queue.isEmpty ? nil : queue.removeFirst()
    }
  }

  /// False if it was seen before.
  private func remember(_ happening: Happening) -> Bool {
    newest = max(newest, happening.time)
    guard !happening.id.isEmpty else { return true }
    guard seen.insert(happening.id).inserted else { return false }
    seenInOrder.append(happening.id)
    if seenInOrder.count > Self.remembered {
      for id in seenInOrder.prefix(Self.remembered / 2) { seen.remove(id) }
      seenInOrder.removeFirst(Self.remembered / 2)
    }
    return true
  }
}
