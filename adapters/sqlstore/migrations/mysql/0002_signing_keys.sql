-- The keys that sign tokens, encrypted.
CREATE TABLE IF NOT EXISTS nativeauth_signing_keys (
  seq       BIGINT NOT NULL PRIMARY KEY,  -- 1, 2, 3: who enters the next number has rotated
  kid       VARBINARY(100) NOT NULL,
  algorithm VARBINARY(20) NOT NULL,
  sealed    BLOB NOT NULL,
  signs_at  BIGINT NOT NULL,              -- ms since 1970
  UNIQUE INDEX nativeauth_signing_keys_kid (kid)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

INSERT INTO nativeauth_migrations (version) VALUES (2) ON DUPLICATE KEY UPDATE version = version;
