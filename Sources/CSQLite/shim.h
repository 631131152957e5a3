// The door to SQLite. The two destructor constants are C macros that Swift cannot import.
#pragma once
#include <sqlite3.h>

static inline sqlite3_destructor_type moot_sqlite_transient(void) { return SQLITE_TRANSIENT; }
static inline sqlite3_destructor_type moot_sqlite_static(void) { return SQLITE_STATIC; }
