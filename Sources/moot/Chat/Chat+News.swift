import Wire

extension Chat {
  func take(_ news: Connection.News) {
    switch news {
    case .connected(let again): connected(again)
    case .caughtUp: reportUnconfirmed()
    case .lost(let reason): lost(reason)
    case .happened(let happening): take(happening)
    case .answered(let label, let messages):
      guard let request = requests.removeValue(forKey: label) else { return }
      take(messages, for: request)
    case .message(let message): take(message)
    }
  }

  private func connected(_ again: Bool) {
    screen.print(again ? "connected again" : "connected to \(realm) as \(nick); /help tells what there is", .dim)
    guard !again else { return }
    request("CHATHISTORY TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=1970-01-01T00:00:00.000Z 50", .targets)
  }

  private func lost(_ reason: String) {
    for request in requests.values {
      if case .message(let text, let target) = request { unconfirmed.append((text, target)) }
    }
    requests = [:]
    screen.print("\(reason); connecting again", .red)
  }

  /// Says which messages did not get through. They are not sent again by themselves: the realm may have them, and
  /// what was missed has shown whether it has.
  private func reportUnconfirmed() {
    for (text, target) in unconfirmed {
      screen.print("not sent to \(target): \(text)   (the up key brings it back)", .red)
    }
    unconfirmed = []
  }

  func take(_ happening: Happening) {
    if happening.isOwn,
      let index = unconfirmed.firstIndex(where: {
        $0.text == happening.text && fold($0.target) == fold(happening.conversation)
      })
    {
      unconfirmed.remove(at: index)
    }
    toldAway[fold(happening.from)] = nil
    switch conversations.take(happening) {
    case .show: if awaited == nil { show(happening) }
    case .announce(let number):
      let from = happening.from == happening.conversation ? "" : " (\(happening.from))"
      screen.print(Output.harmless("[\(number)] \(happening.conversation)\(from): \(happening.text)"), .notice)
    case .nothing: break
    }
    if happening.isOwn, happening.kind == .part, let index = conversations.index(of: happening.conversation) {
      conversations.remove(index)
    }
  }

  private func take(_ messages: [Message], for request: Request) {
    switch request {
    case .message(let text, let target): takeSent(messages, text, target)
    case .targets:
      // The newest last: it is to stand first.
      for message in messages.reversed() where message.command == "CHATHISTORY" && message[0] == "TARGETS" {
        _ = conversations.ensure(message[1])
        self.request("MARKREAD \(message[1])", .marker(message[1]))
      }
      // One's groups were announced before this answer.
      if conversations.openIndex == nil, !conversations.all.isEmpty { open(0) }
    case .marker(let name): takeMarker(messages, of: name)
    case .history(let name): takeHistory(messages, of: name)
    case .earlier(let name): for happening in prepend(messages, to: name) { show(happening) }
    case .unread(let name):
      _ = prepend(messages, to: name)
      if let index = conversations.index(of: name) { conversations.countUnread(index) }
    case .join(let name):
      for message in messages { takeAnswer(message) }
      takeJoined(name, isRefused: messages.contains(where: \.isError))
    case .command: for message in messages { takeAnswer(message) }
    }
  }

  private func takeSent(_ messages: [Message], _ text: String, _ target: String) {
    for message in messages {
      if message.isError || message.isUndelivered {
        screen.print("not sent to \(target): \(Output.harmless(message.text))", .red)
        screen.print("  \(Output.harmless(text))   (the up key brings it back)", .dim)
      } else if message.command == "NOTE", message[1] == "WAITING" {
        screen.print("\(target) cannot be reached yet: the message waits", .dim)
      } else {
        takeAnswer(message)
      }
    }
  }

  private func takeMarker(_ messages: [Message], of name: String) {
    guard let marker = messages.first(where: { $0.command == "MARKREAD" })?[1] else { return }
    let time = marker.hasPrefix("timestamp=") ? Timestamp.parse(marker.dropFirst(10).utf8) : nil
    conversations.setRead(name, upTo: time ?? 0)
    guard let index = conversations.index(of: name), !conversations.all[index].isLoaded else { return }
    let since = time.map { Text.point($0) } ?? "*"
    request("CHATHISTORY LATEST \(name) \(since) 100", .unread(name))
  }

  /// The first look at a conversation: what was said before, and what came meanwhile.
  private func takeHistory(_ messages: [Message], of name: String) {
    _ = prepend(messages, to: name)
    guard let index = conversations.index(of: name) else { return }
    conversations.update(index) { $0.isLoaded = true }
    guard awaited == name else { return }
    awaited = nil
    for happening in conversations.all[index].log.suffix(Self.shownAtFirst) { show(happening) }
  }

  /// Puts earlier messages before those that are known; returns those that were not.
  private func prepend(_ messages: [Message], to name: String) -> [Happening] {
    guard let index = conversations.index(of: name) else { return [] }
    return conversations.prepend(messages.compactMap { Happening($0, nick: nick, now: Client.now) }, to: index)
  }

  /// A line of the answer to a command.
  private func takeAnswer(_ message: Message) {
    if message.isError {
      screen.print(Output.harmless(message.refusal), .red)
    } else if let happening = Happening(message, nick: nick, now: Client.now) {
      take(happening)
    } else {
      take(message)
    }
  }

  /// What belongs to no conversation.
  private func take(_ message: Message) {
    switch message.command {
    case "332": if let index = conversations.index(of: message[1]) { setTopic(index, message.text) }
    case "353": addMembers(message)
    case "MARKREAD":
      if message[1].hasPrefix("timestamp="), let time = Timestamp.parse(message[1].dropFirst(10).utf8) {
        conversations.setRead(message[0], upTo: time)
      }
    case "301": showAway(message[1], message.text)
    case "341": screen.print(Output.harmless("invited \(message[1]) to \(message[2])"), .dim)
    case "FAIL", "WARN": screen.print(Output.harmless(message.text), .red)
    case "NOTE", "NOTICE": screen.print(Output.harmless(message.text), .dim)
    case "311": screen.print(Output.harmless("\(message[1]): \(message.text)"), .dim)
    case "319": screen.print(Output.harmless("  in \(message.text)"), .dim)
    case "322":
      screen.print(Output.harmless("  \(message[1])  \(message[2]) members  \(message.text)"), .dim)
    case "305", "306": screen.print(Output.harmless(message.text), .dim)
    default: break
    }
  }

  /// Says what the group is that one is in now; one that is not to be joined is off the list again.
  private func takeJoined(_ name: String, isRefused: Bool) {
    guard let index = conversations.index(of: name) else { return }
    if isRefused {
      if conversations.all[index].members.isEmpty { conversations.remove(index) }
    } else if index == conversations.openIndex {
      let group = conversations.all[index]
      let topic = group.topic.isEmpty ? "" : " ── \(group.topic)"
      screen.print(Output.harmless("in \(name): \(group.members.sorted().joined(separator: "  "))\(topic)"), .dim)
    }
  }

  /// Said once until it changes: who writes ten lines to somebody away has understood.
  private func showAway(_ name: String, _ text: String) {
    guard toldAway.updateValue(text, forKey: fold(name)) != text else { return }
    let how = text.hasPrefix("not connected") ? text : "away: \(text)"
    screen.print(Output.harmless("\(name) is \(how)"), .dim)
  }

  private func setTopic(_ index: Int, _ topic: String) { conversations.update(index) { $0.topic = topic } }

  private func addMembers(_ message: Message) {
    let index = conversations.ensure(message[2])
    let names = Members([message]).all.map(\.name)
    conversations.update(index) { conversation in
      conversation.members += names.filter { !conversation.members.contains($0) }
    }
  }
}
