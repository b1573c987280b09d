package sqlstore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store/storetest"
	"github.com/nativeauth/nativeauth/token"
)

func newSecret() []byte { return []byte(rand.Text() + rand.Text()) }

func openKeys(t testing.TB, s *sqlstore.Store, c sqlstore.KeysConfig) *sqlstore.Keys {
	k, err := sqlstore.OpenKeys(t.Context(), s, c)
	require.NoError(t, err)
	return k
}

// kids returns the IDs of what is published, and of the one that signs.
func kids(t testing.TB, k token.Keys) (published []string, signing string) {
	key, err := k.SigningKey(t.Context())
	require.NoError(t, err)
	set, err := k.VerificationKeys(t.Context())
	require.NoError(t, err)
	for _, key := range set.Keys {
		published = append(published, key.KeyID)
	}
	return published, key.Key.(jose.JSONWebKey).KeyID
}

func TestKeys_KeepTheContract(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn, c := d.fresh(t), sqlstore.KeysConfig{Secrets: [][]byte{newSecret()}}
		a, b := openKeys(t, d.open(t, dsn), c), openKeys(t, d.open(t, dsn), c)
		storetest.RunSharedKeys(t, func(*testing.T) []token.Keys { return []token.Keys{a, b} })
	})
}

func TestOpenKeys_AllThatStartAtOnceShareOneKey(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		for range 3 {
			dsn, c := d.fresh(t), sqlstore.KeysConfig{Secrets: [][]byte{newSecret()}}
			found := make([][]string, 10)
			gate := make(chan struct{})
			var instances sync.WaitGroup
			for i := range found {
				db := d.pool(t, dsn)
				db.SetMaxOpenConns(2)
				instances.Go(func() {
					<-gate
					s, err := sqlstore.Open(t.Context(), db, d.dialect)
					if !assert.NoError(t, err) {
						return
					}
					defer s.Close()
					k, err := sqlstore.OpenKeys(t.Context(), s, c)
					if assert.NoError(t, err) {
						found[i], _ = kids(t, k)
					}
				})
			}
			close(gate)
			instances.Wait()
			require.Len(t, found[0], 1)
			for _, f := range found {
				require.Equal(t, found[0], f)
			}
		}
	})
}

// Two instances look all the time while keys change every half second. Whatever one signs, the other
// one must know, at once and until it has ended.
func TestKeys_NobodyMeetsAKeyThatHeDoesNotKnow(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		c := sqlstore.KeysConfig{
			Secrets: [][]byte{newSecret()}, RotateEvery: 500 * time.Millisecond,
			PublishAhead: 400 * time.Millisecond, KeepFor: 500 * time.Millisecond,
		}
		instances := []*token.Signer{}
		for range 3 {
			instances = append(instances, token.NewSigner(openKeys(t, d.open(t, dsn), c)))
		}
		signed := map[string]bool{}
		end, n := time.Now().Add(2*time.Second), 0
		for ; time.Now().Before(end); n++ {
			now := time.Now()
			claims := fmt.Sprintf(`{"iss":"i","exp":%d,"nbf":%d,"iat":%d}`, now.Unix()+60, now.Unix(), now.Unix())
			text, err := instances[n%3].Sign(t.Context(), token.AccessToken, []byte(claims))
			require.NoError(t, err)
			_, err = instances[(n+1)%3].Verify(t.Context(), token.AccessToken, text, "i", now)
			require.NoError(t, err)
			signed[text[:bytes.IndexByte([]byte(text), '.')]] = true
			time.Sleep(time.Millisecond)
		}
		t.Logf("%d tokens, signed by %d keys", n, len(signed))
		assert.GreaterOrEqual(t, len(signed), 3)
		assert.LessOrEqual(t, number(t, d.pool(t, dsn), `SELECT count(*) FROM nativeauth_signing_keys`), 4, "old keys are removed")
	})
}

func TestKeys_ANewKeyIsPublishedBeforeItSigns(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		s := d.open(t, dsn)
		c := sqlstore.KeysConfig{Secrets: [][]byte{newSecret()}}
		k := openKeys(t, s, c)
		_, first := kids(t, k)

		second, err := k.Rotate(t.Context())
		require.NoError(t, err)
		for name, k := range map[string]token.Keys{"the one that rotated": k, "one that starts later": openKeys(t, s, c)} {
			published, signing := kids(t, k)
			assert.Equal(t, []string{first, second}, published, name)
			assert.Equal(t, first, signing, name)
		}

		// What the database says is all that counts, so let it say that the time has passed.
		pass := func(d2 time.Duration) {
			_, err := d.pool(t, dsn).Exec(fmt.Sprintf(`UPDATE nativeauth_signing_keys SET signs_at = signs_at - %d`, d2.Milliseconds()))
			require.NoError(t, err)
			require.NoError(t, k.Reload(t.Context()))
		}
		pass(24 * time.Hour)
		_, signing := kids(t, k)
		assert.Equal(t, first, signing, "it is published for a day at least by everybody")
		pass(5 * time.Minute)
		published, signing := kids(t, k)
		assert.Equal(t, second, signing)
		assert.Equal(t, []string{first, second}, published, "the tokens of the first are in use")
		pass(24*time.Hour + 50*time.Minute)
		published, _ = kids(t, k)
		assert.Len(t, published, 2)
		pass(10 * time.Minute)
		published, _ = kids(t, k)
		assert.Equal(t, []string{second}, published)

		pass(87 * 24 * time.Hour)
		published, _ = kids(t, k)
		assert.Len(t, published, 1, "no time yet for the next one")
		pass(24 * time.Hour)
		published, signing = kids(t, k)
		assert.Len(t, published, 2, "the next one is published a day before it is 90 days old")
		assert.Equal(t, second, signing)
	})
}

// An instance that slept through the publication of a key must know it when it wakes up.
func TestKeys_WhoHasNotLookedForLongWaitsForTheDatabase(t *testing.T) {
	dsn := sqlite.fresh(t)
	c := sqlstore.KeysConfig{Secrets: [][]byte{newSecret()}, PublishAhead: 200 * time.Millisecond}
	asleep := openKeys(t, sqlite.open(t, dsn), c)
	kid, err := openKeys(t, sqlite.open(t, dsn), c).Rotate(t.Context())
	require.NoError(t, err)
	time.Sleep(300 * time.Millisecond)
	set, err := asleep.VerificationKeys(t.Context()) // its first look
	require.NoError(t, err)
	assert.Len(t, set.Keys, 2)
	published, signing := kids(t, asleep)
	assert.Contains(t, published, kid)
	assert.Equal(t, kid, signing)
}

func TestKeys_OneOfManyRotates(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn, c := d.fresh(t), sqlstore.KeysConfig{Secrets: [][]byte{newSecret()}}
		var instances []*sqlstore.Keys
		s := d.open(t, dsn)
		for range 8 {
			instances = append(instances, openKeys(t, s, c))
		}
		_, err := d.pool(t, dsn).Exec(`UPDATE nativeauth_signing_keys SET signs_at = 0`)
		require.NoError(t, err)
		var all sync.WaitGroup
		for _, k := range instances {
			all.Go(func() { assert.NoError(t, k.Reload(t.Context())) })
		}
		all.Wait()
		want, _ := kids(t, instances[0])
		assert.Len(t, want, 2)
		for _, k := range instances {
			published, _ := kids(t, k)
			assert.Equal(t, want, published)
		}
	})
}

func TestKeys_AreOfTheAlgorithmOfTheConfig(t *testing.T) {
	for _, alg := range token.Algorithms {
		s := sqlite.open(t, sqlite.fresh(t))
		c := sqlstore.KeysConfig{Secrets: [][]byte{newSecret()}, Algorithm: alg}
		for range 2 { // made, then read
			key, err := openKeys(t, s, c).SigningKey(t.Context())
			require.NoError(t, err)
			assert.Equal(t, alg, key.Algorithm)
		}
		assert.NoError(t, token.NewSigner(openKeys(t, s, c)).Check(t.Context()))
	}
}

func TestKeys_OutliveTheDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.pool(t, d.fresh(t))
		s, err := sqlstore.Open(t.Context(), db, d.dialect)
		require.NoError(t, err)
		defer s.Close()
		var log lockedBuffer
		c := sqlstore.KeysConfig{
			Secrets: [][]byte{newSecret()}, PublishAhead: 100 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}
		k := openKeys(t, s, c)
		require.NoError(t, db.Close())
		assert.Error(t, k.Reload(t.Context()))
		for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
			require.NoError(t, token.NewSigner(k).Check(t.Context()))
		}
		assert.Contains(t, log.String(), "signing keys were not read")
		_, err = sqlstore.OpenKeys(t.Context(), s, c)
		assert.ErrorContains(t, err, "sqlstore: open keys: ")
	})
}

func TestOpenKeys_TellsAllProblemsAtOnce(t *testing.T) {
	_, err := sqlstore.OpenKeys(t.Context(), nil, sqlstore.KeysConfig{
		Secrets: [][]byte{newSecret(), make([]byte, 31)}, RotateEvery: time.Hour, KeepFor: -1, Algorithm: "HS256",
	})
	for _, says := range []string{"Secrets[1] has 31 bytes", "KeepFor", "RotateEvery is 1h0m0s", `"HS256"`} {
		assert.ErrorContains(t, err, says)
	}
	_, err = sqlstore.OpenKeys(context.Background(), nil, sqlstore.KeysConfig{})
	assert.ErrorContains(t, err, "Secrets is missing")
}

// lockedBuffer is a bytes.Buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
