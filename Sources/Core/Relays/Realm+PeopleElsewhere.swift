import Wire

/// People of other realms: what they are called here, and the ids under which this realm knows them.
extension Realm {
  /// The id of somebody of another realm, made when first needed; nil where that is no name, or there are too many.
  ///
  /// - Parameter isHomesWord: whether the person's own realm writes the name so: then its upper and lower case holds.
  func personElsewhere(_ name: String, of realm: String, isHomesWord: Bool = false) -> PersonID? {
    guard realm != settings.realm, Names.isNick(name), Names.isRealm(realm) else { return nil }
    let full = "\(name)/\(realm)"
    if let id = accountNames[fold(full)] {
      if isHomesWord, var record = accounts[id], record.name != full {
        record.name = full
        accounts[id] = record
        turn.writes.append(.person(record))
        peers[realm]?.correspondents.removeAll()
      }
      return id
    }
    guard peopleElsewhere < Limits.peopleElsewhere else { return nil }
    lastPerson += 1
    peopleElsewhere += 1
    let record = AccountRecord(id: PersonID(rawValue: lastPerson), name: full, flags: .remote, created: now)
    accounts[record.id] = record
    accountNames[fold(full)] = record.id
    turn.writes.append(.person(record))
    return record.id
  }

  /// The same on the road of a message: what was found out once is kept.
  func correspondent(_ name: String, of peer: Peer, isHomesWord: Bool = false) -> Correspondent? {
    if let known = peer.correspondents[name] { return known }
    guard let id = personElsewhere(name, of: peer.name, isHomesWord: isHomesWord), let record = accounts[id] else {
      return nil
    }
    let found = Correspondent(
      id: id, name: record.name, account: Array(record.name.utf8), source: source(of: id))
    // Only as it is written: other upper and lower case would fill memory with the same people.
    if record.name.utf8.count == name.utf8.count + 1 + peer.name.utf8.count, record.name.hasPrefix(name) {
      peer.correspondents[name] = found
    }
    return found
  }

  /// The id of a person as another realm names it, made where it is somebody elsewhere; nil for a guest, for an account
  /// that is not there, and for what is no name.
  func person(_ person: PersonName, from peer: Peer) -> PersonID? {
    guard !person.isGuest else { return nil }
    guard person.realm == settings.realm else {
      return personElsewhere(person.name, of: person.realm, isHomesWord: person.realm == peer.name)
    }
    return accountHere(person.name)
  }

  /// An account of this realm, by its name and not by a nick.
  func accountHere(_ name: String) -> PersonID? { account(here: name)?.id }

  /// The same with what it is.
  func account(here name: String) -> AccountRecord? {
    guard let id = accountNames[fold(name)], let record = accounts[id],
      record.flags.isDisjoint(with: [.deleted, .remote])
    else { return nil }
    return record
  }

  /// The same of who has written something: the accounts of this realm that have ended are among them, for what they
  /// have said stays theirs.
  func writer(_ person: PersonName, from peer: Peer) -> PersonID? {
    guard !person.isGuest, person.realm == settings.realm else { return self.person(person, from: peer) }
    return accountNames[fold(person.name)]
  }

  /// Whether a person may become a member of something: an account of this realm that ends may not, or its memberships
  /// would never be at an end.
  func mayBecomeMember(_ person: PersonID) -> Bool {
    accounts[person]?.flags.contains(.deleted) == false && deletions[person] == nil
  }

  /// How other realms are told of a person: the account's name and its realm; nil for a guest.
  func personName(of person: PersonID) -> PersonName? {
    guard person.rawValue > 0, let record = accounts[person] else { return nil }
    guard record.flags.contains(.remote) else { return PersonName(name: record.name, realm: settings.realm) }
    let address = Address(record.name, home: settings.realm)
    return PersonName(name: address.name, realm: address.realm ?? settings.realm)
  }

  /// The same of who is connected here: a guest by its nick.
  func personName(of user: User) -> PersonName {
    PersonName(name: user.isGuest ? user.nick : user.account, realm: settings.realm, isGuest: user.isGuest)
  }

  /// The realm a person belongs to; nil at home.
  func realm(of person: PersonID) -> String? {
    guard let record = accounts[person], record.flags.contains(.remote) else { return nil }
    return Address(record.name, home: settings.realm).realm
  }

  /// `nick!user@host` of who is called `nick` and has that account, empty for a guest. Either may name a realm.
  func source(nick: [UInt8], account: String) -> [UInt8] {
    let address = Address(account.isEmpty ? String(decoding: nick, as: UTF8.self) : account, home: settings.realm)
    let user = account.isEmpty ? "~" + address.name : address.name
    return nick + Array("!\(user)@\(address.realm ?? settings.realm)".utf8)
  }

  /// What a person of another realm is called here, or one of this realm that another has named: `bob/beta`, `alice`.
  func name(_ person: PersonName) -> String {
    person.realm == settings.realm ? person.name : "\(person.name)/\(person.realm)"
  }

  /// A realm of an address that people typed; answers nothing. Nil where there is none of that name.
  func peer(of address: Address) -> Peer? { address.realm.flatMap(peer) }

  /// Why nothing can be said to a realm now, for people.
  func outOfReach(_ peer: Peer) -> String { "\(peer.name) cannot be reached from \(settings.realm) now" }
}

/// Names as two realms give them: `bob` of beta is `bob/beta` here, and our `alice` is `alice/alpha` there.
extension Realm {
  /// A name, of a person or a group, that another realm has written.
  func translated(_ name: String, from realm: String) -> String {
    let address = Address(name, home: realm)
    guard let other = address.realm else { return "\(name)/\(realm)" }
    return other == settings.realm ? address.name : "\(address.name)/\(other)"
  }

  /// A name that people typed here, as another realm writes it. Who is connected under a free nick is called as the
  /// account is.
  func translated(_ name: String, for realm: String) -> String {
    let address = Address(name, home: settings.realm)
    guard let other = address.realm else {
      let account = address.isGroup ? nil : nicks[fold(address.name)]?.account
      return "\(account ?? address.name)/\(settings.realm)"
    }
    return other == realm ? address.name : "\(address.name)/\(other)"
  }

  /// `nick!user@host` as another realm has written it: its nick named as here.
  func translatedSource(_ source: String, from realm: String) -> String {
    guard let cut = source.firstIndex(of: "!") else { return translated(source, from: realm) }
    return translated(String(source[..<cut]), from: realm) + source[cut...]
  }

  /// The words of a MODE, of which those that belong to a rank are names.
  func translatedModes(_ text: String, _ translate: (String) -> String) -> String {
    var words = text.split(separator: " ").map(String.init)
    guard let letters = words.first else { return text }
    var place = 1
    var adds = true
    for letter in letters {
      if letter == "+" || letter == "-" { adds = letter == "+" }
      guard GroupModes.takesParameter(letter, adds) else { continue }
      guard place < words.count else { break }
      if Ranks.named(letter) != nil { words[place] = translate(words[place]) }
      place += 1
    }
    return words.joined(separator: " ")
  }
}
