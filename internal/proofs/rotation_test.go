//go:build unix

package proofs

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/token"
)

// hour is what an hour is shrunk to, so that half a year of rotations fits in: the shortest time ahead
// that a key may be published, twice what anybody keeps it, becomes a second.
var hour = pick(300*time.Millisecond, 500*time.Millisecond)

// shrunk is a time in the world in which an hour is hour.
func shrunk(d time.Duration) time.Duration { return time.Duration(d.Hours() * float64(hour)) }

// T16: keys change all the time while three instances sign and three others verify. These keep the
// published keys for as long as they may, and never ask again in between, as the strictest do.
func TestT16_NoTokenIsRefusedWhileKeysChange(t *testing.T) {
	rotations, checks := pick(3, 50), pick(5_000, 300_000)
	for _, b := range backends[:3] { // those that can keep keys
		t.Run(b.name, func(t *testing.T) {
			s := newSite(t, b.fresh(t), func(s *settings) {
				s.Rotates = rotation{Every: shrunk(3 * time.Hour), Ahead: shrunk(2 * time.Hour), Keep: shrunk(65 * time.Minute)}
			})
			f := s.trade(func(f trades, since time.Duration) bool {
				return f.kids > rotations && f.checked >= checks || since > time.Duration(rotations+10)*shrunk(8*time.Hour)
			})
			for _, failure := range f.failures[:min(5, len(f.failures))] {
				t.Log(failure)
			}
			proof(t, "T16 "+b.name+" rotations", f.kids-1, "rotations", atLeast(rotations))
			proof(t, "T16 "+b.name+" tokens verified", f.checked, "checks", atLeast(checks))
			proof(t, "T16 "+b.name+" verifications failed", len(f.failures), "checks", exactly(0))
		})
	}
}

// trades is what the verifiers have seen.
type trades struct {
	kids     int // that have signed something
	checked  int
	failures []string
}

// trade lets three instances sign and three verifiers verify until it is enough.
func (s *site) trade(enough func(f trades, since time.Duration) bool) trades {
	var verifiers []*verifier
	var issuing, verifying sync.WaitGroup
	var stop atomic.Bool
	begin := time.Now()
	instances := s.three()
	for _, i := range instances {
		v := &verifier{from: i.base + "/discovery/v2.0/keys", tokens: make(chan minted, 10_000), kids: map[string]bool{}}
		verifiers = append(verifiers, v)
		verifying.Go(v.work)
	}
	for n, i := range instances {
		issuing.Go(func() {
			for ; !stop.Load(); time.Sleep(30 * time.Millisecond) {
				at := time.Now()
				texts, err := mintAt(i)
				if err != nil {
					verifiers[n].fail("%v", err)
				}
				for _, text := range texts {
					for _, v := range verifiers {
						v.tokens <- minted{text, at}
					}
				}
			}
		})
	}
	for !enough(sum(verifiers), time.Since(begin)) {
		time.Sleep(10 * time.Millisecond)
	}
	stop.Store(true)
	issuing.Wait()
	for _, v := range verifiers {
		close(v.tokens)
	}
	verifying.Wait()
	return sum(verifiers)
}

func sum(verifiers []*verifier) (f trades) {
	for _, v := range verifiers {
		v.mu.Lock()
		f.kids = max(f.kids, len(v.kids))
		f.checked += v.checked
		f.failures = append(f.failures, v.failures...)
		v.mu.Unlock()
	}
	return f
}

// mintAt lets an instance sign some tokens, with the keys that the token endpoint signs with.
func mintAt(i *instance) ([]string, error) {
	resp, err := caller.Get(strings.TrimSuffix(i.base, prefix) + "/proofs/mint?n=10")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("mint: %s", text)
	}
	return strings.Fields(string(text)), err
}

// minted is a token, and when it was asked for.
type minted struct {
	text string
	at   time.Time
}

// verifier is an API of somebody else, which knows of an instance no more than it publishes.
type verifier struct {
	from   string
	tokens chan minted

	set   jose.JSONWebKeySet
	until time.Time // when set has to be fetched again

	mu       sync.Mutex
	kids     map[string]bool
	checked  int
	failures []string
}

// work checks each token when it comes, and once more towards the end of its life.
func (v *verifier) work() {
	life := shrunk(15 * time.Minute)
	var later []minted
	again := func(all bool) {
		for len(later) > 0 && (all || time.Since(later[0].at) > life*3/4) {
			v.check(later[0], life)
			later = later[1:]
		}
	}
	for m := range v.tokens {
		again(false)
		v.check(m, life)
		later = append(later, m)
	}
	again(true)
}

// check verifies a token, unless it has come to its end by now: this machine may be slow.
func (v *verifier) check(m minted, life time.Duration) {
	if time.Since(m.at) > life {
		return
	}
	if err := v.verify(m.text); err != nil {
		v.fail("a token of %v: %v", time.Since(m.at), err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.checked++
}

func (v *verifier) verify(text string) error {
	if time.Now().After(v.until) {
		if err := v.fetch(); err != nil {
			return err
		}
	}
	jws, err := jose.ParseSignedCompact(text, token.Algorithms)
	if err != nil {
		return err
	}
	kid := jws.Signatures[0].Header.KeyID
	v.mu.Lock()
	v.kids[kid] = true
	v.mu.Unlock()
	for _, key := range v.set.Key(kid) {
		_, err := jws.Verify(key)
		return err
	}
	return fmt.Errorf("key %s is not among the %d that are published", kid, len(v.set.Keys))
}

// fetch asks for the published keys, and keeps them as long as it is told that it may.
func (v *verifier) fetch() error {
	a := get(v.from)
	if !a.ok() {
		return fmt.Errorf("keys: %v", a)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(a.text, &set); err != nil {
		return err
	}
	var age int
	if _, err := fmt.Sscanf(a.header.Get("Cache-Control"), "public, max-age=%d", &age); err != nil {
		return err
	}
	v.set, v.until = set, time.Now().Add(shrunk(time.Duration(age)*time.Second))
	return nil
}

func (v *verifier) fail(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failures = append(v.failures, fmt.Sprintf(format, args...))
}
