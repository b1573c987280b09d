-- Each migration ends by entering its version, so that the schema is known whichever tool applied it.
CREATE TABLE nativeauth_migrations (
  version    INTEGER PRIMARY KEY,
  applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- "C" compares usernames byte by byte, whatever the database's own collation is: no two spellings
-- of a name are one account.
CREATE TABLE nativeauth_users (
  id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  username   TEXT COLLATE "C" NOT NULL UNIQUE,
  email      TEXT NOT NULL,
  attributes TEXT NOT NULL,    -- a JSON object of strings; jsonb would refuse some of them
  disabled   BOOLEAN NOT NULL,
  epoch      BIGINT NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL   -- ms since 1970
);

CREATE TABLE nativeauth_state (
  key        BYTEA NOT NULL PRIMARY KEY,
  value      BYTEA NOT NULL,
  version    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL   -- ms since 1970
);

CREATE INDEX nativeauth_state_expires_at ON nativeauth_state (expires_at);

CREATE TABLE nativeauth_counters (
  key        BYTEA NOT NULL PRIMARY KEY,
  value      BIGINT NOT NULL,
  expires_at BIGINT NOT NULL   -- ms since 1970
);

CREATE INDEX nativeauth_counters_expires_at ON nativeauth_counters (expires_at);

INSERT INTO nativeauth_migrations (version) VALUES (1);
