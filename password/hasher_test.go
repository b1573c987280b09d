package password_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/password"
)

// hasher is shared: what it bounds is the process.
var hasher = password.NewHasher(password.HasherConfig{})

func hash(t testing.TB, text string) string {
	t.Helper()
	stored, err := hasher.Hash(t.Context(), text)
	require.NoError(t, err)
	return stored
}

func verify(t testing.TB, stored, text string) password.Result {
	t.Helper()
	result, err := hasher.Verify(t.Context(), stored, text)
	require.NoError(t, err)
	return result
}

func TestHash_IsArgon2idOfTheDocumentedCost(t *testing.T) {
	h := password.NewHasher(password.HasherConfig{Random: strings.NewReader("a salt of 16 byte")})
	stored, err := h.Hash(t.Context(), good)
	require.NoError(t, err)

	salt := []byte("a salt of 16 byt")
	sum := argon2.IDKey([]byte(good), salt, 2, 19456, 1, 32)
	assert.Equal(t, "$argon2id$v=19$m=19456,t=2,p=1$"+raw(salt)+"$"+raw(sum), stored)
}

func TestHash_HasTheCostThatWasAskedFor(t *testing.T) {
	for want, params := range map[string]password.Params{
		"$m=19457,t=2,p=1$": {Memory: 19457},
		"$m=19456,t=3,p=1$": {Time: 3},
		"$m=19456,t=2,p=4$": {Threads: 4},
	} {
		h := password.NewHasher(password.HasherConfig{Params: params})
		stored, err := h.Hash(t.Context(), good)
		require.NoError(t, err)
		assert.Contains(t, stored, want)
		result, err := h.Verify(t.Context(), stored, good)
		require.NoError(t, err)
		assert.Equal(t, password.Result{Right: true}, result)
		assert.Equal(t, password.Result{Right: true, Rehash: true}, verify(t, stored, good), "of other Params")
	}
}

func TestHash_NoTwoAreAlike(t *testing.T) {
	assert.NotEqual(t, hash(t, good), hash(t, good))
}

func TestHash_WithoutRandomnessThereIsNone(t *testing.T) {
	broken := errors.New("no entropy")
	for name, random := range map[string]io.Reader{
		"nothing":    strings.NewReader(""),
		"too little": strings.NewReader("fifteen bytes.."),
		"an error":   iotest.ErrReader(broken),
	} {
		stored, err := password.NewHasher(password.HasherConfig{Random: random}).Hash(t.Context(), good)
		assert.Error(t, err, name)
		assert.Empty(t, stored, name)
	}
}

func TestNewHasher_PanicsRatherThanHashLessThanItShould(t *testing.T) {
	assert.PanicsWithValue(t, "password: NewHasher: Time 1 is out of bounds, use 2 to 10, or 0 for the default", func() {
		password.NewHasher(password.HasherConfig{Params: password.Params{Time: 1}})
	})
}

func TestParamsValidate_SaysWhatToFix(t *testing.T) {
	assert.NoError(t, password.Params{}.Validate())
	assert.NoError(t, password.Params{Memory: 19456, Time: 2, Threads: 1}.Validate())
	assert.NoError(t, password.Params{Memory: 256 << 10, Time: 10, Threads: 16}.Validate())
	assert.EqualError(t, password.Params{Memory: 19455, Time: 1, Threads: 17}.Validate(),
		"Memory 19455 is out of bounds, use 19456 to 262144, or 0 for the default\n"+
			"Time 1 is out of bounds, use 2 to 10, or 0 for the default\n"+
			"Threads 17 is out of bounds, use 1 to 16, or 0 for the default")
	assert.ErrorContains(t, password.Params{Memory: 256<<10 + 1}.Validate(), "Memory 262145 is out of bounds")
	assert.ErrorContains(t, password.Params{Time: 11}.Validate(), "Time 11 is out of bounds")
}

// The hashes of one password by its age: each was the usual one once.
var generations = map[string]string{
	"bcrypt 2a":       "$2a$04$abcdefghijklmnopqrstuuLDrQe5e4wtdgUZsbTT6Fu7p0AbOwHRa",
	"bcrypt 2b":       "$2b$04$abcdefghijklmnopqrstuuLDrQe5e4wtdgUZsbTT6Fu7p0AbOwHRa",
	"bcrypt 2y":       "$2y$04$abcdefghijklmnopqrstuuLDrQe5e4wtdgUZsbTT6Fu7p0AbOwHRa",
	"scrypt":          "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$dEU8zhEBNbs0GcT07L3QUx+lcA3TddYEt0UsU07DeLI",
	"PBKDF2 sha1":     "$pbkdf2-sha1$i=1000$AAECAwQFBgcICQoLDA0ODw$m0tewdY+/pJvDsxJFlofhJOe/3I",
	"PBKDF2 sha256":   "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$Kx5Nk8KOmzmEMBsrvB8zzXv87BXkhCW0AgjfHtbl21A",
	"PBKDF2 sha512":   "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw$0vSLYc/+2rw2I8kqFxHEohKONDCCUx8SUXZPjXUzofj023fzKrAk+/Pu1zWBs3tKSemnDqebApYbX0iVbr0hEw",
	"PBKDF2 length":   "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$Kx5Nk8KOmzmEMBsrvB8zzXv87BXkhCW0AgjfHtbl21A",
	"passlib sha1":    "$pbkdf2$1000$AAECAwQFBgcICQoLDA0ODw$m0tewdY./pJvDsxJFlofhJOe/3I",
	"passlib sha256":  "$pbkdf2-sha256$1000$....//vvvv/7777/..../w$qd1f0k4AQ3fLjNDThuaFlWe8hx2BKlq5nwzg2zA5Rk8",
	"passlib sha512":  "$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$0vSLYc/.2rw2I8kqFxHEohKONDCCUx8SUXZPjXUzofj023fzKrAk./Pu1zWBs3tKSemnDqebApYbX0iVbr0hEw",
	"Django":          "pbkdf2_sha256$1000$NaClNaClNaCl$9R0jOzVrDdH88PFOKJWYvjhWilkxeAq37H1Asldm/ZI=",
	"argon2id weaker": argon2idOf("größe 7 umbrellas", 1<<10, 1, 1),
	"argon2id longer": argon2idOf("größe 7 umbrellas", 19456, 3, 1),
}

func raw(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

func argon2idOf(text string, memory, time uint32, threads uint8) string {
	salt := []byte("sixteen bytes it")
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, time, threads, raw(salt),
		raw(argon2.IDKey([]byte(text), salt, time, memory, threads, 32)))
}

func TestVerify_EveryGenerationIsReadAndReplaced(t *testing.T) {
	const right = "größe 7 umbrellas"
	families := map[string]bool{}
	all, errant := 0, 0
	judge := func(right bool) {
		if all++; !right {
			errant++
		}
	}
	for name, stored := range generations {
		family, _, _ := strings.Cut(name, " ")
		families[family] = true
		judge(assert.Equal(t, password.Result{Right: true, Rehash: true}, verify(t, stored, right), name))
		for _, wrong := range []string{"", "Größe 7 umbrellas", "größe 7 umbrella", right + " ", right + "\x00", "gro\u0308ße 7 umbrella"} {
			judge(assert.Zero(t, verify(t, stored, wrong), "%s: %q", name, wrong))
		}
		last := stored[len(stored)-5]
		changed := stored[:len(stored)-5] + string(last^1) + stored[len(stored)-4:]
		result, err := hasher.Verify(t.Context(), changed, right)
		judge(assert.True(t, err == nil || errors.Is(err, password.ErrUnreadable), name))
		judge(assert.Zero(t, result, "%s: another sum", name))
	}
	figures.Report(t, "T13 generations of hashes, by what made them", len(families), "generations", figures.AtLeast(4))
	figures.Report(t, "T13 spellings of these hashes", len(generations), "spellings", figures.AtLeast(12))
	figures.Report(t, fmt.Sprintf("T13 wrong verdicts on hashes of former generations, of %d", all), errant, "verdicts", figures.Exactly(0))
}

func TestVerify_AgreesWithWhatOthersHavePublished(t *testing.T) {
	for name, c := range map[string]struct{ stored, password string }{
		"argon2id, reference implementation": {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
		"argon2id, with two threads":         {"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
		"scrypt, RFC 7914 section 12":        {"$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw", "pleaseletmein"},
		"PBKDF2, RFC 6070 section 2":         {"$pbkdf2-sha1$i=4096$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", "password"},
		"bcrypt, crypt_blowfish":             {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
	} {
		assert.Equal(t, password.Result{Right: true, Rehash: true}, verify(t, c.stored, c.password), name)
		assert.Zero(t, verify(t, c.stored, c.password+"."), name)
	}
}

func TestVerify_TheSameCharactersAreTheSamePassword(t *testing.T) {
	for name, c := range map[string]struct {
		chosen, typed string
		want          bool
	}{
		"composed and decomposed":       {"caf\u00e9 au lait", "cafe\u0301 au lait", true},
		"decomposed and composed":       {"cafe\u0301 au lait", "caf\u00e9 au lait", true},
		"Hangul and its jamo":           {"\ud55c\uad6d\uc5b4 passphrase", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 passphrase", true},
		"accents in another order":      {"a\u0323\u0302 quiet river", "a\u0302\u0323 quiet river", true},
		"full-width":                    {"quiet river", "ｑｕｉｅｔ　ｒｉｖｅｒ", true},
		"a ligature":                    {"\ufb01ve of them", "five of them", true},
		"a no-break space":              {"quiet\u00a0river", "quiet river", true},
		"the Kelvin sign":               {"\u212aelvin degrees", "Kelvin degrees", true},
		"an accent more":                {"cafe au lait", "caf\u00e9 au lait", false},
		"another case":                  {"quiet river", "Quiet River", false},
		"a blank more":                  {"quiet river", "quiet  river", false},
		"a blank at the end":            {"quiet river", "quiet river ", false},
		"a look-alike of other scripts": {"quiet river", "quiet rivеr", false},
		"a dotless i":                   {"quiet river", "quıet river", false},
		"an invisible character":        {"quiet river", "quiet\u200b river", false},
		"a NUL":                         {"quiet river", "quiet river\x00", false},
		"nothing":                       {"quiet river", "", false},
	} {
		assert.Equal(t, password.Result{Right: c.want}, verify(t, hash(t, c.chosen), c.typed), name)
	}
}

// The lengths at which others have cut: bcrypt's 72, an old field's 128, a form's 1000.
func TestVerify_EveryByteCounts(t *testing.T) {
	made := map[string]func(t testing.TB, text string) string{
		"ours": hash,
		"bcrypt": func(testing.TB, string) string { // of 72 times k, or of more: it is the same
			return "$2b$04$abcdefghijklmnopqrstuuxC5zBssI9/6x/6iWxqqDBY.Vv9oVG2q"
		},
		"PBKDF2": func(_ testing.TB, text string) string { return pbkdf2Of(text) },
		"scrypt": func(_ testing.TB, text string) string { return scryptOf(text) },
	}
	for name, of := range made {
		for _, at := range []int{1, 8, 64, 65, 72, 73, 128, 129, 256, 1000} {
			chosen := strings.Repeat("k", at)
			stored := of(t, chosen)
			if name != "bcrypt" || at == 72 {
				assert.True(t, verify(t, stored, chosen).Right, "%s: %d bytes", name, at)
			} else {
				assert.Zero(t, verify(t, stored, chosen), "%s: %d bytes", name, at)
			}
			assert.Zero(t, verify(t, stored, chosen[:at-1]+"K"), "%s: byte %d differs", name, at)
			if name != "bcrypt" || at != 73 { // the 72 before are a password of that hash
				assert.Zero(t, verify(t, stored, chosen[:at-1]), "%s: byte %d is missing", name, at)
			}
			assert.Zero(t, verify(t, stored, chosen+"k"), "%s: a byte after %d", name, at)
		}
	}
}

func TestVerify_ANulGivesNoPasswordATwin(t *testing.T) {
	for stored, twins := range map[string][]string{
		pbkdf2Of("a"): {"a\x00", "a\x00\x00"},
		scryptOf("a"): {"a\x00"},
		"$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq": {"\x00", "\x00\x00"}, // of nothing
	} {
		for _, twin := range twins {
			assert.Zero(t, verify(t, stored, twin), "%.20s: %q", stored, twin)
		}
	}
}

func TestVerify_AnAccountWithoutAPasswordHasNone(t *testing.T) {
	for _, text := range []string{"", " ", good, "\x00"} {
		assert.Zero(t, verify(t, "", text), "%q", text)
	}
}

// The memory that is filled is most of the work, and can be counted where time cannot.
func TestHasher_TheWorkIsTheSameWhoeverAsks(t *testing.T) {
	ctx := t.Context()
	h := password.NewHasher(password.HasherConfig{Params: password.Params{Memory: 20_000}})
	stored, err := h.Hash(ctx, good)
	require.NoError(t, err)
	for name, ask := range map[string]func() error{
		"an account and its password":     func() error { _, err := h.Verify(ctx, stored, good); return err },
		"an account and another password": func() error { _, err := h.Verify(ctx, stored, "another"); return err },
		"an account without a password":   func() error { _, err := h.Verify(ctx, "", good); return err },
		"an account that is not there":    func() error { return h.Pretend(ctx, good) },
		"an account that cannot be read": func() error {
			_, err := h.Verify(ctx, "unreadable", good)
			if errors.Is(err, password.ErrUnreadable) {
				return nil
			}
			return fmt.Errorf("not ErrUnreadable: %w", err)
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		assert.NoError(t, ask(), name)
		runtime.ReadMemStats(&after)
		assert.InEpsilon(t, 20_000<<10, after.TotalAlloc-before.TotalAlloc, 0.01, name)
	}
}

func TestPretend_TakesNoSide(t *testing.T) {
	for _, text := range []string{"", good, "\xff"} {
		assert.NoError(t, hasher.Pretend(t.Context(), text), "%q", text)
	}
}

func TestVerify_WhatIsStoredIsNotQuoted(t *testing.T) {
	for _, stored := range []string{"in plain text", "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c2hvcnQ"} {
		_, err := hasher.Verify(t.Context(), stored, "in plain text")
		require.ErrorIs(t, err, password.ErrUnreadable)
		for _, part := range []string{"plain", "c29tZXNhbHQ", "c2hvcnQ"} {
			assert.NotContains(t, err.Error(), part)
		}
	}
}

func TestUsed_FindsAPasswordAmongTheLatest(t *testing.T) {
	stored := []string{hash(t, "the newest of them"), "", "unreadable", hash(t, "caf\u00e9 au lait"), generations["scrypt"]}
	for text, want := range map[string]bool{
		"the newest of them": true,
		"cafe\u0301 au lait": true,
		"größe 7 umbrellas":  true,
		"unreadable":         false,
		"":                   false,
		good:                 false,
	} {
		used, err := hasher.Used(t.Context(), text, stored)
		require.NoError(t, err)
		assert.Equal(t, want, used, "%q", text)
	}
	used, err := hasher.Used(t.Context(), good, nil)
	assert.NoError(t, err)
	assert.False(t, used)
}

func TestHasher_NobodyWaitsForAnAnswerThatNobodyWaitsFor(t *testing.T) {
	stored := hash(t, good)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := hasher.Hash(ctx, good)
	assert.ErrorIs(t, err, context.Canceled)
	result, err := hasher.Verify(ctx, stored, good)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, result)
	used, err := hasher.Used(ctx, good, []string{stored})
	assert.ErrorIs(t, err, context.Canceled)
	assert.False(t, used)
	assert.ErrorIs(t, hasher.Pretend(ctx, good), context.Canceled)
}

func TestHasher_ManyAtOnceDoNotMeet(t *testing.T) {
	stored := map[string]string{"first of them": hash(t, "first of them"), "second of them": hash(t, "second of them")}
	var all sync.WaitGroup
	var compared atomic.Int64
	for range 3 {
		for chosen := range stored {
			for _, of := range stored {
				all.Go(func() {
					result, err := hasher.Verify(t.Context(), of, chosen)
					if errors.Is(err, password.ErrBusy) { // on a slow machine
						return
					}
					compared.Add(1)
					assert.NoError(t, err)
					assert.Equal(t, of == stored[chosen], result.Right)
				})
			}
		}
	}
	all.Wait()
	assert.Greater(t, compared.Load(), int64(1))
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		_, _ = hasher.Hash(b.Context(), good)
	}
}

func BenchmarkVerify(b *testing.B) {
	stored := hash(b, good)
	for b.Loop() {
		_, _ = hasher.Verify(b.Context(), stored, good)
	}
}

func BenchmarkPretend(b *testing.B) {
	for b.Loop() {
		_ = hasher.Pretend(b.Context(), good)
	}
}

// BenchmarkIDKey is the least that a hash can cost.
func BenchmarkIDKey(b *testing.B) {
	salt := bytes.Repeat([]byte{7}, 16)
	for b.Loop() {
		argon2.IDKey([]byte(good), salt, 2, 19456, 1, 32)
	}
}
