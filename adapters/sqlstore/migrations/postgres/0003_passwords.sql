-- The defaults are an account without a password, so a row that says nothing of passwords is valid.
ALTER TABLE nativeauth_users
  ADD COLUMN password_hash        TEXT NOT NULL DEFAULT '',
  ADD COLUMN password_history     TEXT,    -- a JSON array of hashes, the newest first, NULL if there is none
  ADD COLUMN password_changed_at  BIGINT,  -- ms since 1970, NULL if never or if nobody knows
  ADD COLUMN must_change_password BOOLEAN NOT NULL DEFAULT false;

INSERT INTO nativeauth_migrations (version) VALUES (3);
