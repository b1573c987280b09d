-- The defaults are an account without a password, so a row that says nothing of passwords is valid.
ALTER TABLE nativeauth_users ADD COLUMN password_hash TEXT NOT NULL DEFAULT '';

-- A JSON array of hashes, the newest first, NULL if there is none.
ALTER TABLE nativeauth_users ADD COLUMN password_history TEXT;

-- In ms since 1970, NULL if never or if nobody knows.
ALTER TABLE nativeauth_users ADD COLUMN password_changed_at INTEGER;

-- 0 or 1.
ALTER TABLE nativeauth_users ADD COLUMN must_change_password INTEGER NOT NULL DEFAULT 0;

INSERT INTO nativeauth_migrations (version) VALUES (3);
