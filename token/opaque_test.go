package token_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/token"
)

var end = time.Date(2026, 3, 1, 10, 25, 0, 123e6, time.UTC)

func key(c byte) []byte { return bytes.Repeat([]byte{c}, 32) }

// opaqueKinds are the kinds of opaque tokens, each as a text made for a client from a seed, and the
// text made again from what a parser read.
var opaqueKinds = []struct {
	name  string
	make  func(o token.Opaque, seed uint64, client string) string
	again func(o token.Opaque, text, client string) (string, error)
}{
	{"continuation", func(o token.Opaque, seed uint64, client string) string {
		return o.Continuation(continuation(seed), client)
	}, func(o token.Opaque, text, client string) (string, error) {
		c, err := o.ParseContinuation(text, client)
		return o.Continuation(c, client), err
	}},
	{"refresh", func(o token.Opaque, seed uint64, client string) string {
		return o.Refresh(refresh(seed), client, o.Newest())
	}, func(o token.Opaque, text, client string) (string, error) {
		r, err := o.ParseRefresh(text, client)
		return o.Refresh(r, client, o.Newest()), err
	}},
	{"device", func(o token.Opaque, seed uint64, client string) string {
		return o.Device(device(seed), client)
	}, func(o token.Opaque, text, client string) (string, error) {
		d, err := o.ParseDevice(text, client)
		return o.Device(d, client), err
	}},
}

func continuation(seed uint64) (c token.Continuation) {
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = random.Read(c.Flow[:])
	_, _ = random.Read(c.Secret[:])
	c.State, c.Code, c.Expires = byte(random.Uint64()), byte(random.Uint64()), end.Add(time.Duration(seed)*time.Millisecond)
	if seed%5 == 3 {
		c.Record = []byte(`{"username":"casey@contoso.com"}`)
	}
	return c
}

func refresh(seed uint64) (r token.Refresh) {
	c := continuation(seed)
	return token.Refresh{Family: c.Flow, Counter: uint32(c.State) << 20, Expires: c.Expires}
}

func device(seed uint64) token.Device {
	c := continuation(seed)
	return token.Device{Request: c.Flow, Expires: c.Expires}
}

func TestOpaque_ReadsWhatItMade(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a')})
	for seed := range uint64(50) {
		want := continuation(seed)
		c, err := o.ParseContinuation(o.Continuation(want, "web"), "web")
		require.NoError(t, err)
		assert.True(t, want.Expires.Equal(c.Expires))
		c.Expires = want.Expires
		assert.Equal(t, want, c)

		wanted := refresh(seed)
		r, err := o.ParseRefresh(o.Refresh(wanted, "web", o.Newest()), "web")
		require.NoError(t, err)
		assert.True(t, wanted.Expires.Equal(r.Expires))
		r.Expires = wanted.Expires
		assert.Equal(t, wanted, r)

		d, err := o.ParseDevice(o.Device(device(seed), "web"), "web")
		require.NoError(t, err)
		assert.True(t, device(seed).Expires.Equal(d.Expires))
		assert.Equal(t, device(seed).Request, d.Request)
	}
}

func TestOpaque_TextIsSafeInAFormAndAURL(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a')})
	for _, kind := range opaqueKinds {
		for seed := range uint64(50) {
			text := kind.make(o, seed, "web")
			assert.Equal(t, text, url.QueryEscape(text), kind.name)
			assert.Less(t, len(text), 180, kind.name)
		}
	}
}

func TestOpaque_TheSecretsAreNotInTheText(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a')})
	r := refresh(1)
	text := o.Refresh(r, "web", o.Newest())
	raw, err := base64.RawURLEncoding.DecodeString(text)
	require.NoError(t, err)
	assert.Len(t, raw[len(r.Family)+4+8:], 32, "256 bits that nobody can guess")
	r.Counter++
	next, err := base64.RawURLEncoding.DecodeString(o.Refresh(r, "web", o.Newest()))
	require.NoError(t, err)
	same := 0
	for i := len(r.Family) + 4 + 8; i < len(raw); i++ {
		if raw[i] == next[i] {
			same++
		}
	}
	assert.Less(t, same, 8, "bytes of the secret that a successor shares")
	assert.NotContains(t, string(raw), string(key('a')[:8]))
}

func TestOpaque_AContinuationTokenSaysNothing(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a')})
	c := continuation(3)
	raw, err := base64.RawURLEncoding.DecodeString(o.Continuation(c, "web"))
	require.NoError(t, err)
	for name, part := range map[string][]byte{"flow": c.Flow[:], "secret": c.Secret[:], "record": c.Record} {
		for i := range len(part) - 3 {
			assert.NotContains(t, string(raw), string(part[i:i+4]), name)
		}
	}
	same := c
	same.Secret[0]++
	other, err := base64.RawURLEncoding.DecodeString(o.Continuation(same, "web"))
	require.NoError(t, err)
	assert.Len(t, other, len(raw))
	assert.NotEqual(t, raw[:24], other[:24], "a nonce serves once")
}

// Twenty tokens, every position, every other byte: requirement K4.
func TestOpaque_EverySingleByteChangeIsRefused(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a'), key('b')})
	changed, accepted := 0, 0
	for _, kind := range opaqueKinds {
		for seed := range uint64(10) {
			text := []byte(kind.make(o, seed, "web"))
			for i, was := range text {
				for b := range 256 {
					if byte(b) == was {
						continue
					}
					text[i] = byte(b)
					changed++
					if _, err := kind.again(o, string(text), "web"); err != token.ErrInvalid {
						accepted++
						t.Errorf("accepted: %s token %d with byte %d = %#x: %v", kind.name, seed, i, b, err)
					}
				}
				text[i] = was
			}
		}
	}
	figures.Report(t, "T14 opaque tokens with another byte", changed, "tokens", figures.AtLeast(100_000))
	figures.Report(t, "T14 opaque tokens with another byte, accepted or refused for another reason", accepted, "tokens", figures.Exactly(0))
}

func TestOpaque_EveryCutAndExtensionIsRefused(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a')})
	for _, kind := range opaqueKinds {
		text := kind.make(o, 1, "web")
		for n := range len(text) {
			for _, cut := range []string{text[:n], text[n+1:], text[:n] + text[n+1:], text[:n] + "A" + text[n:], text[:n] + text} {
				if cut == text {
					continue
				}
				_, err := kind.again(o, cut, "web")
				assert.ErrorIs(t, err, token.ErrInvalid, "%s at %d: %s", kind.name, n, cut)
			}
		}
		for _, more := range []string{"A", "=", "==", "AAAA", ".", "\n", "\r\n", " ", "\x00", text, strings.Repeat("A", 1<<20)} {
			for _, longer := range []string{text + more, more + text} {
				_, err := kind.again(o, longer, "web")
				assert.ErrorIs(t, err, token.ErrInvalid, "%s with %.10q", kind.name, more)
			}
		}
	}
}

func TestOpaque_EveryOtherEncodingIsRefused(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a')})
	for _, kind := range opaqueKinds {
		for seed := range uint64(20) {
			text := kind.make(o, seed, "web")
			raw, err := base64.RawURLEncoding.DecodeString(text)
			require.NoError(t, err)
			others := map[string]string{
				"padded":               base64.URLEncoding.EncodeToString(raw),
				"standard":             base64.StdEncoding.EncodeToString(raw),
				"standard, no padding": base64.RawStdEncoding.EncodeToString(raw),
				"hexadecimal":          hex.EncodeToString(raw),
				"raw":                  string(raw),
				"upper case":           strings.ToUpper(text),
				"lower case":           strings.ToLower(text),
				"quoted":               `"` + text + `"`,
				"percent":              fmt.Sprintf("%%%02X", text[0]) + text[1:],
				"in lines":             text[:64] + "\n" + text[64:],
				"a line end inside":    text[:10] + "\n" + text[11:],
				"two line ends":        text[:10] + "\r\n" + text[12:],
				"line ends at the end": text[:len(text)-1] + "\n",
			}
			// The bits of the last character that no byte needs.
			const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
			for _, last := range alphabet {
				other := text[:len(text)-1] + string(last)
				if same, err := base64.RawURLEncoding.DecodeString(other); err == nil && other != text && bytes.Equal(same, raw) {
					others["unused bits "+string(last)] = other
				}
			}
			for name, other := range others {
				if other == text { // a size that no padding is needed for
					continue
				}
				_, err := kind.again(o, other, "web")
				assert.ErrorIs(t, err, token.ErrInvalid, "%s, %s", kind.name, name)
			}
		}
	}
}

func TestOpaque_ATokenIsForOneClient(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a')})
	clients := []string{"web", "Web", "we", "webb", "web\x00", "", "mobile", " web"}
	for _, kind := range opaqueKinds {
		for _, mine := range clients {
			for _, other := range clients {
				_, err := kind.again(o, kind.make(o, 1, mine), other)
				assert.Equal(t, mine == other, err == nil, "%s for %q used by %q", kind.name, mine, other)
			}
		}
	}
}

// The kinds differ in length, so the tags are put to the test as well: under one key, the tag of
// one kind must not serve the other.
func TestOpaque_NoKindPassesForAnother(t *testing.T) {
	o := token.NewOpaque([][]byte{key('a')})
	for _, made := range opaqueKinds {
		for _, used := range opaqueKinds {
			text := made.make(o, 1, "web")
			_, err := used.again(o, text, "web")
			assert.Equal(t, made.name == used.name, err == nil, "%s as %s", made.name, used.name)
			want := len(used.make(o, 1, "web"))
			for len(text) < want {
				text += "A"
			}
			_, err = used.again(o, text[:want], "web")
			assert.Equal(t, made.name == used.name, err == nil, "%s at the length of %s", made.name, used.name)
		}
	}
}

func TestOpaque_AnotherKeyMakesNoToken(t *testing.T) {
	mine, theirs := token.NewOpaque([][]byte{key('a')}), token.NewOpaque([][]byte{key('b')})
	for _, kind := range opaqueKinds {
		_, err := kind.again(mine, kind.make(theirs, 1, "web"), "web")
		assert.ErrorIs(t, err, token.ErrInvalid, kind.name)
		for _, b := range []byte{0, 0xff} {
			size := base64.RawURLEncoding.DecodedLen(len(kind.make(mine, 1, "web")))
			_, err = kind.again(mine, base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{b}, size)), "web")
			assert.ErrorIs(t, err, token.ErrInvalid, kind.name)
		}
	}
}

func TestOpaque_AnOldKeyReadsAndMakesNoMore(t *testing.T) {
	before, between, after := token.NewOpaque([][]byte{key('a')}), token.NewOpaque([][]byte{key('b'), key('a')}), token.NewOpaque([][]byte{key('b')})
	for _, kind := range opaqueKinds {
		old, fresh := kind.make(before, 1, "web"), kind.make(between, 1, "web")
		assert.NotEqual(t, old, fresh, kind.name)
		for name, c := range map[string]struct {
			o    token.Opaque
			text string
			ok   bool
		}{
			"old, between": {between, old, true}, "old, after": {after, old, false},
			"fresh, between": {between, fresh, true}, "fresh, after": {after, fresh, true}, "fresh, before": {before, fresh, false},
		} {
			_, err := kind.again(c.o, c.text, "web")
			assert.Equal(t, c.ok, err == nil, "%s: %s", kind.name, name)
		}
	}
}

func TestRefresh_IsTheSameAgainAfterANewKeyHasCome(t *testing.T) {
	before, between, after := token.NewOpaque([][]byte{key('a')}), token.NewOpaque([][]byte{key('b'), key('a')}), token.NewOpaque([][]byte{key('b')})
	r, g := refresh(7), before.Newest()
	given := before.Refresh(r, "web", g)
	assert.Equal(t, given, between.Refresh(r, "web", g), "the successor that was promised")
	assert.NotEqual(t, given, between.Refresh(r, "web", between.Newest()))
	assert.Equal(t, between.Newest(), after.Newest())
	assert.NotEqual(t, g, after.Newest())

	text := after.Refresh(r, "web", g)
	_, err := after.ParseRefresh(text, "web")
	assert.NoError(t, err, "with its key gone, one that works")
}

func TestID_KeysAreApart(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(200) {
		k := token.ID(continuation(seed).Flow).Key()
		assert.LessOrEqual(t, len(k), 200)
		assert.False(t, seen[k])
		seen[k] = true
	}
}

func FuzzParseContinuation(f *testing.F) {
	o := token.NewOpaque([][]byte{key('a'), key('b')})
	for seed := range uint64(5) {
		c := continuation(seed)
		f.Add(o.Continuation(c, "web"), "web", c.State, c.Code, c.Expires.UnixMilli(), c.Flow[:], c.Secret[:], c.Record)
	}
	f.Add("", "", byte(0), byte(0), int64(-1), []byte{}, []byte(nil), []byte("{}"))
	f.Fuzz(func(t *testing.T, text, client string, state, code byte, expires int64, flow, secret, record []byte) {
		if c, err := o.ParseContinuation(text, client); err == nil {
			assert.Equal(t, text, o.Continuation(c, client), "a second spelling")
		} else {
			assert.Equal(t, token.ErrInvalid, err)
		}
		want := token.Continuation{State: state, Code: code, Expires: time.UnixMilli(expires)}
		if len(record) > 0 {
			want.Record = record
		}
		copy(want.Flow[:], flow)
		copy(want.Secret[:], secret)
		got, err := o.ParseContinuation(o.Continuation(want, client), client)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	})
}

func FuzzParseDevice(f *testing.F) {
	o := token.NewOpaque([][]byte{key('a'), key('b')})
	for seed := range uint64(5) {
		d := device(seed)
		f.Add(o.Device(d, "web"), "web", d.Expires.UnixMilli(), d.Request[:])
	}
	f.Add("", "", int64(-1), []byte{})
	f.Fuzz(func(t *testing.T, text, client string, expires int64, request []byte) {
		if d, err := o.ParseDevice(text, client); err == nil {
			assert.Equal(t, text, o.Device(d, client), "a second spelling")
		} else {
			assert.Equal(t, token.ErrInvalid, err)
		}
		want := token.Device{Expires: time.UnixMilli(expires)}
		copy(want.Request[:], request)
		got, err := o.ParseDevice(o.Device(want, client), client)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	})
}

func FuzzParseRefresh(f *testing.F) {
	o := token.NewOpaque([][]byte{key('a'), key('b')})
	for seed := range uint64(5) {
		r := refresh(seed)
		f.Add(o.Refresh(r, "web", o.Newest()), "web", r.Counter, r.Expires.UnixMilli(), r.Family[:])
	}
	f.Add("", "", uint32(0), int64(-1), []byte{})
	f.Fuzz(func(t *testing.T, text, client string, counter uint32, expires int64, family []byte) {
		if r, err := o.ParseRefresh(text, client); err == nil {
			assert.Equal(t, text, o.Refresh(r, client, o.Newest()), "a second spelling")
		} else {
			assert.Equal(t, token.ErrInvalid, err)
		}
		want := token.Refresh{Counter: counter, Expires: time.UnixMilli(expires)}
		copy(want.Family[:], family)
		got, err := o.ParseRefresh(o.Refresh(want, client, o.Newest()), client)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	})
}
