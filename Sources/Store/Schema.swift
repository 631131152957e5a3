/// What the database of a realm looks like, and how an older one becomes that.
enum Schema {
  /// Marks the file as ours ("Moot"), so that no other program's database is taken for a realm.
  static let applicationID: Int64 = 0x4D6F_6F74

  /// Step N makes version N of the schema out of version N - 1; the first makes it out of an empty file. A step that
  /// was released is never changed.
  static let steps: [String] = [version1, version2, version3, version4]

  static let version = steps.count

  /// The log is in order of arrival and has no index: a row costs a third of what it would cost with one, and what is
  /// asked of it by conversation or id is answered by the index that is written behind (`Indexer`).
  ///
  /// Names are compared as `fold` does: NOCASE folds the letters A to Z and no others.
  private static let version1 = """
    CREATE TABLE owner (
      token INTEGER NOT NULL  -- whose database this is: checked in every transaction
    );

    CREATE TABLE entry (
      position INTEGER PRIMARY KEY,
      target INTEGER NOT NULL,  -- a person, or a group with its sign turned
      number INTEGER,  -- NULL in private conversations
      kind INTEGER NOT NULL,
      time INTEGER NOT NULL,
      sender INTEGER,  -- NULL for nobody
      nick BLOB,  -- nick, tags and body: NULL where empty
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      tags BLOB,
      body BLOB
    );

    CREATE TABLE account (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL COLLATE NOCASE UNIQUE,  -- a deleted account keeps its row, and so its name
      flags INTEGER NOT NULL,
      created INTEGER NOT NULL
    );
    -- Beside the accounts, so that start-up reads those without the secrets.
    CREATE TABLE verifier (
      person INTEGER PRIMARY KEY,
      salt BLOB NOT NULL,
      iterations INTEGER NOT NULL,
      stored_key BLOB NOT NULL,
      server_key BLOB NOT NULL
    );
    CREATE TABLE device (
      id INTEGER PRIMARY KEY AUTOINCREMENT,  -- an id is never given again
      account INTEGER NOT NULL,
      name TEXT NOT NULL,
      token_hash BLOB,
      position INTEGER NOT NULL,
      created INTEGER NOT NULL,
      last_used INTEGER NOT NULL
    );
    CREATE INDEX device_account ON device (account);
    CREATE UNIQUE INDEX device_token ON device (token_hash) WHERE token_hash IS NOT NULL;
    CREATE TABLE read_marker (
      person INTEGER NOT NULL,
      target INTEGER NOT NULL,
      time INTEGER NOT NULL,
      PRIMARY KEY (person, target)
    ) WITHOUT ROWID;

    CREATE TABLE "group" (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL COLLATE NOCASE,
      founder INTEGER NOT NULL,
      created INTEGER NOT NULL,
      modes INTEGER NOT NULL,
      topic BLOB,
      topic_set_by TEXT,
      topic_time INTEGER,  -- NULL where there is no topic
      last_number INTEGER NOT NULL DEFAULT 0,
      removed INTEGER NOT NULL DEFAULT 0  -- a removed group keeps its row, and frees its name
    );
    CREATE UNIQUE INDEX group_name ON "group" (name) WHERE NOT removed;
    CREATE TABLE member (
      "group" INTEGER NOT NULL,
      person INTEGER NOT NULL,
      ranks INTEGER NOT NULL,
      since INTEGER NOT NULL,
      PRIMARY KEY ("group", person)
    ) WITHOUT ROWID;
    CREATE INDEX member_person ON member (person);
    CREATE TABLE ban (
      id INTEGER PRIMARY KEY,  -- the order in which they were set
      "group" INTEGER NOT NULL,
      mask TEXT NOT NULL,
      set_by TEXT NOT NULL,
      time INTEGER NOT NULL,
      UNIQUE ("group", mask)
    );
    CREATE TABLE invitation (
      "group" INTEGER NOT NULL,
      person INTEGER NOT NULL,
      PRIMARY KEY ("group", person)
    ) WITHOUT ROWID;
    """

  /// Other realms: what is known of them, what waits for them, how much of theirs was applied, and which groups are
  /// replicas of theirs. Their people are accounts like any other, with a flag.
  ///
  /// An envelope has a place: the number of its realm in the upper bits, and a count of all envelopes that were ever
  /// posted to that realm in the lower 40. A row of the outbox lies at the place of its last envelope. So it costs
  /// little, one realm's rows are neighbours in the order in which they were posted, and any envelope is found at once
  /// without an index.
  private static let version2 = """
    CREATE TABLE realm (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      key BLOB,  -- NULL before one is known
      is_verified INTEGER NOT NULL DEFAULT 0,
      acknowledged INTEGER NOT NULL DEFAULT 0  -- all envelopes up to this place have been applied there
    );
    CREATE TABLE outbox_epoch (
      realm INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      base INTEGER NOT NULL,  -- the place of an envelope is this plus its number
      PRIMARY KEY (realm, epoch)
    ) WITHOUT ROWID;
    CREATE TABLE outbox (
      place INTEGER PRIMARY KEY,
      epoch INTEGER NOT NULL,
      first INTEGER NOT NULL,  -- the numbers of its first and last envelope
      last INTEGER NOT NULL,
      time INTEGER NOT NULL,
      waited INTEGER NOT NULL,
      total INTEGER NOT NULL,  -- bytes of all rows of that realm so far, this one included
      bytes BLOB NOT NULL
    );
    CREATE TABLE applied (
      id INTEGER PRIMARY KEY,  -- the order in which the epochs were first heard of
      realm INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      number INTEGER NOT NULL,
      UNIQUE (realm, epoch)
    );

    ALTER TABLE "group" ADD COLUMN home_realm TEXT;  -- NULL for a group of this realm
    ALTER TABLE "group" ADD COLUMN home_group INTEGER;
    -- The id and the time of the last entry; the id is NULL where there is none.
    ALTER TABLE "group" ADD COLUMN last_epoch INTEGER;
    ALTER TABLE "group" ADD COLUMN last_counter INTEGER;
    ALTER TABLE "group" ADD COLUMN last_time INTEGER NOT NULL DEFAULT 0;
    -- Of a replica: members and all else are as they were after this entry.
    ALTER TABLE "group" ADD COLUMN state_number INTEGER NOT NULL DEFAULT 0;
    -- CROSS JOIN keeps the order: one run through the log, with a look at the group of each entry.
    UPDATE "group" SET last_epoch = found.epoch, last_counter = found.counter, last_time = found.time FROM (
      SELECT "group".id, entry.epoch, entry.counter, entry.time FROM entry
      CROSS JOIN "group" ON "group".id = -entry.target AND "group".last_number = entry.number
    ) AS found WHERE found.id = "group".id;

    -- What a replica's log holds between two positions is set apart: its home has lost it.
    CREATE TABLE apart (
      "group" INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      PRIMARY KEY ("group", first)
    ) WITHOUT ROWID;
    """

  /// Keys, limits and how far members look back; bans become one of several lists of masks.
  private static let version3 = """
    ALTER TABLE "group" ADD COLUMN key TEXT;  -- NULL for none, as the limit
    ALTER TABLE "group" ADD COLUMN member_limit INTEGER;
    ALTER TABLE "group" ADD COLUMN looking_back INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE mask (
      id INTEGER PRIMARY KEY,  -- the order in which they were set
      "group" INTEGER NOT NULL,
      list INTEGER NOT NULL,
      mask TEXT NOT NULL,
      set_by TEXT NOT NULL,
      time INTEGER NOT NULL,
      UNIQUE ("group", list, mask)
    );
    INSERT INTO mask SELECT id, "group", 1, mask, set_by, time FROM ban;
    DROP TABLE ban;
    """

  /// Codes to register with; who invites whom, also to groups of other realms, and whether the invited were told.
  private static let version4 = """
    CREATE TABLE invitation_code (
      id INTEGER PRIMARY KEY AUTOINCREMENT,  -- an id is never given again
      hash BLOB NOT NULL UNIQUE,
      uses INTEGER NOT NULL,  -- how many are left
      created INTEGER NOT NULL,
      expires INTEGER NOT NULL,  -- 0 for never
      note TEXT NOT NULL
    );

    CREATE TABLE webhook (
      id INTEGER PRIMARY KEY AUTOINCREMENT,  -- an id is never given again
      "group" INTEGER NOT NULL,
      writer INTEGER NOT NULL,
      hash BLOB NOT NULL UNIQUE,
      created INTEGER NOT NULL
    );
    CREATE TABLE outgoing_webhook (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      "group" INTEGER NOT NULL,
      address TEXT NOT NULL,
      secret BLOB NOT NULL,
      word TEXT NOT NULL,  -- empty for none
      created INTEGER NOT NULL,
      number INTEGER NOT NULL,  -- everything in the group's log up to here is dealt with
      failing_since INTEGER NOT NULL,  -- 0 while all goes well
      is_off INTEGER NOT NULL
    );
    -- Clients that are told of messages through push services.
    CREATE TABLE push (
      account INTEGER NOT NULL,
      endpoint TEXT NOT NULL,
      key BLOB NOT NULL,
      auth BLOB NOT NULL,
      capabilities INTEGER NOT NULL,
      created INTEGER NOT NULL,
      device INTEGER NOT NULL,  -- 0 for none
      PRIMARY KEY (account, endpoint)
    ) WITHOUT ROWID;
    -- Files that people have uploaded. What is in them lies in the folder `files`, under the hash.
    CREATE TABLE file (
      id TEXT PRIMARY KEY,
      account INTEGER NOT NULL,
      name TEXT NOT NULL,
      type TEXT NOT NULL,
      is_shown INTEGER NOT NULL,
      size INTEGER NOT NULL,
      hash BLOB NOT NULL,
      created INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX file_account ON file (account, created);
    CREATE INDEX file_hash ON file (hash);
    CREATE INDEX file_created ON file (created);
    -- What programs have called the messages they posted.
    CREATE TABLE webhook_key (
      webhook INTEGER NOT NULL,
      key TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      time INTEGER NOT NULL,
      PRIMARY KEY (webhook, key)
    ) WITHOUT ROWID;

    ALTER TABLE invitation ADD COLUMN inviter TEXT NOT NULL DEFAULT '*';
    ALTER TABLE invitation ADD COLUMN time INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE invitation ADD COLUMN is_told INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX invitation_person ON invitation (person);
    CREATE TABLE invitation_elsewhere (
      person INTEGER NOT NULL,
      realm TEXT NOT NULL,
      name TEXT NOT NULL COLLATE NOCASE,  -- the group's, in its realm
      inviter TEXT NOT NULL,
      time INTEGER NOT NULL,
      is_told INTEGER NOT NULL,
      PRIMARY KEY (person, realm, name)
    ) WITHOUT ROWID;

    -- Messages that clients have given names of their own, so that they can be sent again: the newest of each account.
    CREATE TABLE sent (
      person INTEGER NOT NULL,
      number INTEGER NOT NULL,
      key BLOB NOT NULL,
      target INTEGER NOT NULL,  -- a person, or a group with its sign turned
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      time INTEGER NOT NULL,
      PRIMARY KEY (person, number)
    ) WITHOUT ROWID;

    -- Messages of this realm's people that other realms have refused, the newest.
    CREATE TABLE refusal (
      id INTEGER PRIMARY KEY,  -- the order in which they came
      realm INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL
    );

    -- What people and groups show of themselves.
    CREATE TABLE metadata (
      target INTEGER NOT NULL,  -- a person, or a group with its sign turned
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (target, key)
    ) WITHOUT ROWID;
    -- What accounts have decided for themselves: see Preference.
    CREATE TABLE preference (
      person INTEGER NOT NULL,
      target INTEGER NOT NULL,  -- the same; 0 where it is a realm
      realm TEXT NOT NULL,  -- empty where it is none
      flags INTEGER NOT NULL,
      PRIMARY KEY (person, target, realm)
    ) WITHOUT ROWID;

    -- Messages that wait until their addressees let their senders in: hidden from them meanwhile.
    CREATE TABLE message_request (
      person INTEGER NOT NULL,
      sender INTEGER NOT NULL,
      position INTEGER NOT NULL,
      PRIMARY KEY (person, sender, position)
    ) WITHOUT ROWID;

    ALTER TABLE entry ADD COLUMN hidden INTEGER;  -- NULL for from nobody: see HiddenFrom
    ALTER TABLE entry ADD COLUMN link INTEGER;  -- NULL for none: see Entry.link
    -- Entries of replicas' logs that take others back or edit them, which are still to be found.
    CREATE TABLE revision (
      position INTEGER PRIMARY KEY
    );
    -- The newest edits in replicas' logs of messages from before these logs begin.
    CREATE TABLE stray_edit (
      target INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      position INTEGER NOT NULL,
      PRIMARY KEY (target, epoch, counter)
    ) WITHOUT ROWID;
    -- For how many days what is said in a group is kept, and in all groups of a realm; 0 for ever. What lies up to the
    -- position was looked over for what is too old.
    ALTER TABLE "group" ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE "group" ADD COLUMN swept INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE realm ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;
    -- The same of private messages: those up to the position that were too old are gone.
    CREATE TABLE privates_swept (
      position INTEGER NOT NULL
    );
    INSERT INTO privates_swept VALUES (0);
    -- Entries whose text was changed or erased, the newest changes: what was indexed of them before counts no more.
    CREATE TABLE changed (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      position INTEGER NOT NULL
    );
    """
}

extension Database {
  /// The version of a database of ours; 0 for an empty file. Refuses other programs' databases and newer ones.
  func schemaVersion(known: Int = Schema.version, applicationID: Int64 = Schema.applicationID) throws(StoreError)
    -> Int
  {
    let found = Int(try number("PRAGMA user_version"))
    if try number("PRAGMA application_id") != applicationID {
      guard found == 0, try number("SELECT count(*) FROM sqlite_schema") == 0 else { throw .foreign(path: path) }
      return 0
    }
    guard found <= known else { throw .newerSchema(path: path, found: found, known: known) }
    return found
  }
}
