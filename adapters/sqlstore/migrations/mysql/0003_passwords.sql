-- The defaults are an account without a password, so a row that says nothing of passwords is valid.
--
-- MySQL cannot add a column only if it is missing, so the statement is made here, to be one that can
-- be repeated. It adds all columns or none.
SET @nativeauth_passwords = IF(
  EXISTS (
    SELECT 1 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'nativeauth_users' AND column_name = 'password_hash'),
  'DO 0',
  'ALTER TABLE nativeauth_users
     ADD COLUMN password_hash        VARBINARY(512) NOT NULL DEFAULT '''',
     ADD COLUMN password_history     MEDIUMBLOB, -- a JSON array of hashes, the newest first, NULL if there is none
     ADD COLUMN password_changed_at  BIGINT,     -- ms since 1970, NULL if never or if nobody knows
     ADD COLUMN must_change_password BOOLEAN NOT NULL DEFAULT FALSE');

PREPARE nativeauth_passwords FROM @nativeauth_passwords;

EXECUTE nativeauth_passwords;

DEALLOCATE PREPARE nativeauth_passwords;

INSERT INTO nativeauth_migrations (version) VALUES (3) ON DUPLICATE KEY UPDATE version = version;
