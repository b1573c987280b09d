package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const secretSize = 32

// secretFile returns the secret kept at path, and makes one on the first run. It has to outlive the
// process as the database does: refresh tokens are worth nothing under another secret.
func secretFile(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		secret = make([]byte, secretSize)
		rand.Read(secret)
		err = createFile(path, secret)
	}
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	if len(secret) < secretSize {
		return nil, fmt.Errorf("secret: %s holds %d bytes and not %d; remove it to get a new one, which signs everybody out",
			path, len(secret), secretSize)
	}
	return secret, nil
}

// createFile writes a new file that only its owner can read. A file that is there already is left
// alone and is an error.
func createFile(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
