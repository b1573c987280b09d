package sqlstore

// PostgreSQL's clock, in milliseconds:
//
//	(extract(epoch FROM clock_timestamp()) * 1000)::bigint
//
// Where a statement may have to wait for a row, it reads clock_timestamp(), which is the time when the
// row was got. Two readings differ, so what needs one moment twice reads it in a sub-select, which
// PostgreSQL evaluates once as the function is volatile. What never waits reads statement_timestamp(),
// which stays the same and lets an index be used.
//
// In READ COMMITTED, which Open demands, INSERT ... ON CONFLICT waits for a transaction that has
// inserted the same key, and then sees its row even though it is newer than the statement's snapshot;
// a conditional UPDATE and DELETE look at their condition again after they waited for the row. So
// exactly one wins.
var postgresQueries = queries{
	// The same search along search_path as in all other statements.
	hasSchema:     `SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('nativeauth_migrations')`,
	schemaVersion: `SELECT coalesce(max(version), 0) FROM nativeauth_migrations`,

	createUser: `
INSERT INTO nativeauth_users (
  id, username, email, attributes, password_hash, password_history, password_changed_at,
  must_change_password, methods, disabled, epoch, version, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12)
ON CONFLICT DO NOTHING`,

	userByUsername: `
SELECT id, username, email, attributes, password_hash, password_history, password_changed_at,
       must_change_password, methods, disabled, epoch, version, created_at
FROM nativeauth_users WHERE username = $1`,

	userByID: `
SELECT id, username, email, attributes, password_hash, password_history, password_changed_at,
       must_change_password, methods, disabled, epoch, version, created_at
FROM nativeauth_users WHERE id = $1`,

	// NOT EXISTS spares the server's log an error. The unique index decides.
	updateUser: `
UPDATE nativeauth_users
SET username = $1, email = $2, attributes = $3, password_hash = $4, password_history = $5,
    password_changed_at = $6, must_change_password = $7, methods = $8, disabled = $9, epoch = $10,
    version = version + 1
WHERE id = $11 AND version = $12
  AND NOT EXISTS (SELECT 1 FROM nativeauth_users AS other WHERE other.username = $1 AND other.id <> $11)`,

	userVersion: `SELECT version FROM nativeauth_users WHERE id = $1`,

	getState: `
SELECT value, version, expires_at - (extract(epoch FROM statement_timestamp()) * 1000)::bigint
FROM nativeauth_state
WHERE key = $1 AND expires_at > (extract(epoch FROM statement_timestamp()) * 1000)::bigint`,

	createState: `
INSERT INTO nativeauth_state AS old (key, value, version, expires_at)
VALUES ($1, $2, $3, (extract(epoch FROM clock_timestamp()) * 1000)::bigint + $4::bigint)
ON CONFLICT (key) DO UPDATE
SET value = excluded.value, version = old.version + 1,
    expires_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint + $4::bigint
WHERE old.expires_at <= (extract(epoch FROM clock_timestamp()) * 1000)::bigint`,

	replaceState: `
UPDATE nativeauth_state
SET value = $1, version = version + 1,
    expires_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint + $2::bigint
WHERE key = $3 AND version = $4 AND expires_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint`,

	deleteState: `
DELETE FROM nativeauth_state
WHERE key = $1 AND version = $2 AND expires_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint`,

	addCounter: `
INSERT INTO nativeauth_counters AS old (key, value, expires_at)
VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint + $3::bigint)
ON CONFLICT (key) DO UPDATE
SET (value, expires_at) = (
  SELECT excluded.value + CASE WHEN old.expires_at > clock.now THEN old.value ELSE 0 END,
         CASE WHEN old.expires_at > clock.now THEN old.expires_at ELSE clock.now + $3::bigint END
  FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) AS clock)
RETURNING value, greatest(0, expires_at - (extract(epoch FROM clock_timestamp()) * 1000)::bigint)`,

	// Cleaners of several instances pass by each other's rows, and by rows that are being written.
	// The outer condition is looked at again for a row that came to life since it was chosen.
	cleanState: `
DELETE FROM nativeauth_state
WHERE key = ANY (ARRAY(
  SELECT key FROM nativeauth_state
  WHERE expires_at <= (extract(epoch FROM statement_timestamp()) * 1000)::bigint
  ORDER BY expires_at LIMIT $1
  FOR UPDATE SKIP LOCKED))
  AND expires_at <= (extract(epoch FROM statement_timestamp()) * 1000)::bigint`,

	cleanCounters: `
DELETE FROM nativeauth_counters
WHERE key = ANY (ARRAY(
  SELECT key FROM nativeauth_counters
  WHERE expires_at <= (extract(epoch FROM statement_timestamp()) * 1000)::bigint
  ORDER BY expires_at LIMIT $1
  FOR UPDATE SKIP LOCKED))
  AND expires_at <= (extract(epoch FROM statement_timestamp()) * 1000)::bigint`,

	listKeys: `
SELECT seq, kid, algorithm, sealed, signs_at,
       (extract(epoch FROM statement_timestamp()) * 1000)::bigint
FROM nativeauth_signing_keys ORDER BY seq`,

	addKey: `
INSERT INTO nativeauth_signing_keys (seq, kid, algorithm, sealed, signs_at)
VALUES ($1, $2, $3, $4, (extract(epoch FROM clock_timestamp()) * 1000)::bigint + $5::bigint)
ON CONFLICT DO NOTHING`,

	resealKey: `UPDATE nativeauth_signing_keys SET sealed = $1 WHERE seq = $2 AND sealed = $3`,

	removeKeys: `DELETE FROM nativeauth_signing_keys WHERE seq < $1`,
}
