package flow

import (
	"encoding/base64"
	"fmt"
)

// What a page of the host carries from one form to the next is sealed: nobody can read or change it, put it together
// with another token, or use it at another client.

// Carry seals what a form is to bring back, as text for a field or a URL.
func (e *Engine) Carry(text []byte, clientID string) string {
	return base64.RawURLEncoding.EncodeToString(e.forms.Seal(text, carriedFor(clientID)))
}

// Carried opens what Carry has made for a client; anything else is an ErrTokenUnreadable.
func (e *Engine) Carried(text, clientID string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenUnreadable, err)
	}
	plain, _, err := e.forms.Open(sealed, carriedFor(clientID))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenUnreadable, err)
	}
	return plain, nil
}

func carriedFor(clientID string) string { return "form of " + clientID }
