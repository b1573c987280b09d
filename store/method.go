package store

import (
	"log/slog"
	"time"
)

// MethodKind says how a person proves a second factor.
type MethodKind string

// The kinds of methods. To the first two a code is sent; the other two have it already.
const (
	MethodEmail    MethodKind = "email"    // a code by mail to an address
	MethodSMS      MethodKind = "sms"      // a code by text message to a number
	MethodTOTP     MethodKind = "totp"     // a code of an authenticator app
	MethodRecovery MethodKind = "recovery" // one of some codes that were written down
)

// Method is something that a person can prove a second factor with, registered before. The names in
// JSON stay as they are, so that an adapter may keep methods as JSON.
type Method struct {
	// ID is chosen by nativeauth, as a lower-case GUID, and never changes. Apps see it.
	ID   string     `json:"id"`
	Kind MethodKind `json:"kind"`
	// Target is where codes go: a canonical e-mail address or a telephone number in the form
	// "+4915112345678" (E.164), at most 254 bytes. It is empty where nothing is sent.
	Target string `json:"target,omitempty"`
	// Default marks the method that is challenged where the app names none.
	Default bool `json:"default,omitempty"`
	// Secret is what an authenticator app makes its codes from, encrypted, at most 256 bytes of any
	// value. Other kinds have none.
	Secret []byte `json:"secret,omitempty"`
	// Codes are hashes of the recovery codes that are left, at most 20 of at most 64 bytes each.
	// Who uses one up writes the list without it; UpdateUser lets only one do so.
	Codes [][]byte `json:"codes,omitempty"`
	// AddedAt is when the method was registered, in UTC, to the millisecond at least. It is zero where
	// nobody knows. It is kept for the host to show.
	AddedAt time.Time `json:"added_at,omitzero"`
}

// LogValue keeps addresses, numbers, secrets and codes out of logs, whoever logs a Method. A slice of
// them it cannot help: slog asks a value, and not what is in it.
func (m Method) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", m.ID), slog.String("kind", string(m.Kind)))
}
