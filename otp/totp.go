package otp

import (
	"crypto/hmac"
	"crypto/sha1" // what authenticator apps know: of the other hashes of RFC 6238 many take no notice
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

const (
	// TOTPDigits is the length of a code from an authenticator app.
	TOTPDigits = 6

	totpSeconds = 30        // that a code shows (RFC 6238 §5.2)
	totpValues  = 1_000_000 // 10^TOTPDigits
	totpSecret  = 20        // bytes, the length of a sum (RFC 4226 §4, R6)
)

// NewTOTPSecret draws what an authenticator app and we have in common. Whoever knows it has the codes
// of all times, so it is kept sealed.
func NewTOTPSecret(random io.Reader) ([]byte, error) {
	secret := make([]byte, totpSecret)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("otp: draw a secret: %w", err)
	}
	return secret, nil
}

// TOTPStep returns the step of time that t is in (RFC 6238 §4.2).
func TOTPStep(t time.Time) int64 { return t.Unix() / totpSeconds }

// TOTP returns the code of a step: HOTP with SHA-1 (RFC 6238 §4, RFC 4226 §5.3).
func TOTP(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes whatever is written
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[offset:]) &^ (1 << 31)
	return fmt.Sprintf("%0*d", TOTPDigits, n%totpValues)
}

// VerifyTOTP tells whether a code in canonical form is that of now, or of one step before or after
// for clocks that differ (RFC 6238 §5.2), and whose step it is. All three are computed and compared in
// constant time. Without a secret no code is right.
//
// A code stays right while its step is in reach, so whoever calls this keeps the step and takes none
// up to it again. Of two steps with the same code it is the later one that is returned, which leaves no
// second use.
func VerifyTOTP(secret []byte, code string, now time.Time) (step int64, ok bool) {
	if len(secret) == 0 {
		return 0, false // what everybody can compute
	}
	current := TOTPStep(now)
	for s := current - 1; s <= current+1; s++ {
		if hmac.Equal([]byte(TOTP(secret, s)), []byte(code)) {
			step, ok = s, true
		}
	}
	return step, ok
}

// CanonicalTOTP returns the one spelling of a code from an authenticator app that is compared, as
// Canonical does for codes that were sent.
func CanonicalTOTP(s string) (code string, ok bool) { return CanonicalOf(s, TOTPDigits) }

// TOTPText returns the secret as people type it into an authenticator app: base32 (RFC 4648 §6) without
// padding.
func TOTPText(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// TOTPURI returns the secret as authenticator apps read it from a QR code, an otpauth URI with the
// names that they show for it. A colon in a name is dropped, since it is what stands between the two.
func TOTPURI(secret []byte, issuer, account string) string {
	issuer, account = escaped(issuer), escaped(account)
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		issuer, account, TOTPText(secret), issuer, TOTPDigits, totpSeconds)
}

// escaped makes a name safe anywhere in an URI. Some apps show a blank that is spelled "+" as such.
func escaped(name string) string {
	return strings.ReplaceAll(url.QueryEscape(strings.ReplaceAll(name, ":", "")), "+", "%20")
}
