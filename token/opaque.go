package token

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/internal/keyed"
)

// ErrInvalid says that a token was not made here, or not for this use. It tells no more.
var ErrInvalid = errors.New("token: invalid")

// ID names the record in the store that an opaque token belongs to.
type ID [16]byte

// Key returns the key of the record in a store.State.
func (id ID) Key() string { return "flow/" + base64.RawURLEncoding.EncodeToString(id[:]) }

// Strict, so that no second spelling of a token is accepted.
var encoding = base64.RawURLEncoding.Strict()

// Continuation is what a continuation token says to the server; to everybody else it is opaque. The
// 256 bits of Secret make it unguessable; State and Expires are authenticated, so that a token that
// is forged, misused or expired is told without a look-up.
type Continuation struct {
	State   byte      // of the flow, at the time the token was given out
	Code    byte      // which of the flow's codes was the newest then, from 1; 0 for none
	Expires time.Time // to the millisecond
	Flow    ID
	Secret  [32]byte
}

const (
	continuationBody = 2 + 8 + len(ID{}) + 32
	tagSize          = 16
	continuationSize = continuationBody + tagSize
)

// Opaque makes and reads opaque tokens. The keys, newest first, are 32 bytes each: the first makes
// tokens, any of them reads. It is safe for concurrent use.
type Opaque struct {
	macs        []*keyed.MAC
	generations []Generation // of the macs
}

// NewOpaque returns an Opaque with these keys.
func NewOpaque(keys [][]byte) Opaque {
	o := Opaque{macs: keyed.NewAll(keys)}
	for _, mac := range o.macs {
		sum := mac.Sum([]byte("generation"))
		o.generations = append(o.generations, Generation(binary.BigEndian.Uint32(sum[:])))
	}
	return o
}

// Continuation returns the text of c for a client.
func (o Opaque) Continuation(c Continuation, client string) string {
	b := make([]byte, 0, continuationSize)
	b = append(b, c.State, c.Code)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Expires.UnixMilli()))
	b = append(b, c.Flow[:]...)
	b = append(b, c.Secret[:]...)
	mac := tag(o.macs[0], "continuation", client, b)
	b = append(b, mac[:tagSize]...)
	return encoding.EncodeToString(b)
}

// ParseContinuation reads a token that Continuation made for the same client, expired or not. It
// returns ErrInvalid for anything else.
func (o Opaque) ParseContinuation(text, client string) (Continuation, error) {
	var c Continuation
	if len(text) != encoding.EncodedLen(continuationSize) {
		return c, ErrInvalid
	}
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) != continuationSize {
		return c, ErrInvalid
	}
	body := b[:continuationBody]
	if !o.authentic("continuation", client, body, b[continuationBody:]) {
		return c, ErrInvalid
	}
	c.State, c.Code = body[0], body[1]
	c.Expires = time.UnixMilli(int64(binary.BigEndian.Uint64(body[2:10])))
	copy(c.Flow[:], body[10:])
	copy(c.Secret[:], body[10+len(c.Flow):])
	return c, nil
}

// Refresh is what a refresh token says to the server. The token's 256 bits are an HMAC over these
// three and the client, so the store needs to hold none of them: a family and a counter give the
// same token again.
type Refresh struct {
	Family  ID
	Counter uint32
	Expires time.Time // to the millisecond
}

const (
	refreshBody = len(ID{}) + 4 + 8
	refreshSize = refreshBody + keyed.Size
)

// Generation names the key that made a token, so that the same token can be made again after a
// newer key has come.
type Generation uint32

// Newest returns the generation of the key that makes tokens now.
func (o Opaque) Newest() Generation { return o.generations[0] }

// Refresh returns the text of r for a client, made with the key of a generation, or with the newest
// if that key is gone.
func (o Opaque) Refresh(r Refresh, client string, g Generation) string {
	maker := o.macs[max(0, slices.Index(o.generations, g))]
	b := make([]byte, 0, refreshSize)
	b = append(b, r.Family[:]...)
	b = binary.BigEndian.AppendUint32(b, r.Counter)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Expires.UnixMilli()))
	mac := tag(maker, "refresh", client, b)
	b = append(b, mac[:]...)
	return encoding.EncodeToString(b)
}

// ParseRefresh reads a token that Refresh made for the same client, expired or not. It returns
// ErrInvalid for anything else.
func (o Opaque) ParseRefresh(text, client string) (Refresh, error) {
	var r Refresh
	if len(text) != encoding.EncodedLen(refreshSize) {
		return r, ErrInvalid
	}
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) != refreshSize {
		return r, ErrInvalid
	}
	body := b[:refreshBody]
	if !o.authentic("refresh", client, body, b[refreshBody:]) {
		return r, ErrInvalid
	}
	copy(r.Family[:], body)
	r.Counter = binary.BigEndian.Uint32(body[len(r.Family):])
	r.Expires = time.UnixMilli(int64(binary.BigEndian.Uint64(body[len(r.Family)+4:])))
	return r, nil
}

// authentic tells whether mac, as much of it as there is, is the tag of body under any key.
func (o Opaque) authentic(purpose, client string, body, mac []byte) bool {
	for _, m := range o.macs {
		if want := tag(m, purpose, client, body); hmac.Equal(mac, want[:len(mac)]) {
			return true
		}
	}
	return false
}

// tag authenticates body for one purpose and client. Purposes hold no NUL and body has one length
// for each, so the text it hashes can be read in one way only.
func tag(m *keyed.MAC, purpose, client string, body []byte) [keyed.Size]byte {
	text := make([]byte, 0, 256)
	text = append(text, purpose...)
	text = append(text, 0)
	text = append(text, client...)
	return m.Sum(append(text, body...))
}
