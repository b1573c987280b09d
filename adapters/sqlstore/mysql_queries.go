package sqlstore

// The clock of MySQL and MariaDB, in milliseconds, whatever the time zone of the session:
//
//	TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000
//
// It is the moment when the statement started, also in one that waits for a row. UNIX_TIMESTAMP(NOW(3))
// would be wrong for an hour in autumn, where a session's time zone has that hour twice.
//
// The assignments after ON DUPLICATE KEY UPDATE are made from left to right and see those before, so
// expires_at, on which the others depend, is the last. VALUES() is old-fashioned on MySQL, but the
// alias that replaces it is unknown to MariaDB.
//
// A unique index that refuses a statement is an error here, which Store takes for "no row changed".
// The forms of MySQL that are silent about it, INSERT IGNORE and UPDATE IGNORE, also cut values that
// are too long.
var mysqlQueries = queries{
	hasSchema: `
SELECT count(*) FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = 'nativeauth_migrations'`,
	schemaVersion: `SELECT coalesce(max(version), 0) FROM nativeauth_migrations`,

	createUser: `
INSERT INTO nativeauth_users (
  id, username, email, attributes, password_hash, password_history, password_changed_at,
  must_change_password, methods, disabled, epoch, version, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,

	userByUsername: `
SELECT id, username, email, attributes, password_hash, password_history, password_changed_at,
       must_change_password, methods, disabled, epoch, version, created_at
FROM nativeauth_users WHERE username = ?`,

	userByID: `
SELECT id, username, email, attributes, password_hash, password_history, password_changed_at,
       must_change_password, methods, disabled, epoch, version, created_at
FROM nativeauth_users WHERE id = ?`,

	updateUser: `
UPDATE nativeauth_users
SET username = ?, email = ?, attributes = ?, password_hash = ?, password_history = ?,
    password_changed_at = ?, must_change_password = ?, methods = ?, disabled = ?, epoch = ?,
    version = version + 1
WHERE id = ? AND version = ?`,

	userVersion: `SELECT version FROM nativeauth_users WHERE id = ?`,

	getState: `
SELECT value, version,
       expires_at - TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000
FROM nativeauth_state
WHERE name = ?
  AND expires_at > TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000`,

	// LAST_INSERT_ID(1) marks a living entry that was left alone, see changedMySQL.
	createState: `
INSERT INTO nativeauth_state (name, value, version, expires_at)
VALUES (?, ?, ?, TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000 + ?)
ON DUPLICATE KEY UPDATE
  value = IF(expires_at <= TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000,
             VALUES(value), value),
  version = IF(expires_at <= TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000,
               version + 1, version * LAST_INSERT_ID(1)),
  expires_at = IF(expires_at <= TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000,
                  VALUES(expires_at), expires_at)`,

	replaceState: `
UPDATE nativeauth_state
SET value = ?, version = version + 1,
    expires_at = TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000 + ?
WHERE name = ? AND version = ?
  AND expires_at > TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000`,

	deleteState: `
DELETE FROM nativeauth_state
WHERE name = ? AND version = ?
  AND expires_at > TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000`,

	// MySQL cannot return a row from a statement that writes. LAST_INSERT_ID(value) could return one
	// number, but there are two; readCounter reads both in the same transaction, while the row is
	// locked. The addition is the one statement all the same: the transaction only makes it wait.
	addCounter: `
INSERT INTO nativeauth_counters (name, value, expires_at)
VALUES (?, ?, TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000 + ?)
ON DUPLICATE KEY UPDATE
  value = VALUES(value) + IF(
    expires_at > TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000, value, 0),
  expires_at = IF(
    expires_at > TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000,
    expires_at, VALUES(expires_at))`,

	readCounter: `
SELECT value, greatest(0,
       expires_at - TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000)
FROM nativeauth_counters WHERE name = ?`,

	cleanState: `
DELETE FROM nativeauth_state
WHERE expires_at <= TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000
ORDER BY expires_at LIMIT ?`,

	cleanCounters: `
DELETE FROM nativeauth_counters
WHERE expires_at <= TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000
ORDER BY expires_at LIMIT ?`,

	listKeys: `
SELECT seq, kid, algorithm, sealed, signs_at,
       TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000
FROM nativeauth_signing_keys ORDER BY seq`,

	addKey: `
INSERT INTO nativeauth_signing_keys (seq, kid, algorithm, sealed, signs_at)
VALUES (?, ?, ?, ?, TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000 + ?)`,

	resealKey: `UPDATE nativeauth_signing_keys SET sealed = ? WHERE seq = ? AND sealed = ?`,

	removeKeys: `DELETE FROM nativeauth_signing_keys WHERE seq < ?`,
}

// mariadbQueries are for MariaDB, which returns rows from an INSERT.
var mariadbQueries = func() queries {
	q := mysqlQueries
	q.addCounter = `
INSERT INTO nativeauth_counters (name, value, expires_at)
VALUES (?, ?, TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000 + ?)
ON DUPLICATE KEY UPDATE
  value = VALUES(value) + IF(
    expires_at > TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000, value, 0),
  expires_at = IF(
    expires_at > TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000,
    expires_at, VALUES(expires_at))
RETURNING value,
  expires_at - TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000`
	q.readCounter = ""
	return q
}()
