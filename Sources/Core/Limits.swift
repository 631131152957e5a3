/// Every bound of the realm, each with its reason. Those in `Settings.limits` can be set in the configuration file;
/// the static ones are part of the protocol or of the design.
package struct Limits: Equatable, Sendable {
  // What a client may do.

  /// Connections at once, over all listeners. Each costs about 4 KiB idle.
  package var connections = 16_384
  /// Connections at once from one address, so that one machine cannot take all of them. Loopback is exempt: proxies
  /// and tests live there.
  package var connectionsPerAddress = 256
  /// Sessions at once per account: more than a person has devices, less than a broken client can open.
  package var sessionsPerAccount = 32
  /// Seconds a client has to register before it is dropped: a slow human at a slow client needs some twenty.
  package var registrationSeconds = 60
  /// Seconds of silence after which a client is asked for a sign of life, and after as many again dropped.
  package var pingSeconds = 120
  /// Lines a second that are read from one connection on average; past `lineBurst` the edge stops reading until there
  /// is room again. 0 switches it off.
  package var linesPerSecond = 50
  package var lineBurst = 500
  /// Bytes waiting to be sent to one client; past it the client is closed, because it does not read.
  package var sendQueueBytes = 4 << 20
  /// Bytes of commands that wait in the core while an earlier command of the same client is under way.
  package var pendingBytes = 256 << 10
  /// What the lines of one client may cost in one turn, as `Turn.cost` counts; the rest waits for the next turn, so
  /// that others have their turn in between. Some milliseconds.
  package var turnShare = 256 << 10
  /// Failed logins per connection before it is closed: a person mistypes twice.
  package var loginAttempts = 5
  /// Accounts one address may register an hour. Loopback is exempt.
  package var registrationsPerHour = 20

  // What an account may own.

  /// Groups an account may be a member of.
  package var groupsPerAccount = 500
  /// Devices of an account, each with a replay position.
  package var devicesPerAccount = 64
  /// Entries of MONITOR per session (ISUPPORT MONITOR).
  package var monitor = 200

  // What a group may hold.

  /// Members of a group.
  package var members = 50_000
  /// Masks in the lists of a group, all together (ISUPPORT MAXLIST).
  package var bans = 200
  /// Bytes of a topic (ISUPPORT TOPICLEN).
  package var topicBytes = 512
  /// Bytes of a KICK reason (ISUPPORT KICKLEN) and of an AWAY message (ISUPPORT AWAYLEN).
  package var reasonBytes = 400

  // What a request may return.

  /// Entries in the answer to one CHATHISTORY request (ISUPPORT CHATHISTORY), and in one page of replay.
  package var historyPage = 200
  /// Lines that wait behind the replay of a session; beyond it another page is read instead.
  package var heldBackLines = 1_000
  /// How far back history is offered, in days; 0 is for ever. What a device missed is replayed all the same.
  package var historyDays = 0
  /// For how many days what is said is kept; 0 is for ever. Groups can set less for themselves (MODE D).
  package var keepDays = 0
  /// How far back moderators see who did what to a group, in days; 0 is for ever.
  package var moderationDays = 0

  // What may wait for other realms.

  /// Bytes of envelopes that wait for one realm; an account may take a quarter of it. What is owed, refusals above
  /// all, may take twice as much again: a sender who is not told why not waits for ever.
  package var outboxBytes = 256 << 20

  // What may be under way to them. Nobody has to configure these; the simulator draws them small, to get to them.

  /// Bytes of items that may be on their way to a realm unacknowledged: at a round trip of 100 ms, 10 MiB a second.
  package var windowBytes = 1 << 20
  /// The same after frames were dropped on the way, however often: one frame must always fit.
  package var windowBytesLeast = 64 << 10
  /// Bytes of envelopes that are read from the outbox at once.
  package var outboxPageBytes = 256 << 10
  /// Bytes of entries of a group in one item, about: well below `circuitFrameBytes`, whatever the last one adds.
  package var entriesBytes = 32 << 10
  /// Bytes handed to a link that it has not sent: beyond it frames wait in the core, where all get their turn.
  package var linkBytes = 1 << 20
  /// Bytes of frames that are passed on and wait for one link, and of one origin among them; what comes on top is
  /// dropped, and its origin is told.
  package var transitBytes = 16 << 20
  package var transitBytesPerOrigin = 4 << 20

  // What the process may use.

  /// Bytes of free disk below which new messages are refused and reading goes on.
  package var diskReserveBytes: Int64 = 64 << 20

  package init() {}

  // Fixed.

  /// Bytes of a name of an account or a realm: a source is `name/realm!name@realm`, and must leave room in a line.
  package static let nameBytes = 32
  /// The highest number of an entry or a group that another realm is believed: a million a second for 285 years, and
  /// far from what an integer can hold.
  package static let numberMost: Int64 = 1 << 53
  /// Bytes of a frame of a link, without its length: room for the largest announcement and for a frame of a circuit.
  package static let frameBytes = 1 << 20
  /// The same before the other end has said who it is.
  package static let helloBytes = 1 << 10
  /// Bytes of what a frame of a circuit holds before it is sealed. Small enough that one that is on its way does not
  /// delay others by much; an item must fit in.
  package static let circuitFrameBytes = 64 << 10
  /// Bytes of a user name as USER gives it (ISUPPORT USERLEN, which counts the `~` of guests too).
  package static let userNameBytes = 20
  /// Bytes of a real name: it stands in JOIN, WHO and WHOIS beside much else.
  package static let realNameBytes = 150
  /// Bytes of a group's name with its `#` (ISUPPORT CHANNELLEN).
  package static let groupNameBytes = 64
  /// Bytes of a group's key (ISUPPORT KEYLEN).
  package static let keyBytes = 32
  /// Bytes of a line without its tags, with CR LF, in both directions (ISUPPORT LINELEN). RFC 1459's 512 cannot hold
  /// the longest source and a full message of a client that did not count for it.
  package static let lineBytes = 2_048
  /// Bytes of tags a client may send, with `@` and the space (IRCv3 message-tags: 4094 of data, 4096 with both).
  package static let clientTagBytes = 4_096
  /// Bytes of tags in what a client is sent (IRCv3 message-tags).
  package static let serverTagBytes = 8_191
  /// The longest line an edge passes on: tags and the rest.
  package static let inputLine = clientTagBytes + lineBytes
  /// Targets of one PRIVMSG, NOTICE or TAGMSG (ISUPPORT TARGMAX).
  package static let messageTargets = 4
  /// Bytes and lines of a message of several lines (IRCv3 draft/multiline): a screen of text, as other servers allow.
  /// Who takes the lines one by one gets each with a source and tags, no more of it than of as many messages.
  package static let multilineBytes = 4_096
  package static let multilineLines = 32
  /// Milliseconds that a client has for the lines of a batch: it knows them all when it begins.
  package static let batchMilliseconds: Milliseconds = 30_000
  /// Messages of an account that can be sent again under the name that its client gave them (`moot/id`), and for how
  /// long: a client has far fewer under way when its connection breaks, and is back within a day or asks its user.
  package static let sentMessages = 256
  package static let sentMilliseconds: Milliseconds = 86_400_000
  /// Entries that are taken back at once where a replica says so: the rest is asked for then.
  package static let revisions = 100
  /// Entries that are looked at for one answer, should most of them have been taken back.
  package static let entriesLookedAt = 20_000
  /// Bytes of a reference of a batch, or of the name of a tag: what clients make up, some times longer.
  package static let identifierBytes = 64
  /// Days for which a group or a realm can keep what is said: a day, so that everybody has seen it, to a century.
  package static let keepDaysRange = 1...36_500
  /// Entries that are erased at once because of their age, and groups and entries that are looked at for that: a
  /// millisecond of a turn and some of a worker.
  package static let agedEntries = 500
  package static let agedGroups = 200
  package static let agedLooks = 10_000
  /// Milliseconds between two times that all is looked over: nobody sees meanwhile what is too old.
  package static let agingInterval: Milliseconds = 3_600_000
  /// Words and signs of one SEARCH: a line of text; each is looked up by itself.
  package static let searchUnits = 64
  /// Messages that one SEARCH compares with what is looked for, some 0.1 s of work; then it tells how far it came.
  package static let searchLooks = 20_000
  /// Conversations from which on a part of the search index is asked for the words before it is asked for the places,
  /// and as many messages in it as are rather looked at one by one.
  package static let searchPlaces = 16
  package static let searchFew = 50
  /// Milliseconds that each SEARCH of an account counts for, and how much may add up: twenty at once, then two
  /// a second.
  package static let searchMilliseconds: Milliseconds = 500
  package static let searchesMilliseconds: Milliseconds = 10_000
  /// Searches that wait for their worker, of all accounts; beyond it a clear refusal.
  package static let searches = 64
  /// Names of one KICK, NAMES or WHOIS (ISUPPORT TARGMAX): each may take as long as a command of its own.
  package static let queryTargets = 10
  /// People who have gone that WHOWAS still knows: a day of a busy realm.
  package static let gone = 500
  /// Names of one JOIN or PART: what fits a line.
  package static let joinTargets = 50
  /// Invitations of one person to groups of one other realm that are kept, the newest, and those that INVITE lists:
  /// who invites need not be a friend.
  package static let invitationsElsewhere = 100
  package static let invitationsListed = 500
  /// Keys that a person or a group can have, keys that a session can watch, and bytes of a key and of a value (IRCv3
  /// draft/metadata-3, `max-keys` and so on). All of it is in memory: 4 KiB of an account that fills them.
  package static let metadataKeys = 12
  package static let metadataSubscriptions = 50
  package static let metadataKeyBytes = 32
  package static let metadataValueBytes = 300
  /// Of a word of a client's, what an answer repeats; and of the address of a push service, so that the whole line is
  /// no longer than lines may be.
  package static let echoedBytes = 200
  package static let echoedAddressBytes = 1_800
  /// Changes of metadata at once, and then one for each so many milliseconds: everybody who shares a group is told.
  package static let metadataChanges = 20
  package static let metadataRefill: Milliseconds = 1_000
  /// Members of a group up to which their metadata is told unasked to who joins, and people of whom it is told at once
  /// to who asks for all: some ten milliseconds.
  package static let metadataJoined = 1_000
  package static let metadataSynced = 20_000
  /// People, groups and realms about which an account can have decided something, and as many people whom it is noted
  /// to know.
  package static let preferences = 1_000
  /// Strangers who wait to be let in by one account, those of one realm by all accounts together, and messages of each
  /// of them: who has said that much has said enough.
  package static let messageRequests = 50
  package static let messageRequestsPerRealm = 1_000
  package static let messagesPerRequest = 20
  /// Mode changes with a parameter in one MODE (ISUPPORT MODES).
  package static let modeChanges = 6
  /// Bytes of a client's nonce in SCRAM: clients take some 24.
  package static let scramNonceBytes = 128
  /// Invitation codes that are open at once: a class of pupils each has room. All of them are in memory.
  package static let invitationCodes = 10_000
  /// Accounts that one of them may make, and days for which it may be good.
  package static let invitationUses = 100_000
  package static let invitationDays = 3_650
  /// Bytes of what it is for.
  package static let invitationNoteBytes = 200
  /// Files of an account, however small: each is a row of a table and a file of its own.
  package static let filesPerAccount = 10_000
  /// Files that are told of at once.
  package static let filesListed = 500
  /// Files of one account that come at once: a phone sends a handful of pictures.
  package static let uploadsPerAccount = 6
  /// Connections that files come and go by, in all and from one address (loopback is exempt): a browser opens six.
  package static let transfers = 256
  package static let transfersPerAddress = 32
  /// Seconds in which a transfer has to come on by so many bytes: slower than any line that somebody would wait for.
  package static let transferSeconds: Int64 = 30
  package static let transferBytes = 16 << 10
  /// Bytes of a file that are moved at once, before others have their turn.
  package static let transferPiece = 64 << 10
  /// Bytes of a file in one item between realms: messages wait for no more than that.
  package static let filePartBytes = 32 << 10
  /// Bytes of a file that are asked for at once: a quarter of a window, so that there is no pause on a long way.
  package static let fileStretch: Int64 = 256 << 10
  /// Bytes of the type that a file is served as.
  package static let fileTypeBytes = 100
  /// Files that one other realm is sent at once, and files that are fetched at once in all.
  package static let filesSentToRealm = 8
  package static let filesFetched = 32
  /// Milliseconds after which a file is not waited for that does not come on.
  package static let fetchPatience: Milliseconds = 30_000
  /// Days for which the copy of a file of another realm is kept: after that it is fetched again.
  package static let fetchedDays = 30
  /// Webhooks of a realm: every service of a company that has something to say. All of them are in memory.
  package static let webhooks = 500
  /// Bytes of what is posted to one: a message with all that other systems add to it.
  package static let webhookBodyBytes = 64 << 10
  /// Bytes of one line of what a webhook says: within LINELEN with the longest source, in other realms too.
  package static let webhookLineBytes = 1_024
  /// Milliseconds between two messages of a webhook, and how many may come at once: nobody reads faster.
  package static let webhookMilliseconds: Milliseconds = 1_000
  package static let webhookBurst: Int64 = 30
  /// Bytes of a key that names a message to be posted: they are mostly UUIDs.
  package static let webhookKeyBytes = 128
  /// Keys of one webhook that are remembered, and for how long in milliseconds: who tries again does it within hours.
  package static let webhookKeys = 500
  package static let webhookKeyMilliseconds: Milliseconds = 86_400_000
  /// Seconds in which the realm answers a post: its disk may be slow, and never that slow.
  package static let postSeconds: Int64 = 30
  /// Bytes of the word that messages begin with which a program wants to hear.
  package static let triggerBytes = 50
  /// Entries of a group's log that wait in memory for one program; the rest is read when it comes to it.
  package static let deliveriesAtOnce = 100
  /// Milliseconds between two attempts to deliver a message, doubled each time: a restart takes seconds, an accident
  /// hours.
  package static let deliveryPause: ClosedRange<Milliseconds> = 5_000...3_600_000
  /// Milliseconds without success after which an outgoing webhook is given up: a long weekend.
  package static let deliveryMilliseconds: Milliseconds = 4 * 86_400_000
  /// Milliseconds for a whole request to a server elsewhere.
  package static let callMilliseconds: Milliseconds = 10_000
  /// Requests for webhooks at once, each of which may wait for a server that does not answer, and those that wait: each
  /// webhook has one.
  package static let deliveryThreads = 4
  package static let callsWaiting = 1_000
  /// Clients of one account that push services reach: phones and browsers, one of which may be lost now and then. The
  /// oldest goes for a new one.
  package static let pushRegistrations = 10
  /// Bytes of a line that is pushed: what a service takes at least, sealed (RFC 8030, section 7.2).
  package static let pushBytes = 3_900
  /// Milliseconds that somebody who is there has to read a message before it is pushed all the same.
  package static let pushPatience: Milliseconds = 20_000
  /// Milliseconds between two pushes to a client, and how many may come at once: a phone that keeps ringing is muted.
  package static let pushMilliseconds: Milliseconds = 2_000
  package static let pushBurst: Int64 = 20
  /// Pushes that wait for their time, and those that are to be tried again; what comes on top is not pushed.
  package static let pushesPending = 10_000
  /// Conversations of an account of which it is remembered that something was pushed.
  package static let pushedConversations = 200
  /// How often a push is tried again. It is a hint, and the next message makes another.
  package static let pushAttempts = 3
  /// Seconds that a service keeps a push for a client that is switched off.
  package static let pushSeconds = 7 * 86_400
  /// Pushes at once: anybody may register an endpoint that never answers, and hold up one of them for a while.
  package static let pushThreads = 8
  /// Bytes of a password: OpenSSL would take any, a client that sends more is broken.
  package static let passwordBytes = 300
  /// People of other realms that are known here, by a message or a group: each takes some 200 bytes of memory for good.
  package static let peopleElsewhere = 500_000
  /// Seconds between two savings of a device's position: what a crash may replay again.
  package static let positionSaveSeconds: Int64 = 5
  /// How old the last use of a device may be before another login is noted: people read it by the minute, and a script
  /// that sends a message a second should not write twice as much.
  package static let lastUsedMilliseconds: Milliseconds = 60_000
  /// The same as `pendingBytes` before a client is registered: then it need be nobody's, and key derivation is slow, so
  /// that thousands may wait at once.
  package static let pendingBytesAtLogin = 16 << 10
  /// What one turn may cost, as `Turn.cost` counts, after which it is committed and handed on: bounds the wait of
  /// everyone, and the memory, where little input has large consequences.
  package static let turnCost = 2 << 20
  /// Events waiting for the realm; beyond it the edges stop reading.
  package static let mailboxEvents = 16_384
  /// Bytes of input waiting for the realm; beyond it the edges stop reading.
  package static let mailboxBytes = 8 << 20
  /// Passwords waiting to be derived, for logins and again for new ones; beyond it a clear refusal. At 100,000
  /// iterations some twenty seconds: who has to wait longer gives up.
  package static let derivations = 512
  /// Jobs waiting for one worker; beyond it a clear refusal.
  package static let workerJobs = 4_096
  /// Bytes of input that a client thread gathers before it hands them to the realm: a part of `mailboxBytes`.
  package static let inputBytes = 256 << 10
  /// Bytes waiting to be sent to all clients of one thread; past it the client with the longest queue is closed. Many
  /// clients that do not read must not take all memory, each staying below `sendQueueBytes`.
  package static let sendQueuesBytes = 256 << 20
  /// Bytes that the realm has handed to one client thread and that it has not yet looked at; past it the realm takes no
  /// further turn for a while, so that the thread can catch up.
  package static let deliveryRoom = 2 << 20
  /// Milliseconds that the realm waits for a client thread at most: it never stops for one that has got stuck.
  package static let deliveryPatience = 1_000
  /// Bytes that the realm has handed to one client thread and that it has not yet put into the queues of clients; past
  /// it those who would miss something are closed. The realm does not wait for ever, so this must end somewhere.
  package static let deliveryBytes = 64 << 20
  /// Seconds in which the head of an HTTP request must have come.
  package static let headSeconds: Int64 = 10
  /// Seconds a connection that ends is given to take what is left for it.
  package static let closeSeconds: Int64 = 3
  /// The same for the answer to an HTTP request: it may be a page with its script, over a slow line.
  package static let answerSeconds: Int64 = 30

  // Groups and questions across realms.

  /// Bytes of one item that holds several things, about: well below `circuitFrameBytes`, whatever the last one adds.
  package static let itemBytes = 32 << 10
  /// Members in a part of a snapshot, and masks: that many of the longest fit an item.
  package static let snapshotMembers = 400
  package static let snapshotMasks = 100
  /// Members and masks in all parts of a snapshot that is taken: more than any home allows its groups.
  package static let snapshotRows = 200_000
  /// Entries and bytes that are read of a log at once for a realm that catches up: some ten items.
  package static let groupLogEntries = 1_000
  package static let groupLogBytes = 256 << 10
  /// People who have left a replica and are remembered: a home that is set back may take them for members, and tell
  /// them again what they have seen.
  package static let leavers = 64
  /// Entries of a replica that are remembered when its home was set back: people here may have sent it those since.
  package static let returningEntries = 1_000
  /// Such entries of all replicas together; beyond it those of before are forgotten, and shown again if they come.
  package static let returningMost = 20_000
  /// Replicas that have ended and whose entries could not be read yet, to be remembered.
  package static let returningGroups = 100
  /// Entries of a replica that its home, set back, tells anew because some of them were taken back or edited since.
  package static let correctedEntries: Int64 = 2_000
  /// How often the home of a replica is asked, a second apart, before a difference is one: what is under way makes one.
  package static let examinationAttempts = 5
  /// Milliseconds in which a replica's state must have come anew: a large group over a slow line needs some.
  package static let fetchMilliseconds: Milliseconds = 30_000
  /// Messages to groups elsewhere whose echo is awaited; beyond it the entry is shown without its label.
  package static let echoes = 100_000
  /// Messages to groups elsewhere whose ids are remembered, so that their homes make up none: of older ones anything is
  /// believed.
  package static let spokenElsewhere = 100_000
  /// Milliseconds after which the sender of a message to another realm is told that it waits, where a way is there, and
  /// that the oldest envelope may be under way before those behind it are said to wait: longer than a circuit takes to
  /// open.
  package static let waitingMilliseconds: Milliseconds = 2_000
  /// Questions to other realms that wait for their answers, over all sessions; beyond it there is none.
  package static let queries = 10_000
  /// Questions of one realm that are being answered; beyond it a clear refusal.
  package static let queriesAnswered = 64
  /// How often a realm may ask what a group of ours is like, at once and then once a second: its operators look at it,
  /// and a group of the largest kind takes some ten milliseconds.
  package static let stateQueries = 20
  /// Entries of a moderation log that MODLOG tells unless it is asked for another number.
  package static let actsTold = 50
  /// Messages that a group's home has lost, and entries of a moderation log, which operators are shown: who has lost
  /// more has other things to do first.
  package static let apartShown = 10_000
  /// People of one realm whose metadata is kept here, the first that were asked for: 4 KiB each at the most.
  package static let metadataElsewhere = 10_000
  /// Changes to metadata of groups here that people of one realm may make at once, and then one each second; each of
  /// them as many as people here. Those who have changed something are noted up to this number, and then only those
  /// who have lately.
  package static let metadataChangesElsewhere = 100
  package static let metadataChangersElsewhere = 300
  /// Accounts of ours that one realm may watch: those who watch have their own limits there.
  package static let watchesPerRealm = 100_000
  /// Changes at once of whether somebody elsewhere is there or away that those who watch are told, and then one for
  /// each so many milliseconds: another realm cannot drown them.
  package static let presenceChanges = 10
  package static let presenceRefill: Milliseconds = 1_000
  /// Names in one item: some 10 KiB.
  package static let namesInItem = 300
  /// Milliseconds after a circuit has opened in which the other realm says what it follows; the rest is offered then.
  package static let offerMilliseconds: Milliseconds = 2_000
  /// Milliseconds that a realm is out of reach before members of its groups are told: a restart takes less.
  package static let outOfReachMilliseconds: Milliseconds = 3_000
  /// Milliseconds that a client's next commands wait for the answer of another realm: several round trips anywhere.
  package static let answerMilliseconds: Milliseconds = 10_000

  // Links to other realms.

  /// What the frames may weigh that wait to be sent on one link; past it the link is closed. The realm hands over less:
  /// this is for when the two do not agree.
  package static let linkQueueBytes = 16 << 20
  /// Connections at the door that have not said hello, in all, past which the oldest has to go, and from one address,
  /// past which no more are let in: a handshake takes milliseconds, so that who is honest is not there for long.
  /// Loopback is exempt from the second.
  package static let linksAtDoor = 64
  package static let linksAtDoorPerAddress = 8
  /// Milliseconds for the handshake and hello: a slow machine on a slow line needs two.
  package static let linkHelloMilliseconds: Milliseconds = 10_000
  /// Milliseconds between two questions for a sign of life.
  package static let linkPingMilliseconds: Milliseconds = 5_000
  /// Milliseconds of silence after which a link is dead: two questions were not answered.
  package static let linkSilenceMilliseconds: Milliseconds = 15_000
  /// Connections that one relay thread holds at once: the link that is there, those that come to replace it, and one
  /// that is dialled.
  package static let linksAtOnce = 8
  /// Milliseconds that a link has to last before the next dial after it need not wait: one that the other realm refuses
  /// comes up first.
  package static let goodLinkMilliseconds: Milliseconds = 10_000
  /// Milliseconds after the log's last entry within which a realm's time stands still whose clock lies behind it:
  /// enough that no two starts meet, too little to matter to readers.
  package static let standstillMilliseconds: Milliseconds = 60_000
  /// Milliseconds by which two clocks may differ before people wonder about times: those are warned.
  package static let clockTolerance: Milliseconds = 10_000
  /// Milliseconds between two attempts to dial a neighbour: soon enough that nobody notices a restart, rarely enough
  /// that nobody notices a neighbour that is gone.
  package static let redialMilliseconds: ClosedRange<Milliseconds> = 500...60_000

  // Other realms.

  /// Refusals that are remembered, of each realm in memory and of all on disk: their senders may have sent anew what
  /// was refused, and a realm that was set back would get both.
  package static let refusalsRemembered = 10_000
  /// Things to be told to a realm that wait for room on its circuit, past which it is closed: more than two realms
  /// share groups.
  package static let unsaidItems = 100_000
  /// Bytes that may wait here until a group was read, for a realm that sends more than its window.
  package static let inboxBytes = 4 << 20
  /// Realms that may still pass a new frame on: more than any sensible way is long, so that a loop ends.
  package static let hops: UInt8 = 16
  /// Realms outside the directory whose announcements are kept: what a neighbour that invents realms can take.
  package static let strangers = 4_096
  /// Links that all announced realms may have together, before realms outside the directory are no longer welcome.
  package static let announcedLinks = 65_536
  /// Milliseconds between two of their announcements that are looked at, when many have come at once.
  package static let strangerInterval: Milliseconds = 50
  /// Announcements of one realm at once, and after that one for each so many milliseconds; more than a realm with links
  /// that come and go sends (`announcementPause`).
  package static let announcementBurst = 20
  package static let announcementRefill: Milliseconds = 500
  /// Milliseconds between two announcements of this realm: links mostly come and go together.
  package static let announcementPause: Milliseconds = 500
  /// Milliseconds after which this realm announces its links again although nothing has changed, and after which
  /// others' announcements are forgotten: three may be lost.
  package static let announcementRefresh: Milliseconds = 300_000
  package static let announcementAge: Milliseconds = 900_000
  /// Circuits of others that are kept in mind for each link, should it break; and whose origins are told so, or that a
  /// frame was dropped, in one turn.
  package static let circuitsPassed = 1_024
  package static let droppedPerTurn = 1_024
  /// Frames that open and end circuits, to one realm in one turn: more can only be the answer to a flood.
  package static let signalsPerTurn = 4
  /// Milliseconds, for each realm that announces itself, between two times that the ways are found anew because of what
  /// others announce: with a thousand realms a second, of which that takes some thousandths.
  package static let routePausePerRealm: Milliseconds = 1
  /// Milliseconds between two OPENs of a realm that are looked at: each costs a signature to be checked and one to be
  /// made.
  package static let openingPause: Milliseconds = 100
  /// Milliseconds for an attempt to open a circuit: the first, and the longest after several have failed.
  package static let openingPatience: Milliseconds = 1_000
  package static let openingPatienceMost: Milliseconds = 10_000
  /// Milliseconds without an acknowledgement after which a circuit is opened anew; and where the way has changed
  /// meanwhile, so that frames may be lost.
  package static let acknowledgePatience: Milliseconds = 10_000
  package static let acknowledgePatienceOnChange: Milliseconds = 2_000
  /// Milliseconds after which a circuit that nobody uses is forgotten.
  package static let circuitIdle: Milliseconds = 60_000
  /// Epochs of another realm of which the position is kept: a realm starts anew for each, and only the last few can
  /// still have something to send.
  package static let epochsPerRealm = 2_048
  /// Milliseconds that an envelope may wait, and that it is kept after it was acknowledged, should the destination be
  /// restored from a backup.
  package static let outboxAge: Milliseconds = 7 * 86_400_000
  /// Milliseconds between two deletions of those: in batches they cost less.
  package static let trimInterval: Milliseconds = 3_600_000
  /// Milliseconds for which acknowledgements are gathered before they are noted in the store.
  package static let noteInterval: Milliseconds = 1_000
}
