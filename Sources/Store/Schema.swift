/// What the database of a realm looks like, and how an older one becomes that.
enum Schema {
  /// Marks the file as ours ("Moot"), so that no other program's database is taken for a realm.
  static let applicationID: Int64 = 0x4D6F_6F74

  /// Step N makes version N of the schema out of version N - 1; the first makes it out of an empty file. A step that
  /// was released is never changed.
  static let steps: [String] = [version1]

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
