package token

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/nativeauth/nativeauth/internal/keyed"
)

// ErrInvalid says that a token was not made here, or not for this use. It tells no more.
var ErrInvalid = errors.New("token: invalid")

// ID names the record in the store that an opaque token belongs to.
type ID [16]byte

// Key returns the key of the record in a store.State.
func (id ID) Key() string { return "flow/" + id.String() }

// String returns the ID as tokens name it in claims.
func (id ID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// ParseID reads what String wrote; ErrInvalid for anything else.
func ParseID(text string) (ID, error) {
	var id ID
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) != len(id) || len(text) != encoding.EncodedLen(len(id)) {
		return id, ErrInvalid
	}
	return ID(b), nil
}

// Strict, so that no second spelling of a token is accepted.
var encoding = base64.RawURLEncoding.Strict()

// Continuation is what a continuation token says to the server. It is encrypted, so that it says
// nothing to anybody else but how long it is. The 256 bits of Secret make it unguessable; all of it
// is authenticated, so that a token that is forged, misused or expired is told without a look-up.
type Continuation struct {
	State   byte      // of the flow, at the time the token was given out
	Code    byte      // which of the flow's codes was the newest then, from 1; 0 for none
	Expires time.Time // to the millisecond
	Flow    ID
	Secret  [32]byte
	Record  []byte // of a flow that the store does not know yet; nil for one that it does
}

// continuationBody is the least that a token holds, before it is encrypted.
const continuationBody = 2 + 8 + len(ID{}) + 32

// Opaque makes and reads opaque tokens. The keys, newest first, are 32 bytes each: the first makes
// tokens, any of them reads. It is safe for concurrent use.
type Opaque struct {
	macs        []*keyed.MAC
	generations []Generation  // of the macs
	seals       []cipher.AEAD // XChaCha20-Poly1305, under keys derived by the macs
}

// NewOpaque returns an Opaque with these keys.
func NewOpaque(keys [][]byte) Opaque {
	o := Opaque{macs: keyed.NewAll(keys)}
	for _, mac := range o.macs {
		sum := mac.Sum([]byte("generation"))
		o.generations = append(o.generations, Generation(binary.BigEndian.Uint32(sum[:])))
		key := mac.Sum([]byte("seal"))
		seal, err := chacha20poly1305.NewX(key[:])
		if err != nil {
			panic(err) // only for a key of another length
		}
		o.seals = append(o.seals, seal)
	}
	return o
}

// Continuation returns the text of c for a client. The nonce is a hash of what is encrypted, which the
// secret in it keeps from being guessed: it differs wherever that does, and a token has one spelling.
func (o Opaque) Continuation(c Continuation, client string) string {
	body := make([]byte, 0, continuationBody+len(c.Record))
	body = append(body, c.State, c.Code)
	body = binary.BigEndian.AppendUint64(body, uint64(c.Expires.UnixMilli()))
	body = append(body, c.Flow[:]...)
	body = append(body, c.Secret[:]...)
	body = append(body, c.Record...)
	hash := sha256.Sum256(body)
	nonce := hash[:chacha20poly1305.NonceSizeX]
	sealed := make([]byte, 0, len(nonce)+len(body)+chacha20poly1305.Overhead)
	return encoding.EncodeToString(o.seals[0].Seal(append(sealed, nonce...), nonce, body, []byte(client)))
}

// ParseContinuation reads a token that Continuation made for the same client, expired or not. It
// returns ErrInvalid for anything else.
func (o Opaque) ParseContinuation(text, client string) (Continuation, error) {
	var c Continuation
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) < chacha20poly1305.NonceSizeX || len(text) != encoding.EncodedLen(len(b)) { // line breaks are decoded as nothing
		return c, ErrInvalid
	}
	body, ok := o.unseal(b[:chacha20poly1305.NonceSizeX], b[chacha20poly1305.NonceSizeX:], client)
	if !ok || len(body) < continuationBody {
		return c, ErrInvalid
	}
	c.State, c.Code = body[0], body[1]
	c.Expires = time.UnixMilli(int64(binary.BigEndian.Uint64(body[2:10])))
	copy(c.Flow[:], body[10:])
	copy(c.Secret[:], body[10+len(c.Flow):])
	if len(body) > continuationBody {
		c.Record = body[continuationBody:]
	}
	return c, nil
}

// unseal decrypts what was sealed for a client under any key.
func (o Opaque) unseal(nonce, sealed []byte, client string) (body []byte, ok bool) {
	for _, seal := range o.seals {
		if body, err := seal.Open(nil, nonce, sealed, []byte(client)); err == nil {
			return body, true
		}
	}
	return nil, false
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
	body, err := o.parse("refresh", client, text, refreshBody)
	if err != nil {
		return r, err
	}
	r.Family = ID(body[:len(r.Family)])
	r.Counter = binary.BigEndian.Uint32(body[len(r.Family):])
	r.Expires = time.UnixMilli(int64(binary.BigEndian.Uint64(body[len(r.Family)+4:])))
	return r, nil
}

// Device is what a device code (RFC 8628 §3.2) says to the server. As with a refresh token, its 256 bits are
// an HMAC over this and the client, and the store holds none of them.
type Device struct {
	Request ID
	Expires time.Time // to the millisecond
}

const deviceBody = len(ID{}) + 8

// Device returns the text of d for a client.
func (o Opaque) Device(d Device, client string) string {
	b := make([]byte, 0, deviceBody+keyed.Size)
	b = append(b, d.Request[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(d.Expires.UnixMilli()))
	mac := tag(o.macs[0], "device", client, b)
	return encoding.EncodeToString(append(b, mac[:]...))
}

// ParseDevice reads a device code that Device made for the same client, expired or not. It returns ErrInvalid
// for anything else.
func (o Opaque) ParseDevice(text, client string) (Device, error) {
	var d Device
	body, err := o.parse("device", client, text, deviceBody)
	if err != nil {
		return d, err
	}
	d.Request = ID(body[:len(d.Request)])
	d.Expires = time.UnixMilli(int64(binary.BigEndian.Uint64(body[len(d.Request):])))
	return d, nil
}

// parse returns the body, of a size, of a token of one purpose and client, once its tag has proven it.
func (o Opaque) parse(purpose, client, text string, size int) (body []byte, err error) {
	if len(text) != encoding.EncodedLen(size+keyed.Size) {
		return nil, ErrInvalid
	}
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) != size+keyed.Size || !o.authentic(purpose, client, b[:size], b[size:]) {
		return nil, ErrInvalid
	}
	return b[:size], nil
}

// authentic tells whether mac is the tag of body under any key.
func (o Opaque) authentic(purpose, client string, body, mac []byte) bool {
	for _, m := range o.macs {
		if want := tag(m, purpose, client, body); hmac.Equal(mac, want[:]) {
			return true
		}
	}
	return false
}

// tag authenticates body for one purpose and client. Neither of them holds a NUL, so the text it
// hashes can be read in one way only.
func tag(m *keyed.MAC, purpose, client string, body []byte) [keyed.Size]byte {
	text := make([]byte, 0, 256)
	text = append(text, purpose...)
	text = append(text, 0)
	text = append(text, client...)
	text = append(text, 0)
	return m.Sum(append(text, body...))
}
