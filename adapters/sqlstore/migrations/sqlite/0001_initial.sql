-- Each migration ends by entering its version, so that the schema is known whichever tool applied it.
CREATE TABLE nativeauth_migrations (
  version    INTEGER PRIMARY KEY,
  applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

-- BINARY compares usernames byte by byte: no two spellings of a name are one account.
CREATE TABLE nativeauth_users (
  id         TEXT NOT NULL COLLATE BINARY PRIMARY KEY,
  username   TEXT NOT NULL COLLATE BINARY UNIQUE,
  email      TEXT NOT NULL,
  attributes TEXT NOT NULL,    -- a JSON object of strings
  disabled   INTEGER NOT NULL, -- 0 or 1
  epoch      INTEGER NOT NULL,
  version    INTEGER NOT NULL,
  created_at INTEGER NOT NULL  -- ms since 1970
) STRICT;

CREATE TABLE nativeauth_state (
  key        BLOB NOT NULL PRIMARY KEY,
  value      BLOB NOT NULL,
  version    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL  -- ms since 1970
) STRICT;

CREATE INDEX nativeauth_state_expires_at ON nativeauth_state (expires_at);

CREATE TABLE nativeauth_counters (
  key        BLOB NOT NULL PRIMARY KEY,
  value      INTEGER NOT NULL,
  expires_at INTEGER NOT NULL  -- ms since 1970
) STRICT;

CREATE INDEX nativeauth_counters_expires_at ON nativeauth_counters (expires_at);

INSERT INTO nativeauth_migrations (version) VALUES (1);
