package sqlstore

// SQLite's clock. 'now' is the same moment for all of a statement, and is first read when the
// statement has got its lock.
//
//	CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
//
// rounds because unixepoch returns seconds with a binary fraction.
var sqliteQueries = queries{
	hasSchema:     `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'nativeauth_migrations'`,
	schemaVersion: `SELECT coalesce(max(version), 0) FROM nativeauth_migrations`,

	createUser: `
INSERT INTO nativeauth_users (
  id, username, email, attributes, password_hash, password_history, password_changed_at,
  must_change_password, methods, disabled, epoch, version, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
ON CONFLICT DO NOTHING`,

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
SET username = ?1, email = ?2, attributes = ?3, password_hash = ?4, password_history = ?5,
    password_changed_at = ?6, must_change_password = ?7, methods = ?8, disabled = ?9, epoch = ?10,
    version = version + 1
WHERE id = ?11 AND version = ?12
  AND NOT EXISTS (SELECT 1 FROM nativeauth_users AS other WHERE other.username = ?1 AND other.id <> ?11)`,

	userVersion: `SELECT version FROM nativeauth_users WHERE id = ?`,

	getState: `
SELECT value, version, expires_at - CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
FROM nativeauth_state
WHERE key = ? AND expires_at > CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`,

	createState: `
INSERT INTO nativeauth_state (key, value, version, expires_at)
VALUES (?, ?, ?, CAST(round(unixepoch('subsec') * 1000) AS INTEGER) + ?)
ON CONFLICT (key) DO UPDATE
SET value = excluded.value, version = nativeauth_state.version + 1, expires_at = excluded.expires_at
WHERE nativeauth_state.expires_at <= CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`,

	replaceState: `
UPDATE nativeauth_state
SET value = ?, version = version + 1, expires_at = CAST(round(unixepoch('subsec') * 1000) AS INTEGER) + ?
WHERE key = ? AND version = ? AND expires_at > CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`,

	deleteState: `
DELETE FROM nativeauth_state
WHERE key = ? AND version = ? AND expires_at > CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`,

	addCounter: `
INSERT INTO nativeauth_counters (key, value, expires_at)
VALUES (?, ?, CAST(round(unixepoch('subsec') * 1000) AS INTEGER) + ?)
ON CONFLICT (key) DO UPDATE
SET value = excluded.value + CASE
      WHEN nativeauth_counters.expires_at > CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
      THEN nativeauth_counters.value ELSE 0 END,
    expires_at = CASE
      WHEN nativeauth_counters.expires_at > CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
      THEN nativeauth_counters.expires_at ELSE excluded.expires_at END
RETURNING value, expires_at - CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`,

	cleanState: `
DELETE FROM nativeauth_state WHERE rowid IN (
  SELECT rowid FROM nativeauth_state
  WHERE expires_at <= CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
  ORDER BY expires_at LIMIT ?)`,

	cleanCounters: `
DELETE FROM nativeauth_counters WHERE rowid IN (
  SELECT rowid FROM nativeauth_counters
  WHERE expires_at <= CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
  ORDER BY expires_at LIMIT ?)`,

	listKeys: `
SELECT seq, kid, algorithm, sealed, signs_at,
       CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
FROM nativeauth_signing_keys ORDER BY seq`,

	addKey: `
INSERT INTO nativeauth_signing_keys (seq, kid, algorithm, sealed, signs_at)
VALUES (?, ?, ?, ?, CAST(round(unixepoch('subsec') * 1000) AS INTEGER) + ?)
ON CONFLICT DO NOTHING`,

	resealKey: `UPDATE nativeauth_signing_keys SET sealed = ? WHERE seq = ? AND sealed = ?`,

	removeKeys: `DELETE FROM nativeauth_signing_keys WHERE seq < ?`,
}
