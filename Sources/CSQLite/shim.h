// The door to SQLite. The two destructor constants are C macros that Swift cannot import.
#pragma once
#include <sqlite3.h>

static inline sqlite3_destructor_type moot_sqlite_transient(void) { return SQLITE_TRANSIENT; }
static inline sqlite3_destructor_type moot_sqlite_static(void) { return SQLITE_STATIC; }

// SQLite counts the memory it uses under a lock that every allocation takes; nobody here asks for the figure. To be
// called before the first connection.
static inline int moot_sqlite_configure(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

// Closing the connection leaves the write-ahead log as it is, as a killed process would. The C function is variadic.
static inline void moot_sqlite_keep_wal(sqlite3 *connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}
