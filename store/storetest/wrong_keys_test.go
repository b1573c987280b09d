package storetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/token"
)

// wrongKeys break one promise each.
var wrongKeys = []wrong[token.Keys]{
	{"what the signing key signs is verified by the published one of its ID", "the signing key is not published", publishing(func([]jose.JSONWebKey) []jose.JSONWebKey { return []jose.JSONWebKey{freshPublic()} })},
	{"what the signing key signs is verified by the published one of its ID", "another key has its ID", publishing(func(all []jose.JSONWebKey) []jose.JSONWebKey {
		other := freshPublic()
		other.KeyID = all[0].KeyID
		return []jose.JSONWebKey{other}
	})},
	{"what the signing key signs is verified by the published one of its ID", "the published key names no algorithm", publishing(func(all []jose.JSONWebKey) []jose.JSONWebKey { all[0].Algorithm = ""; return all })},
	{"what the signing key signs is verified by the published one of its ID", "the signing key has no ID", signingWith(func(k jose.JSONWebKey) jose.JSONWebKey { k.KeyID = ""; return k })},

	{"no private part is published", "private keys are published", func() token.Keys {
		k := right()
		k.verification = func() []jose.JSONWebKey { return []jose.JSONWebKey{k.key} }
		return k
	}},
	{"each published key has an ID of its own, one algorithm, and is strong enough", "two keys share an ID", publishing(func(all []jose.JSONWebKey) []jose.JSONWebKey { return append(all, all[0]) })},
	{"each published key has an ID of its own, one algorithm, and is strong enough", "a key has no ID", publishing(func(all []jose.JSONWebKey) []jose.JSONWebKey {
		other := freshPublic()
		other.KeyID = ""
		return append(all, other)
	})},
	{"each published key has an ID of its own, one algorithm, and is strong enough", "a key is weak", publishing(func(all []jose.JSONWebKey) []jose.JSONWebKey { return append(all, weak) })},
	{"each published key has an ID of its own, one algorithm, and is strong enough", "a key is for another algorithm", publishing(func(all []jose.JSONWebKey) []jose.JSONWebKey { all[0].Algorithm = "RS256"; return all })},
	{"each published key has an ID of its own, one algorithm, and is strong enough", "a key is for encryption", publishing(func(all []jose.JSONWebKey) []jose.JSONWebKey { all[0].Use = "enc"; return all })},

	{"the signing key stays the same", "each call makes a key", func() token.Keys { return &restless{} }},
	{"what is published belongs to the caller", "all callers share one slice", func() token.Keys {
		k := right()
		all := []jose.JSONWebKey{k.key.Public()}
		k.verification = func() []jose.JSONWebKey { return all }
		return k
	}},
	{"many callers at once get the same keys", "the first calls make a key each", func() token.Keys { return &lazy{} }},
	{"all handles have the same keys", "what is published comes and goes", func() token.Keys { return &flicker{fake: right()} }},
	{"a call whose context is done returns soon and harms nobody", "nothing is returned without an error", func() token.Keys {
		k := right()
		k.done = func() error { return nil }
		return k
	}},
	{"a call whose context is done returns soon and harms nobody", "the context is not heeded while waiting", func() token.Keys {
		k := right()
		k.done = func() error { time.Sleep(2100 * time.Millisecond); return errors.New("late") }
		return k
	}},
}

func TestKeyChecks_CatchWrongAdapters(t *testing.T) { testChecks(t, keyChecks, wrongKeys) }

func TestKeyChecks_PassTheRightAdapters(t *testing.T) {
	RunKeys(t, func(t *testing.T) token.Keys {
		k, err := token.Ephemeral()
		require.NoError(t, err)
		return k
	})
	RunSharedKeys(t, func(*testing.T) []token.Keys {
		k := right()
		return []token.Keys{k, k, k}
	})
}

func TestKeyChecks_HandlesOnDifferentKeysAreCaught(t *testing.T) {
	assert.True(t, try(t, handlesAgree, keys{right(), right()}).failed)
	assert.True(t, try(t, signatureIsVerified, keys{right(), right()}).failed)
}

// fake is the right adapter but for what is changed.
type fake struct {
	key          jose.JSONWebKey
	signing      func() jose.JSONWebKey
	verification func() []jose.JSONWebKey
	done         func() error // the answer if the context is done
}

func right() fake {
	key := fresh()
	return fake{
		key:          key,
		signing:      func() jose.JSONWebKey { return key },
		verification: func() []jose.JSONWebKey { return []jose.JSONWebKey{key.Public()} },
		done:         func() error { return context.Canceled },
	}
}

func (f fake) SigningKey(ctx context.Context) (jose.SigningKey, error) {
	if ctx.Err() != nil {
		return jose.SigningKey{}, f.done()
	}
	return jose.SigningKey{Algorithm: jose.ES256, Key: f.signing()}, nil
}

func (f fake) VerificationKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	if ctx.Err() != nil {
		return jose.JSONWebKeySet{}, f.done()
	}
	return jose.JSONWebKeySet{Keys: f.verification()}, nil
}

func fresh() jose.JSONWebKey {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: string(jose.ES256), Use: "sig"}
}

func freshPublic() jose.JSONWebKey { key := fresh(); return key.Public() }

// weak is an RSA key that is too short.
var weak = func() jose.JSONWebKey {
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return jose.JSONWebKey{Key: private.Public(), KeyID: "weak", Algorithm: string(jose.RS256)}
}()

func publishing(change func([]jose.JSONWebKey) []jose.JSONWebKey) func() token.Keys {
	return func() token.Keys {
		k := right()
		k.verification = func() []jose.JSONWebKey { return change([]jose.JSONWebKey{k.key.Public()}) }
		return k
	}
}

func signingWith(change func(jose.JSONWebKey) jose.JSONWebKey) func() token.Keys {
	return func() token.Keys {
		k := right()
		k.signing = func() jose.JSONWebKey { return change(k.key) }
		return k
	}
}

// restless makes a key for each call.
type restless struct{}

func (restless) SigningKey(context.Context) (jose.SigningKey, error) {
	return jose.SigningKey{Algorithm: jose.ES256, Key: fresh()}, nil
}

func (restless) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{freshPublic()}}, nil
}

// lazy forgets its key while somebody else is asking.
type lazy struct {
	mu     sync.Mutex
	asking int
	key    jose.JSONWebKey
}

func (l *lazy) enter() (leave func()) {
	l.mu.Lock()
	if l.asking++; l.asking > 1 || l.key.Key == nil {
		l.key = fresh()
	}
	l.mu.Unlock()
	return func() {
		time.Sleep(time.Millisecond)
		l.mu.Lock()
		l.asking--
		l.mu.Unlock()
	}
}

func (l *lazy) SigningKey(context.Context) (jose.SigningKey, error) {
	defer l.enter()()
	l.mu.Lock()
	defer l.mu.Unlock()
	return jose.SigningKey{Algorithm: jose.ES256, Key: l.key}, nil
}

func (l *lazy) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	defer l.enter()()
	l.mu.Lock()
	defer l.mu.Unlock()
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{l.key.Public()}}, nil
}

// flicker publishes another key each second time.
type flicker struct {
	fake
	calls int
}

func (f *flicker) VerificationKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	set, err := f.fake.VerificationKeys(ctx)
	if f.calls++; f.calls%2 == 0 {
		set.Keys = append(set.Keys, freshPublic())
	}
	return set, err
}
