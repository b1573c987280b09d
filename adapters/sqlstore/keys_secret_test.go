package sqlstore_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

func TestKeys_TheSecretIsChangedInSteps(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.open(t, d.fresh(t))
		older, newer := newSecret(), newSecret()
		with := func(secrets ...[]byte) sqlstore.KeysConfig { return sqlstore.KeysConfig{Secrets: secrets} }
		running := openKeys(t, s, with(older))
		_, first := kids(t, running)

		for _, secrets := range [][][]byte{{older, newer}, {newer, older}, {newer}} {
			_, signing := kids(t, openKeys(t, s, with(secrets...)))
			assert.Equal(t, first, signing)
		}
		require.NoError(t, running.Reload(t.Context()), "it knows the key, under whatever secret it is now")
		_, signing := kids(t, running)
		assert.Equal(t, first, signing)
		_, err := sqlstore.OpenKeys(t.Context(), s, with(older))
		assert.ErrorContains(t, err, "cannot be decrypted: Secrets must have")
	})
}

func TestKeys_WhoLacksASecretUsesWhatHeKnowsAndMakesNone(t *testing.T) {
	dsn := sqlite.fresh(t)
	s := sqlite.open(t, dsn)
	older, newer := newSecret(), newSecret()
	behind := openKeys(t, s, sqlstore.KeysConfig{Secrets: [][]byte{older}})
	_, first := kids(t, behind)
	_, err := openKeys(t, s, sqlstore.KeysConfig{Secrets: [][]byte{newer, older}}).Rotate(t.Context())
	require.NoError(t, err)

	assert.ErrorContains(t, behind.Reload(t.Context()), "cannot be decrypted")
	published, signing := kids(t, behind)
	assert.Equal(t, []string{first}, published)
	assert.Equal(t, first, signing)
	_, err = behind.Rotate(t.Context())
	assert.ErrorContains(t, err, "cannot be decrypted")

	db := sqlite.pool(t, dsn)
	_, err = db.Exec(`UPDATE nativeauth_signing_keys SET signs_at = 0 WHERE seq = 2`) // time for the next
	require.NoError(t, err)
	assert.ErrorContains(t, behind.Reload(t.Context()), "cannot be decrypted")
	assert.Equal(t, 2, number(t, db, `SELECT max(seq) FROM nativeauth_signing_keys`))
}

// Whoever can write to the database must not be able to make tokens.
func TestKeys_ARowThatWasTamperedWithIsNoKey(t *testing.T) {
	for name, change := range map[string]string{
		"another kid":       `UPDATE nativeauth_signing_keys SET kid = 'x'`,
		"another number":    `UPDATE nativeauth_signing_keys SET seq = 7`,
		"another algorithm": `UPDATE nativeauth_signing_keys SET algorithm = 'RS256'`,
		"a key of his own":  `UPDATE nativeauth_signing_keys SET sealed = x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'`,
		"nothing":           `UPDATE nativeauth_signing_keys SET sealed = x''`,
	} {
		dsn, c := sqlite.fresh(t), sqlstore.KeysConfig{Secrets: [][]byte{newSecret()}}
		s := sqlite.open(t, dsn)
		openKeys(t, s, c)
		_, err := sqlite.pool(t, dsn).Exec(change)
		require.NoError(t, err)
		_, err = sqlstore.OpenKeys(t.Context(), s, c)
		assert.ErrorContains(t, err, "cannot be decrypted", name)
	}
}

func TestKeys_NothingSecretIsStoredOrLogged(t *testing.T) {
	dsn := sqlite.fresh(t)
	var log lockedBuffer
	k := openKeys(t, sqlite.open(t, dsn), sqlstore.KeysConfig{
		Secrets: [][]byte{newSecret()}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	key, err := k.SigningKey(t.Context())
	require.NoError(t, err)
	private, err := key.Key.(jose.JSONWebKey).MarshalJSON()
	require.NoError(t, err)
	var members struct{ D string }
	require.NoError(t, json.Unmarshal(private, &members))
	d, err := base64.RawURLEncoding.DecodeString(members.D)
	require.NoError(t, err)

	var sealed []byte
	require.NoError(t, sqlite.pool(t, dsn).QueryRow(`SELECT sealed FROM nativeauth_signing_keys`).Scan(&sealed))
	assert.False(t, bytes.Contains(sealed, d))
	assert.Contains(t, log.String(), "key rotated")
	assert.NotContains(t, log.String(), members.D)
}
