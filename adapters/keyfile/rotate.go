package keyfile

import (
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// The functions below change the file in one step, so that no reader ever sees half of it. Two
// changes at once, of one process or several, may lose one of them. A PEM file becomes a JSON Web
// Key Set, in which its keys have the kid that they had before.

// Add puts a new P-256 key behind the others and returns its kid. It is published and does not sign
// until it is promoted, at the earliest 24 hours later.
func Add(path string) (kid string, err error) {
	key, err := generate()
	if err != nil {
		return "", fmt.Errorf("keyfile: add: %w", err)
	}
	err = change(path, func(keys []jose.JSONWebKey) ([]jose.JSONWebKey, error) {
		return append(keys, key), nil
	})
	if err != nil {
		return "", err
	}
	return key.KeyID, nil
}

// Promote moves the key kid to the front: it signs from now on. The others stay published.
func Promote(path, kid string) error {
	return change(path, func(keys []jose.JSONWebKey) ([]jose.JSONWebKey, error) {
		i, err := find(keys, kid)
		if err != nil {
			return nil, err
		}
		key := keys[i]
		return slices.Insert(slices.Delete(keys, i, i+1), 0, key), nil
	})
}

// Remove takes the key kid out of the file. From then on every token that it signed is refused. It
// does not remove the key that signs.
func Remove(path, kid string) error {
	return change(path, func(keys []jose.JSONWebKey) ([]jose.JSONWebKey, error) {
		i, err := find(keys, kid)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			return nil, fmt.Errorf("key %q signs, promote another one first", kid)
		}
		return slices.Delete(keys, i, i+1), nil
	})
}

// change replaces the keys of a file by what edit makes of them.
func change(path string, edit func([]jose.JSONWebKey) ([]jose.JSONWebKey, error)) error {
	c, err := read(path)
	if err != nil {
		return err
	}
	keys, err := edit(c.keys)
	if err != nil {
		return fmt.Errorf("keyfile: %s: %w", path, err)
	}
	if err := replace(path, keys); err != nil {
		return fmt.Errorf("keyfile: change: %w", err)
	}
	return nil
}

func find(keys []jose.JSONWebKey, kid string) (int, error) {
	i := slices.IndexFunc(keys, func(k jose.JSONWebKey) bool { return k.KeyID == kid })
	if i < 0 {
		return 0, fmt.Errorf("there is no key %q", kid)
	}
	return i, nil
}
