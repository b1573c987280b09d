-- The keys that sign tokens, encrypted.
CREATE TABLE nativeauth_signing_keys (
  seq       BIGINT NOT NULL PRIMARY KEY,  -- 1, 2, 3: who enters the next number has rotated
  kid       TEXT COLLATE "C" NOT NULL UNIQUE,
  algorithm TEXT NOT NULL,
  sealed    BYTEA NOT NULL,
  signs_at  BIGINT NOT NULL               -- ms since 1970
);

INSERT INTO nativeauth_migrations (version) VALUES (2);
