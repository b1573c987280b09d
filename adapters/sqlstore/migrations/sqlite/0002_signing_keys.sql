-- The keys that sign tokens, encrypted.
CREATE TABLE nativeauth_signing_keys (
  seq       INTEGER PRIMARY KEY,          -- 1, 2, 3: who enters the next number has rotated
  kid       TEXT NOT NULL UNIQUE,
  algorithm TEXT NOT NULL,
  sealed    BLOB NOT NULL,
  signs_at  INTEGER NOT NULL              -- ms since 1970
) STRICT;

INSERT INTO nativeauth_migrations (version) VALUES (2);
