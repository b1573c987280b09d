package keyfile_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/nativeauth/nativeauth/adapters/keyfile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A key is changed in three steps, with a wait between them.
func Example_rotation() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "keys.json")
	keys, err := keyfile.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	old, _ := keys.VerificationKeys(context.Background())

	kid, err := keyfile.Add(path)
	fmt.Println("added:", err)
	// … at least 24 hours later
	fmt.Println("promoted:", keyfile.Promote(path, kid))
	// … the longest life of a token and 5 minutes later
	fmt.Println("removed:", keyfile.Remove(path, old.Keys[0].KeyID))
	// Output:
	// added: <nil>
	// promoted: <nil>
	// removed: <nil>
}

func TestRotation_RefusesNoToken(t *testing.T) {
	path := missing(t)
	keys := open(t, path)
	first := kids(t, keys)[0]

	second, err := keyfile.Add(path)
	require.NoError(t, err)
	require.NoError(t, keys.Reload())
	assert.Equal(t, []string{first, second}, kids(t, keys), "published")
	assert.Equal(t, first, signing(t, keys).Key.(jose.JSONWebKey).KeyID, "not yet signing")

	require.NoError(t, keyfile.Promote(path, second))
	require.NoError(t, keys.Reload())
	assert.Equal(t, []string{second, first}, kids(t, keys), "still published")
	signsAndVerifies(t, keys)

	require.NoError(t, keyfile.Remove(path, first))
	require.NoError(t, keys.Reload())
	assert.Equal(t, []string{second}, kids(t, keys))
	signsAndVerifies(t, keys)
}

func TestPromote_KeepsTheOrderOfTheOthers(t *testing.T) {
	path := write(t, set(t, jose.JSONWebKey{Key: p256(t), KeyID: "a"}, jose.JSONWebKey{Key: ed(t), KeyID: "b"},
		jose.JSONWebKey{Key: rsaKey(t, 2048), KeyID: "c"}))
	require.NoError(t, keyfile.Promote(path, "c"))
	assert.Equal(t, []string{"c", "a", "b"}, kids(t, open(t, path)))
	require.NoError(t, keyfile.Promote(path, "c"))
	assert.Equal(t, []string{"c", "a", "b"}, kids(t, open(t, path)))
	signsAndVerifies(t, open(t, path))
}

func TestRotation_RefusesWhatWouldHurt(t *testing.T) {
	path := write(t, set(t, jose.JSONWebKey{Key: p256(t), KeyID: "a"}, jose.JSONWebKey{Key: ed(t), KeyID: "b"}))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.ErrorContains(t, keyfile.Remove(path, "a"), `key "a" signs, promote another one first`)
	assert.ErrorContains(t, keyfile.Remove(path, "x"), `there is no key "x"`)
	assert.ErrorContains(t, keyfile.Promote(path, "x"), `there is no key "x"`)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))

	kid, err := keyfile.Add(missing(t))
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.Empty(t, kid)
	assert.ErrorIs(t, keyfile.Promote(missing(t), "a"), os.ErrNotExist)
}

func TestAdd_TurnsPEMIntoASetWithTheSameKids(t *testing.T) {
	path := write(t, pkcs8(t, rsaKey(t, 2048))+sec1(t, p256(t)))
	before := kids(t, open(t, path))
	kid, err := keyfile.Add(path)
	require.NoError(t, err)
	keys := open(t, path)
	assert.Equal(t, append(before, kid), kids(t, keys))
	assert.Equal(t, jose.RS256, signing(t, keys).Algorithm)
	signsAndVerifies(t, keys)
}

func TestAdd_ChangesTheFileBehindALink(t *testing.T) {
	path := missing(t)
	open(t, path)
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(path, link); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	_, err := keyfile.Add(link)
	require.NoError(t, err)
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink)
	assert.Len(t, kids(t, open(t, path)), 2)
}

func TestAdd_LeavesNothingBehind(t *testing.T) {
	path := missing(t)
	open(t, path)
	_, err := keyfile.Add(path)
	require.NoError(t, err)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, left, 1)
}
