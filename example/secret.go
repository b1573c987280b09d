package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	secretSize    = 32 // bytes, at least
	defaultSecret = "nativeauth.secret"
)

// secretFile returns the secret kept at path, and makes one on the first run. It has to outlive the
// process as the database does, and to be the same for all instances: refresh tokens are worth
// nothing under another secret, and signing keys cannot be opened.
func secretFile(path string) ([]byte, error) {
	secret, err := keptFile(path, func() ([]byte, error) {
		fresh := make([]byte, secretSize)
		_, err := rand.Read(fresh)
		return fresh, err
	})
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	if len(secret) < secretSize {
		return nil, fmt.Errorf("secret: %s holds %d bytes and not %d or more: put the right one back. "+
			"If it is lost, remove the file to get a new one, which signs everybody out, and the rows of "+
			"nativeauth_signing_keys, which it does not open", path, len(secret), secretSize)
	}
	return secret, nil
}

// keptFile returns what the file at path holds. Where there is none it is made, of what fresh returns.
func keptFile(path string, fresh func() ([]byte, error)) ([]byte, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if content, err = fresh(); err == nil {
			err = createFile(path, content)
		}
		if err == nil {
			content, err = os.ReadFile(path) // perhaps another instance was first
		}
	}
	return content, err
}

// createFile writes a file that only its owner can read. One that is there already stays as it is: of several
// instances that start at once, all get the same.
func createFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// Unlike a rename, a link never replaces a file, and what it names is whole.
	if err = os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
