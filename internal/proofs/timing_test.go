//go:build unix && !race

// What the race detector adds to an answer is not ours to even out.

package proofs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// stopwatch times the calls that somebody makes who asks about an address that is not theirs. It has one
// connection and one call at a time.
type stopwatch struct {
	testing.TB
	random *rand.Rand
	base   string
	calls  *atomic.Int64 // of the store
	client *http.Client
}

// side is one half of a pair: an account, or none.
type side struct {
	user, token string
	calls       int64
}

// timed is a call of a course, and what it is known by in the table. One without a name is only on the
// way.
type timed struct {
	name, path string
	pairs      []string // TOKEN and NAME stand for those of the side
}

// course is a way through the API.
type course []timed

var wrongCode = []string{"continuation_token", "TOKEN", "grant_type", "oob", "oob", "00000000"}

// The courses of those who have neither mailbox nor password. The last is the dear one.
var courses = []course{
	{
		{"sign-up start", "/signup/v1.0/start", []string{"username", "NAME", "challenge_type", "oob password redirect"}},
		{"sign-up challenge", "/signup/v1.0/challenge", []string{"continuation_token", "TOKEN"}},
		{"sign-up wrong code", "/signup/v1.0/continue", wrongCode},
	}, {
		{"sign-in start", "/oauth2/v2.0/initiate", []string{"username", "NAME", "challenge_type", "oob redirect"}},
		{"sign-in challenge, code", "/oauth2/v2.0/challenge", []string{"continuation_token", "TOKEN"}},
		{"sign-in wrong code", "/oauth2/v2.0/token", wrongCode},
	}, {
		{"reset start", "/resetpassword/v1.0/start", []string{"username", "NAME", "challenge_type", "oob redirect"}},
		{"reset challenge", "/resetpassword/v1.0/challenge", []string{"continuation_token", "TOKEN"}},
		{"reset wrong code", "/resetpassword/v1.0/continue", wrongCode},
	}, {
		{"", "/oauth2/v2.0/initiate", []string{"username", "NAME", "challenge_type", "password redirect"}},
		{"sign-in challenge, password", "/oauth2/v2.0/challenge", []string{"continuation_token", "TOKEN"}},
		{"sign-in wrong password", "/oauth2/v2.0/token", []string{"continuation_token", "TOKEN", "grant_type", "password", "password", "a loud harbour"}},
	},
}

// run sends both sides of each pair on the course, each call of both in random order, and returns how
// long the calls took of the known and of the others, and how often they cost other calls of the store.
func (w *stopwatch) run(c course, pairs int, first int) (known, others map[string][]time.Duration, uneven int) {
	known, others = map[string][]time.Duration{}, map[string][]time.Duration{}
	for i := first; i < first+pairs; i++ {
		sides := [2]*side{{user: fmt.Sprintf("known%d@contoso.com", i)}, {user: fmt.Sprintf("other%d@contoso.com", i)}}
		for _, call := range c {
			one := w.random.IntN(2)
			took := [2]time.Duration{}
			for _, n := range []int{one, 1 - one} {
				took[n] = w.time(call, sides[n])
			}
			known[call.name], others[call.name] = append(known[call.name], took[0]), append(others[call.name], took[1])
			if sides[0].calls != sides[1].calls {
				uneven++
			}
		}
	}
	return known, others, uneven
}

func (w *stopwatch) time(call timed, s *side) time.Duration {
	form := url.Values{"client_id": {app}}
	for i := 0; i < len(call.pairs); i += 2 {
		value := strings.NewReplacer("NAME", s.user, "TOKEN", s.token).Replace(call.pairs[i+1])
		form.Set(call.pairs[i], value)
	}
	text := form.Encode()
	before := w.calls.Load()
	begin := time.Now()
	resp, err := w.client.Post(w.base+call.path, "application/x-www-form-urlencoded", strings.NewReader(text))
	a := read(resp, err, begin)
	require.NoError(w, a.err)
	require.Contains(w, []int{200, 400}, a.status, "%v", a)
	s.calls = w.calls.Load() - before
	if next := a.field("continuation_token"); next != "" {
		s.token = next
	}
	return a.took
}

func median(list []time.Duration) time.Duration {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// above is the chance that one of the first list is above one of the second (AUC): a half, if nothing can
// be told.
func above(first, second []time.Duration) float64 {
	second = slices.Sorted(slices.Values(second))
	sum := 0.0
	for _, d := range first {
		below, _ := slices.BinarySearch(second, d)
		upTo, _ := slices.BinarySearch(second, d+1)
		sum += float64(below) + float64(upTo-below)/2
	}
	return sum / float64(len(first)*len(second))
}

// reading is what one run says of a call.
type reading struct {
	gap   float64 // between the medians, in µs
	bound float64
	auc   float64
}

func judge(known, others []time.Duration) reading {
	a, b := median(known), median(others)
	return reading{
		gap:   math.Abs(float64((a - b).Nanoseconds())) / 1000,
		bound: max(100, 0.01*float64(max(a, b).Nanoseconds())/1000),
		auc:   above(others, known),
	}
}

// prove enters the middle one of the runs.
func (w *stopwatch) prove(where, call string, runs []reading) {
	by := func(worth func(v reading) float64) reading {
		sorted := slices.SortedFunc(slices.Values(runs), func(a, b reading) int { return int(math.Copysign(1, worth(a)-worth(b))) })
		return sorted[len(sorted)/2]
	}
	gap := by(func(v reading) float64 { return v.gap - v.bound })
	proof(w, "T9 "+where+" "+call+", medians apart", gap.gap, "µs", atMost(gap.bound))
	auc := by(func(v reading) float64 { return math.Abs(v.auc - 0.5) })
	proof(w, "T9 "+where+" "+call+", AUC off a half", math.Abs(auc.auc-0.5), "AUC", atMost(0.06))
}

// tallied counts the calls of a store.
type tallied struct {
	store.Users
	store.State
	calls atomic.Int64
}

func (t *tallied) UserByUsername(ctx context.Context, name string) (store.User, error) {
	t.calls.Add(1)
	return t.Users.UserByUsername(ctx, name)
}

func (t *tallied) UserByID(ctx context.Context, id string) (store.User, error) {
	t.calls.Add(1)
	return t.Users.UserByID(ctx, id)
}

func (t *tallied) Get(ctx context.Context, key string) (store.Entry, error) {
	if key != "clock" { // once a second, for whoever comes
		t.calls.Add(1)
	}
	return t.State.Get(ctx, key)
}

func (t *tallied) Put(ctx context.Context, key string, e store.Entry) error {
	if key != "clock" {
		t.calls.Add(1)
	}
	return t.State.Put(ctx, key, e)
}

func (t *tallied) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	t.calls.Add(1)
	return t.State.Add(ctx, key, delta, ttl)
}

// void is a mailbox that takes everything.
type void struct{}

func (void) Send(context.Context, otp.Message) error { return nil }

// newStopwatch mounts the API on a store, in which the known have accounts.
func newStopwatch(t testing.TB, s *tallied, known int) *stopwatch {
	mux := http.NewServeMux()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer: "http://127.0.0.1" + prefix, Secret: secret, Clients: []handler.Client{{ID: app, Passwords: true}},
		Users: s, State: s, Sender: void{}, HideAccounts: true, Limits: wide, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = auth.Shutdown(context.Background()) })
	populate(t, s.Users, known)
	return watching(t, mux, &s.calls)
}

func populate(t testing.TB, users store.Users, known int) {
	hash, err := password.NewHasher(password.HasherConfig{}).Hash(t.Context(), harbor)
	require.NoError(t, err)
	for i := range known {
		user := fmt.Sprintf("known%d@contoso.com", i)
		require.NoError(t, users.CreateUser(t.Context(), store.User{
			ID: fmt.Sprintf("9f3c1a52-0000-4000-8000-%012d", i), Username: user, Email: user, PasswordHash: hash, Attributes: map[string]string{"displayName": "Casey"},
		}))
	}
}

const harbor = "a quiet harbour"

func watching(t testing.TB, h http.Handler, calls *atomic.Int64) *stopwatch {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &stopwatch{t, chance(t), server.URL + prefix, calls, &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1, DisableCompression: true}}}
}

// T9, in short: who has no account waits as long for the answer to a password as who has one. This is no
// measurement, and finds only a comparison that was left out.
func TestT9_NobodyWaitsAsLongAsSomebody(t *testing.T) {
	m := memory.New()
	w := newStopwatch(t, &tallied{Users: m, State: m}, 40)
	known, others, uneven := w.run(courses[len(courses)-1], 40, 0)
	const call = "sign-in wrong password"
	proof(t, "T9 in short, "+call+", AUC off a half", math.Abs(judge(known[call], others[call]).auc-0.5), "AUC", atMost(0.4))
	require.Zero(t, uneven)
}

// T9: by the time that answers take, nobody can tell an account from none. To be measured that needs a
// machine that has nothing else to do; in short only the calls of the store are counted.
func TestT9_TimeTellsNothing(t *testing.T) {
	pairs, runs, warm := pick(20, 2000), pick(1, 3), 20
	for _, kind := range []struct {
		name string
		open func(t *testing.T) *tallied
	}{
		{"memory", func(*testing.T) *tallied {
			m := memory.New()
			return &tallied{Users: m, State: m}
		}},
		{"sqlite", func(t *testing.T) *tallied { return tally(newSite(t, newFile(t))) }},
		{"postgres", func(t *testing.T) *tallied { return tally(newSite(t, newSchema(t))) }},
	} {
		t.Run(kind.name, func(t *testing.T) {
			name := kind.name
			w := newStopwatch(t, kind.open(t), len(courses)*(runs*pairs+warm))
			next := 0 // nobody is asked about twice: an address gets one code a minute
			for _, c := range courses {
				w.run(c, warm, next) // to get going
				next += warm
				seen := map[string][]reading{}
				uneven := 0
				for range runs {
					known, others, u := w.run(c, pairs, next)
					next += pairs
					uneven += u
					for call := range known {
						v := judge(known[call], others[call])
						t.Logf("%s: medians %v and %v, AUC %.3f", call, median(known[call]), median(others[call]), v.auc)
						seen[call] = append(seen[call], v)
					}
				}
				for _, call := range c {
					if call.name != "" && long {
						w.prove(name, call.name, seen[call.name])
					}
				}
				proof(t, "T9 "+name+" "+c[len(c)-1].name+", pairs with other calls of the store", uneven, "pairs", exactly(0))
			}
		})
	}
}

func tally(s *site) *tallied {
	k := s.look()
	return &tallied{Users: k.users, State: k.state}
}

// The proof of T9 proves itself: what it is to find it finds, in a sign-in that looks for the account
// first and compares only where there is one.
func TestT9_ANaiveSignInIsFound(t *testing.T) {
	users := memory.New()
	populate(t, users, 100)
	hasher := password.NewHasher(password.HasherConfig{})
	naive := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := users.UserByUsername(r.Context(), r.FormValue("username"))
		if err == nil {
			_, err = hasher.Verify(r.Context(), u.PasswordHash, r.FormValue("password"))
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "{}")
		_ = err
	})
	w := watching(t, naive, new(atomic.Int64))
	known, others, _ := w.run(course{{"wrong password", "/token", []string{"username", "NAME", "password", "a loud harbour"}}}, pick(50, 100), 0)
	v := judge(known["wrong password"], others["wrong password"])
	proof(t, "T9 naive sign-in, AUC", v.auc, "AUC", figures.Below(0.44))
	require.Greater(t, v.gap, v.bound)
}
