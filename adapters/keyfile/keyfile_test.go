package keyfile_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/nativeauth/nativeauth/adapters/keyfile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpen_MakesAFileThatOnlyItsOwnerCanRead(t *testing.T) {
	path := missing(t)
	first := open(t, path)
	assert.Equal(t, jose.ES256, signing(t, first).Algorithm)
	signsAndVerifies(t, first)

	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	assert.Equal(t, kids(t, first), kids(t, open(t, path)), "the next start uses the same key")
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing else is left behind")
}

func TestOpen_AllThatStartAtOnceShareOneKey(t *testing.T) {
	// Nothing in the package is shared between two calls, so these are as good as processes.
	for range 30 {
		path := missing(t)
		found := make([][]string, 8)
		gate := make(chan struct{})
		var wg sync.WaitGroup
		for i := range found {
			wg.Go(func() {
				<-gate
				if k, err := keyfile.Open(path); assert.NoError(t, err) {
					found[i] = kids(t, k)
				}
			})
		}
		close(gate)
		wg.Wait()
		for _, f := range found {
			require.Equal(t, found[0], f)
		}
	}
}

func TestOpen_RefusesAFileOthersCanTouch(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes")
	}
	path := missing(t)
	open(t, path)
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o620, 0o601} {
		require.NoError(t, os.Chmod(path, mode))
		_, err := keyfile.Open(path)
		assert.ErrorContains(t, err, fmt.Sprintf("(mode %04o): run chmod 600 on it", mode))
	}
	require.NoError(t, os.Chmod(path, 0o400))
	open(t, path)
}

func TestOpen_SaysWhyThereIsNoFile(t *testing.T) {
	_, err := keyfile.Open(filepath.Join(t.TempDir(), "no", "keys.json"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "keyfile: create: ")
	_, err = keyfile.Open(write(t, string(make([]byte, 1<<20+1))))
	assert.ErrorContains(t, err, "larger than")
}

func TestVerificationKeys_HoldNoPrivatePart(t *testing.T) {
	keys := open(t, write(t, set(t, jose.JSONWebKey{Key: p256(t)}, jose.JSONWebKey{Key: rsaKey(t, 2048)}, jose.JSONWebKey{Key: ed(t)})))
	published, err := keys.VerificationKeys(t.Context())
	require.NoError(t, err)
	text, err := json.Marshal(published)
	require.NoError(t, err)
	var got struct{ Keys []map[string]any }
	require.NoError(t, json.Unmarshal(text, &got))
	require.Len(t, got.Keys, 3)
	for i, members := range got.Keys {
		assert.True(t, published.Keys[i].IsPublic())
		for name := range members {
			assert.Contains(t, []string{"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"}, name)
		}
		assert.Equal(t, "sig", members["use"])
		assert.NotEmpty(t, members["kid"])
		assert.NotEmpty(t, members["alg"])
	}
}

func TestVerificationKeys_BelongToTheCaller(t *testing.T) {
	keys := open(t, missing(t))
	got, err := keys.VerificationKeys(t.Context())
	require.NoError(t, err)
	got.Keys[0] = jose.JSONWebKey{}
	signsAndVerifies(t, keys)
}

func TestKeys_FollowTheFileWithinASecond(t *testing.T) {
	path := missing(t)
	synctest.Test(t, func(t *testing.T) { // no waiting: time stands still until everybody sleeps
		keys := open(t, path)
		before := kids(t, keys)
		added, err := keyfile.Add(path)
		require.NoError(t, err)
		time.Sleep(time.Second - 1)
		assert.Equal(t, before, kids(t, keys), "looked at more than once a second")
		time.Sleep(time.Nanosecond)
		assert.Equal(t, append(before, added), kids(t, keys))
	})
}

func TestKeys_NoticeAnotherFileOfTheSameSizeAndTime(t *testing.T) {
	path, other := missing(t), missing(t)
	open(t, other)
	synctest.Test(t, func(t *testing.T) {
		keys := open(t, path)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Chtimes(other, time.Time{}, info.ModTime()))
		want := kids(t, open(t, other))
		require.NoError(t, os.Rename(other, path))
		time.Sleep(time.Second)
		assert.Equal(t, want, kids(t, keys))
	})
}

func TestKeys_NoticeAFileWrittenInPlace(t *testing.T) {
	one, two := set(t, jose.JSONWebKey{Key: p256(t), KeyID: "a"}), set(t, jose.JSONWebKey{Key: p256(t), KeyID: "b"})
	require.Len(t, two, len(one))
	begin := time.Now()
	for name, c := range map[string]struct {
		text string
		time time.Time
	}{
		"of the same size, later":      {two, begin.Add(time.Minute)},
		"of the same size, put back":   {two, begin.Add(-time.Minute)},
		"of another size, at one time": {two + "\n", begin},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, one)
			require.NoError(t, os.Chtimes(path, time.Time{}, begin))
			synctest.Test(t, func(t *testing.T) {
				keys := open(t, path)
				require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
				require.NoError(t, os.Chtimes(path, time.Time{}, c.time))
				time.Sleep(time.Second)
				assert.Equal(t, []string{"b"}, kids(t, keys))
			})
		})
	}
}

func TestKeys_SurviveABrokenFile(t *testing.T) {
	path := missing(t)
	synctest.Test(t, func(t *testing.T) {
		keys := open(t, path)
		before := kids(t, keys)
		good, err := os.ReadFile(path)
		require.NoError(t, err)
		for name, damage := range map[string]func() error{
			"half a file":     func() error { return os.WriteFile(path, good[:len(good)/2], 0o600) },
			"an empty file":   func() error { return os.Truncate(path, 0) },
			"a public file":   func() error { return os.Chmod(path, 0o644) },
			"no file":         func() error { return os.Remove(path) },
			"another content": func() error { return os.WriteFile(path, []byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`), 0o600) },
		} {
			if name == "a public file" && runtime.GOOS == "windows" {
				continue
			}
			require.NoError(t, damage(), name)
			time.Sleep(2 * time.Second)
			assert.Equal(t, before, kids(t, keys), name)
			signsAndVerifies(t, keys)
			assert.ErrorContains(t, keys.Reload(), "keyfile: ", name)

			// Mended, it is in use again, although nobody called Reload.
			require.NoError(t, os.WriteFile(path, good, 0o600))
			require.NoError(t, os.Chmod(path, 0o600))
			kid, err := keyfile.Add(path)
			require.NoError(t, err, name)
			time.Sleep(time.Second)
			assert.Equal(t, append(before, kid), kids(t, keys), name)
			require.NoError(t, keyfile.Remove(path, kid))
			require.NoError(t, keys.Reload())
		}
	})
}

func TestKeys_AreSafeForConcurrentUse(t *testing.T) {
	path := missing(t)
	synctest.Test(t, func(t *testing.T) {
		keys := open(t, path)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 20 {
					time.Sleep(time.Second)
					signsAndVerifies(t, keys)
				}
			})
		}
		for range 10 {
			time.Sleep(2 * time.Second)
			kid, err := keyfile.Add(path)
			assert.NoError(t, err)
			assert.NoError(t, keys.Reload(), "published before it signs")
			assert.NoError(t, keyfile.Promote(path, kid))
		}
		wg.Wait()
	})
}

func missing(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "keys.json")
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := missing(t)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func open(t *testing.T, path string) *keyfile.Keys {
	t.Helper()
	keys, err := keyfile.Open(path)
	require.NoError(t, err)
	return keys
}

func signing(t *testing.T, keys *keyfile.Keys) jose.SigningKey {
	t.Helper()
	key, err := keys.SigningKey(t.Context())
	assert.NoError(t, err)
	return key
}

func kids(t *testing.T, keys *keyfile.Keys) []string {
	t.Helper()
	published, err := keys.VerificationKeys(t.Context())
	assert.NoError(t, err)
	var list []string
	for _, k := range published.Keys {
		list = append(list, k.KeyID)
	}
	return list
}

// signsAndVerifies makes a token as the package token does and checks it with the published keys.
func signsAndVerifies(t *testing.T, keys *keyfile.Keys) {
	t.Helper()
	key := signing(t, keys)
	signer, err := jose.NewSigner(key, nil)
	if !assert.NoError(t, err) {
		return
	}
	made, err := signer.Sign([]byte("claims"))
	if !assert.NoError(t, err) {
		return
	}
	text, err := made.CompactSerialize()
	assert.NoError(t, err)
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{key.Algorithm})
	if !assert.NoError(t, err) {
		return
	}
	published, err := keys.VerificationKeys(t.Context())
	assert.NoError(t, err)
	matches := published.Key(jws.Signatures[0].Header.KeyID)
	if assert.Len(t, matches, 1, "the kid of the signing key is published once") {
		assert.Equal(t, string(key.Algorithm), matches[0].Algorithm)
		_, err = jws.Verify(matches[0])
		assert.NoError(t, err)
	}
}
