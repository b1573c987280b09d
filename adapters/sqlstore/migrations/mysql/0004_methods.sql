-- What a person can prove a second factor with: a JSON array, NULL if there is none.
--
-- MySQL cannot add a column only if it is missing, so the statement is made here, to be one that can
-- be repeated.
SET @nativeauth_methods = IF(
  EXISTS (
    SELECT 1 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'nativeauth_users' AND column_name = 'methods'),
  'DO 0',
  'ALTER TABLE nativeauth_users ADD COLUMN methods MEDIUMBLOB');

PREPARE nativeauth_methods FROM @nativeauth_methods;

EXECUTE nativeauth_methods;

DEALLOCATE PREPARE nativeauth_methods;

INSERT INTO nativeauth_migrations (version) VALUES (4) ON DUPLICATE KEY UPDATE version = version;
