package observe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader is where a webhook signs: "t=<seconds since 1970>,v1=<hex of HMAC-SHA-256>", over the seconds, a dot
// and the body. It is made anew at each try.
const SignatureHeader = "Nativeauth-Signature"

// Leeway is how far the times of sender and receiver may be apart. What is older may be a copy that somebody sends again;
// within it the id of an event tells one that came before.
const Leeway = 5 * time.Minute

// ErrSignature says that a request does not come from a webhook with the secret, or did so too long ago.
var ErrSignature = errors.New("webhook: the signature is not good")

// Verify is for the receiver: it tells whether a body comes from a webhook with the secret. Read the whole body first, up
// to a limit, and decode it only when this has returned nil.
func Verify(secret []byte, header string, body []byte, now time.Time) error {
	stamp, _, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return ErrSignature
	}
	at := time.Unix(seconds, 0)
	if !hmac.Equal([]byte(header), []byte(sign(secret, at, body))) || now.Sub(at).Abs() > Leeway {
		return ErrSignature
	}
	return nil
}

// sign returns the value of the header.
func sign(secret []byte, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
