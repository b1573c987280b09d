package token_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/token"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// forge signs a header and claims, both as they are, with an algorithm and a key of the forger's
// choice.
func forge(header string, body []byte, sign func(text []byte) []byte) string {
	text := b64([]byte(header)) + "." + b64(body)
	return text + "." + b64(sign([]byte(text)))
}

func hs256(secret []byte) func([]byte) []byte {
	return func(text []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(text)
		return mac.Sum(nil)
	}
}

// es256 signs with a key of the ring.
func es256(name string) func([]byte) []byte {
	return func(text []byte) []byte {
		signature, err := kms{key: keyring()[name].Key.(*ecdsa.PrivateKey)}.SignPayload(text, jose.ES256)
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func rsaWith(sign func(digest []byte) ([]byte, error)) func([]byte) []byte {
	return func(text []byte) []byte {
		digest := sha256.Sum256(text)
		signature, err := sign(digest[:])
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func rs256() func([]byte) []byte {
	return rsaWith(func(d []byte) ([]byte, error) {
		return rsa.SignPKCS1v15(rand.Reader, keyring()["RS256"].Key.(*rsa.PrivateKey), crypto.SHA256, d)
	})
}

func ps256() func([]byte) []byte {
	return rsaWith(func(d []byte) ([]byte, error) {
		return rsa.SignPSS(rand.Reader, keyring()["RS256"].Key.(*rsa.PrivateKey), crypto.SHA256, d, nil)
	})
}

func nothing([]byte) []byte { return nil }

// bytesOf are the forms in which a forger may take a public key for a secret.
func bytesOf(public *jose.JSONWebKey) map[string][]byte {
	der, err := x509.MarshalPKIXPublicKey(public.Key)
	if err != nil {
		panic(err)
	}
	jwk, err := json.Marshal(public)
	if err != nil {
		panic(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	forms := map[string][]byte{"DER": der, "PEM": block, "trimmed PEM": bytes.TrimSpace(block), "JWK": jwk}
	switch k := public.Key.(type) {
	case *ecdsa.PublicKey:
		if forms["point"], err = k.Bytes(); err != nil {
			panic(err)
		}
	case ed25519.PublicKey:
		forms["point"] = k
	case *rsa.PublicKey:
		forms["modulus"] = k.N.Bytes()
	}
	return forms
}

// forgeries are texts that a forger may try, who has seen every token and every public key, has a
// key of his own, and for some of them even the server's: those are signed right and say wrong.
func forgeries(t *testing.T) map[string]string {
	const head = `{"alg":"ES256","kid":"ec","typ":"at+jwt"}`
	evil, err := json.Marshal(keyring()["evil"].Public())
	require.NoError(t, err)
	good := forge(head, claims(), es256("ES256"))
	part := strings.Split(good, ".")
	list := map[string]string{
		"no text":             "",
		"a dot":               ".",
		"two dots":            "..",
		"an opaque token":     token.NewOpaque([][]byte{key('a')}).Continuation(continuation(1), "web"),
		"four dots":           "a.b.c.d.e",
		"no signature":        part[0] + "." + part[1] + ".",
		"no signature part":   part[0] + "." + part[1],
		"no claims":           part[0] + ".." + part[2],
		"no header":           "." + part[1] + "." + part[2],
		"a fourth part":       good + ".e30",
		"a blank before":      " " + good,
		"a blank after":       good + " ",
		"with Bearer":         "Bearer " + good,
		"two tokens":          good + "," + good,
		"header from claims":  part[1] + "." + part[1] + "." + part[2],
		"standard base64":     strings.NewReplacer("-", "+", "_", "/").Replace(good) + "=",
		"JSON, flattened":     fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, part[0], part[1], part[2]),
		"JSON, general":       fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, part[1], part[0], part[2]),
		"NUL":                 "\x00",
		"invalid UTF-8":       "\xff\xfe." + part[1] + "." + part[2],
		"zeros for signature": part[0] + "." + part[1] + "." + b64(make([]byte, 64)),
		"other claims":        part[0] + "." + b64(claims("sub", "admin")) + "." + part[2],
		"other header":        b64([]byte(head+" ")) + "." + part[1] + "." + part[2],
		"signature in DER": forge(head, claims(), func(text []byte) []byte {
			digest := sha256.Sum256(text)
			signature, err := ecdsa.SignASN1(rand.Reader, keyring()["ES256"].Key.(*ecdsa.PrivateKey), digest[:])
			require.NoError(t, err)
			return signature
		}),
		"signature twice":               part[0] + "." + part[1] + "." + part[2] + part[2],
		"signature of the claims alone": part[0] + "." + part[1] + "." + b64(es256("ES256")([]byte(part[1]))),

		"a stranger's key":              forge(head, claims(), es256("evil")),
		"a stranger's kid":              forge(`{"alg":"ES256","kid":"evil","typ":"at+jwt"}`, claims(), es256("evil")),
		"a stranger's kid, our key":     forge(`{"alg":"ES256","kid":"evil","typ":"at+jwt"}`, claims(), es256("ES256")),
		"no kid":                        forge(`{"alg":"ES256","typ":"at+jwt"}`, claims(), es256("ES256")),
		"an empty kid":                  forge(`{"alg":"ES256","kid":"","typ":"at+jwt"}`, claims(), es256("ES256")),
		"a kid of null":                 forge(`{"alg":"ES256","kid":null,"typ":"at+jwt"}`, claims(), es256("ES256")),
		"a kid that is a number":        forge(`{"alg":"ES256","kid":1,"typ":"at+jwt"}`, claims(), es256("ES256")),
		"a kid that is a list":          forge(`{"alg":"ES256","kid":["ec"],"typ":"at+jwt"}`, claims(), es256("ES256")),
		"a kid in another case":         forge(`{"alg":"ES256","kid":"EC","typ":"at+jwt"}`, claims(), es256("ES256")),
		"a kid that is a path":          forge(`{"alg":"ES256","kid":"../../dev/null","typ":"at+jwt"}`, claims(), hs256(nil)),
		"a kid that is SQL":             forge(`{"alg":"ES256","kid":"' OR 1=1 --","typ":"at+jwt"}`, claims(), es256("evil")),
		"the kid of another key":        forge(`{"alg":"ES256","kid":"rsa","typ":"at+jwt"}`, claims(), es256("ES256")),
		"the kid of the private key":    forge(`{"alg":"ES256","kid":"hidden","typ":"at+jwt"}`, claims(), es256("evil")),
		"the kid of the secret":         forge(`{"alg":"HS256","kid":"secret","typ":"at+jwt"}`, claims(), hs256(key('k'))),
		"the secret, called ES256":      forge(`{"alg":"ES256","kid":"secret","typ":"at+jwt"}`, claims(), hs256(key('k'))),
		"a key without its algorithm":   forge(`{"alg":"ES256","kid":"untold","typ":"at+jwt"}`, claims(), es256("ES256")),
		"the key in jwk":                forge(`{"alg":"ES256","jwk":`+string(evil)+`,"typ":"at+jwt"}`, claims(), es256("evil")),
		"the key in jwk, our kid":       forge(`{"alg":"ES256","kid":"ec","jwk":`+string(evil)+`,"typ":"at+jwt"}`, claims(), es256("evil")),
		"the key in jku":                forge(`{"alg":"ES256","kid":"evil","jku":"https://evil.example/keys","typ":"at+jwt"}`, claims(), es256("evil")),
		"the key in jku, our kid":       forge(`{"alg":"ES256","kid":"ec","jku":"https://evil.example/keys","typ":"at+jwt"}`, claims(), es256("evil")),
		"the key in x5u":                forge(`{"alg":"ES256","kid":"ec","x5u":"https://evil.example/cert","typ":"at+jwt"}`, claims(), es256("evil")),
		"the key in x5c":                forge(`{"alg":"ES256","kid":"ec","x5c":["MIIB"],"typ":"at+jwt"}`, claims(), es256("evil")),
		"a critical header":             forge(`{"alg":"ES256","kid":"ec","typ":"at+jwt","crit":["exp"],"exp":1}`, claims(), es256("ES256")),
		"a critical header not there":   forge(`{"alg":"ES256","kid":"ec","typ":"at+jwt","crit":["x"]}`, claims(), es256("ES256")),
		"an unencoded payload":          forge(`{"alg":"ES256","kid":"ec","typ":"at+jwt","crit":["b64"],"b64":false}`, claims(), es256("ES256")),
		"alg twice":                     forge(`{"alg":"none","alg":"ES256","kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256")),
		"kid twice":                     forge(`{"alg":"ES256","kid":"evil","kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256")),
		"typ twice":                     forge(`{"alg":"ES256","kid":"ec","typ":"JWT","typ":"at+jwt"}`, claims(), es256("ES256")),
		"a header of a megabyte":        forge(`{"alg":"ES256","kid":"ec","typ":"at+jwt","x":"`+strings.Repeat("x", 1<<20)+`"}`, claims(), es256("ES256")),
		"claims of a megabyte":          forge(head, claims("x", strings.Repeat("x", 1<<20)), es256("ES256")),
		"a megabyte of dots":            strings.Repeat(".", 1<<20),
		"a megabyte of brackets":        b64([]byte(strings.Repeat("[", 1<<20))) + ".e30.",
		"a header deep in brackets":     forge(`{"alg":"ES256","kid":"ec","typ":"at+jwt","x":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`, claims(), es256("evil")),
		"a header that is a list":       forge(`[]`, claims(), es256("ES256")),
		"a header that is null":         forge(`null`, claims(), es256("ES256")),
		"a header that is a text":       forge(`"ES256"`, claims(), es256("ES256")),
		"a header that ends early":      forge(`{"alg":"ES256","kid":"ec"`, claims(), es256("ES256")),
		"no alg":                        forge(`{"kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256")),
		"an alg that is a number":       forge(`{"alg":256,"kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256")),
		"an alg in lower case":          forge(`{"alg":"es256","kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256")),
		"alg in a case of its own":      forge(`{"ALG":"ES256","kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256")),
		"ES384 by a P-256 key":          forge(`{"alg":"ES384","kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256")),
		"PS256 by the RS256 key":        forge(`{"alg":"PS256","kid":"rsa","typ":"at+jwt"}`, claims(), ps256()),
		"PSS under the name of RS256":   forge(`{"alg":"RS256","kid":"rsa","typ":"at+jwt"}`, claims(), ps256()),
		"RS256 under the name of PS256": forge(`{"alg":"PS256","kid":"rsa","typ":"at+jwt"}`, claims(), rs256()),
		"RS256 with the EC key":         forge(`{"alg":"RS256","kid":"ec","typ":"at+jwt"}`, claims(), rs256()),
		"ES256 with the RSA key":        forge(`{"alg":"ES256","kid":"rsa","typ":"at+jwt"}`, claims(), rs256()),
		"EdDSA with the EC key":         forge(`{"alg":"EdDSA","kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256")),
		"ES256 with the Ed25519 key":    forge(`{"alg":"ES256","kid":"ed","typ":"at+jwt"}`, claims(), es256("ES256")),

		"another typ":                forge(`{"alg":"ES256","kid":"ec","typ":"JWT"}`, claims(), es256("ES256")),
		"no typ":                     forge(`{"alg":"ES256","kid":"ec"}`, claims(), es256("ES256")),
		"the long typ":               forge(`{"alg":"ES256","kid":"ec","typ":"application/at+jwt"}`, claims(), es256("ES256")),
		"typ in upper case":          forge(`{"alg":"ES256","kid":"ec","typ":"AT+JWT"}`, claims(), es256("ES256")),
		"a typ that is a list":       forge(`{"alg":"ES256","kid":"ec","typ":["at+jwt"]}`, claims(), es256("ES256")),
		"a logout token":             forge(`{"alg":"ES256","kid":"ec","typ":"logout+jwt"}`, claims(), es256("ES256")),
		"expired":                    forge(head, claims("exp", now.Add(-time.Minute).Unix()), es256("ES256")),
		"expired long ago":           forge(head, claims("iat", 1, "nbf", 1, "exp", 1000), es256("ES256")),
		"without an end":             forge(head, claims("exp", nil), es256("ES256")),
		"of the future":              forge(head, claims("iat", now.Add(time.Hour).Unix(), "nbf", now.Add(time.Hour).Unix(), "exp", now.Add(2*time.Hour).Unix()), es256("ES256")),
		"not valid yet":              forge(head, claims("nbf", now.Add(time.Hour).Unix()), es256("ES256")),
		"another issuer":             forge(head, claims("iss", "https://evil.example"), es256("ES256")),
		"an issuer that ours starts": forge(head, claims("iss", issuer+".evil.example"), es256("ES256")),
		"no issuer":                  forge(head, claims("iss", nil), es256("ES256")),
	}
	for _, name := range []string{"ec", "rsa", "ed"} {
		for _, none := range []string{"none", "None", "NONE", "nOnE", ""} {
			list[name+" with alg "+none] = forge(fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"at+jwt"}`, none, name), claims(), nothing)
		}
	}
	for kid, name := range map[string]string{"ec": "ES256", "rsa": "RS256", "ed": "EdDSA"} {
		public := keyring()[name].Public()
		for form, secret := range bytesOf(&public) {
			list[name+" public key as a secret, "+form] = forge(fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"at+jwt"}`, kid), claims(), hs256(secret))
			list[name+" public key as a secret and its own name, "+form] = forge(fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"at+jwt"}`, name, kid), claims(), hs256(secret))
		}
	}
	return list
}

// verifier knows three good keys and, by mistake of its host, what no set should hold: a private
// key, a secret, and a key that no algorithm is told of.
func verifier() *token.Signer {
	s, r := signWith("ES256")
	hidden, untold := *keyring()["evil"], keyring()["ES256"].Public()
	hidden.KeyID, untold.KeyID, untold.Algorithm = "hidden", "untold", ""
	r.set.Keys = append(r.set.Keys, hidden, untold, jose.JSONWebKey{Key: key('k'), KeyID: "secret", Algorithm: "HS256"})
	return s
}

func TestVerify_NoForgeryIsAccepted(t *testing.T) {
	s := verifier()
	for _, alg := range []struct {
		head string
		sign func([]byte) []byte
	}{
		{`{"alg":"ES256","kid":"ec","typ":"at+jwt"}`, es256("ES256")}, {`{"alg":"RS256","kid":"rsa","typ":"at+jwt"}`, rs256()},
	} {
		_, err := s.Verify(t.Context(), token.AccessToken, forge(alg.head, claims(), alg.sign), issuer, now)
		require.NoError(t, err, "the forger's tools make tokens that are good where they should be")
	}
	list := forgeries(t)
	require.GreaterOrEqual(t, len(list), 60)
	accepted, panicked := 0, 0
	for name, text := range list {
		var err error
		if !assert.NotPanics(t, func() { _, err = s.Verify(t.Context(), token.AccessToken, text, issuer, now) }, name) {
			panicked++
			continue
		}
		assert.ErrorIs(t, err, token.ErrInvalid, name)
		if err == nil {
			accepted++
		}
	}
	figures.Report(t, "T14 forged tokens", len(list), "tokens", figures.AtLeast(60))
	figures.Report(t, "T14 forged tokens that make it panic", panicked, "tokens", figures.Exactly(0))
	figures.Report(t, fmt.Sprintf("T14 forged tokens accepted, of %d", len(list)), accepted, "tokens", figures.Exactly(0))
}

func TestVerify_NoForgeryTakesLong(t *testing.T) {
	s := verifier()
	for name, text := range forgeries(t) {
		best := time.Hour
		for tries := 0; tries < 1000 && best > time.Millisecond; tries++ { // whatever else the machine does
			begin := time.Now()
			_, _ = s.Verify(t.Context(), token.AccessToken, text, issuer, now)
			best = min(best, time.Since(begin))
		}
		assert.LessOrEqual(t, best, time.Millisecond, name)
	}
}

func TestVerify_EveryCutAndEveryFlippedBitIsRefused(t *testing.T) {
	for alg, sign := range map[string]func([]byte) []byte{"ES256": es256("ES256"), "RS256": rs256()} {
		s := verifier()
		kid := keyring()[alg].KeyID
		text := forge(fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"at+jwt"}`, alg, kid), claims(), sign)
		parts := strings.Split(text, ".")
		signature, err := base64.RawURLEncoding.DecodeString(parts[2])
		require.NoError(t, err)
		var forged []string
		for n := range len(text) {
			forged = append(forged, text[:n], text[:n]+text[n+1:])
		}
		for i := range signature {
			signature[i] ^= 1
			forged = append(forged, parts[0]+"."+parts[1]+"."+b64(signature), parts[0]+"."+parts[1]+"."+b64(signature[:i]))
			signature[i] ^= 1
		}
		body := claims()
		for i := range body {
			body[i] ^= 1
			forged = append(forged, parts[0]+"."+b64(body)+"."+parts[2])
			body[i] ^= 1
		}
		for _, f := range forged {
			if _, err := s.Verify(t.Context(), token.AccessToken, f, issuer, now); err == nil {
				require.Fail(t, "accepted", f)
			}
		}
	}
}

func FuzzVerify(f *testing.F) {
	s := verifier()
	good := forge(`{"alg":"ES256","kid":"ec","typ":"at+jwt"}`, claims(), es256("ES256"))
	f.Add(good)
	list := forgeries(&testing.T{})
	for name := range maps.Keys(list) {
		if len(list[name]) < 1<<12 {
			f.Add(list[name])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := s.Verify(t.Context(), token.AccessToken, text, issuer, now)
		if err != nil {
			assert.ErrorIs(t, err, token.ErrInvalid)
			return
		}
		assert.JSONEq(t, string(claims()), string(got), "%s", text)
	})
}
