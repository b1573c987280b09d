package keyfile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"
)

// generate returns a new P-256 key.
func generate() (jose.JSONWebKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	return complete(jose.JSONWebKey{Key: private})
}

// create makes a file with one new key, unless somebody else has made it first.
func create(path string) error {
	key, err := generate()
	if err != nil {
		return fmt.Errorf("keyfile: create: %w", err)
	}
	temporary, err := writeBeside(path, []jose.JSONWebKey{key})
	if err != nil {
		return fmt.Errorf("keyfile: create: %w", err)
	}
	defer os.Remove(temporary)
	// Unlike a rename, a link never replaces a file: the first one wins, and it is whole when it
	// appears.
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keyfile: create: %w", err)
	}
	return nil
}

// replace puts a file with keys in the place of the one at path in one step.
func replace(path string, keys []jose.JSONWebKey) error {
	path, err := filepath.EvalSymlinks(path) // keep the link, change the file
	if err != nil {
		return err
	}
	temporary, err := writeBeside(path, keys)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
		return err
	}
	return nil
}

// writeBeside writes keys to a new file in the directory of path and returns its name. Only the
// owner can read it from the start.
func writeBeside(path string, keys []jose.JSONWebKey) (name string, err error) {
	data, err := json.MarshalIndent(jose.JSONWebKeySet{Keys: keys}, "", "  ")
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = file.Write(append(data, '\n'))
	// Synced before it gets its name: after a crash there is the old file or the new one.
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}
