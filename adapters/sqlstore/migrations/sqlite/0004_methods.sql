-- What a person can prove a second factor with: a JSON array, NULL if there is none.
ALTER TABLE nativeauth_users ADD COLUMN methods TEXT;

INSERT INTO nativeauth_migrations (version) VALUES (4);
