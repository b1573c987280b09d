-- Each migration ends by entering its version, so that the schema is known whichever tool applied it.
-- MySQL commits each of these statements by itself, so all of them can be repeated.
CREATE TABLE IF NOT EXISTS nativeauth_migrations (
  version    INTEGER NOT NULL PRIMARY KEY,
  applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- Everything is bytes. A collation would take "Ada", "ada " and "adá" for one account, and the
-- character set of a connection would change what is stored.
CREATE TABLE IF NOT EXISTS nativeauth_users (
  id         VARBINARY(255) NOT NULL PRIMARY KEY,
  username   VARBINARY(1000) NOT NULL,
  email      VARBINARY(1000) NOT NULL,
  attributes MEDIUMBLOB NOT NULL, -- a JSON object of strings
  disabled   BOOLEAN NOT NULL,
  epoch      BIGINT NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,     -- ms since 1970
  UNIQUE INDEX nativeauth_users_username (username)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- What is called key elsewhere is called name here, where key is a word of the language.
CREATE TABLE IF NOT EXISTS nativeauth_state (
  name       VARBINARY(200) NOT NULL PRIMARY KEY,
  value      MEDIUMBLOB NOT NULL,
  version    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,     -- ms since 1970
  INDEX nativeauth_state_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS nativeauth_counters (
  name       VARBINARY(200) NOT NULL PRIMARY KEY,
  value      BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,     -- ms since 1970
  INDEX nativeauth_counters_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

INSERT INTO nativeauth_migrations (version) VALUES (1) ON DUPLICATE KEY UPDATE version = version;
