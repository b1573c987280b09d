package handler_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/token"
)

// outage checks an answer that says that something is out of order, and no more.
func outage(t *testing.T, r reply, m mode, what string) {
	t.Helper()
	require.NoError(t, r.err, what)
	status, code, number := 503, "temporarily_unavailable", 90033.0
	if m == panics {
		status, code, number = 500, "server_error", 50000
	}
	assert.Equal(t, status, r.status, "%s: %s", what, r.text)
	assert.Less(t, r.took, soon, what)
	assert.LessOrEqual(t, len(r.text), 1024, what)
	assert.Equal(t, "application/json; charset=utf-8", r.header.Get("Content-Type"), what)
	assert.Equal(t, "no-store", r.header.Get("Cache-Control"), what)
	if status == 503 {
		assert.NotEmpty(t, r.header.Get("Retry-After"), what)
	}
	for _, word := range leaks {
		assert.NotContains(t, string(r.text), word, what)
	}
	var body map[string]any
	require.NoError(t, json.Unmarshal(r.text, &body), "%s: %s", what, r.text)
	assert.Equal(t, code, body["error"], what)
	assert.Equal(t, []any{number}, body["error_codes"], what)
	for _, member := range []string{"error_description", "timestamp", "trace_id", "correlation_id"} {
		assert.NotEmpty(t, body[member], "%s: %s", what, member)
	}
	assert.NotContains(t, body, "continuation_token", what)
}

// sites are the calls of host's parts that each leg makes, as they come.
func sites(t *testing.T) [][]string {
	s := newTrip(t)
	list := make([][]string, len(legs))
	for leg := range legs {
		s.travel(leg, leg+1)
		list[leg] = s.fault.traced()
	}
	return list
}

// Each call that a step makes of the host is put out of order, in each way. All cases of a mode run at
// once, since those that hang take their time.
func TestOutage_IsAnsweredInTimeAndLosesNothing(t *testing.T) {
	t.Parallel()
	places := sites(t)
	for _, m := range []mode{fails, panics, hangs, sticks} {
		t.Run(string(m), func(t *testing.T) {
			type ordeal struct {
				*trip
				leg  int
				what string
				got  reply
			}
			var cases []*ordeal
			for leg, calls := range places {
				for n, name := range calls {
					c := &ordeal{newTrip(t), leg, fmt.Sprintf("%s: %s %s", legs[leg].name, name, m), reply{}}
					c.travel(0, leg)
					c.fault.arm(m, n)
					cases = append(cases, c)
				}
			}
			require.Greater(t, len(cases), 20)
			var all sync.WaitGroup
			for _, c := range cases {
				all.Go(func() { c.got = c.call(c.leg) })
			}
			all.Wait()
			longest, other := time.Duration(0), 0
			for _, c := range cases {
				outage(t, c.got, m, c.what)
				if m == panics && c.got.status != 500 {
					other++
				}
				longest = max(longest, c.got.took)
				assert.Contains(t, c.log.String(), "level=ERROR", c.what)
				if m != sticks { // which says nothing
					assert.Contains(t, c.log.String(), "SQLSTATE 08006", "%s: the log knows why", c.what)
				}
				c.fault.mend()
				c.settle()
				c.travel(c.leg, len(legs)) // with the same token
			}
			if m == panics {
				figure(t, fmt.Sprintf("T23 calls of the host's parts that panic and are not answered by a 500, of %d", len(cases)), other, "calls", 0)
			}
			t.Logf("%d places, the longest answer took %v", len(cases), longest.Round(time.Millisecond))
		})
	}
}

// With everything down, every endpoint says so.
func TestOutage_WithTheStoreDownEveryEndpointSaysSo(t *testing.T) {
	for _, m := range []mode{fails, panics} {
		s := newTrip(t)
		s.travel(0, len(legs))
		s.fault.arm(m, 0)
		for leg := range legs {
			if legs[leg].path == "/signup/v1.0/start" || strings.HasSuffix(legs[leg].path, "initiate") || legs[leg].name == "refresh" {
				outage(t, s.call(leg), m, legs[leg].name)
			}
		}
		for _, path := range []string{"/.well-known/openid-configuration", "/v2.0/.well-known/openid-configuration", "/discovery/v2.0/keys"} {
			outage(t, get(s.base+path, ""), m, path)
		}
		s.fault.mend()
		s.travel(4, len(legs))
	}
}

// A write whose answer is lost leaves a flow that went on: the call may be repeated where that is
// safe, and the person can always sign in.
func TestOutage_ACommitOfUnknownOutcomeIsSafeToRepeat(t *testing.T) {
	for leg, want := range map[int]int{0: 200, 1: 200, 2: 400, 3: 400, 4: 200, 5: 200, 6: 400, 7: 200} {
		s := newTrip(t)
		s.travel(0, leg)
		s.fault.arm(forgets, 0)
		outage(t, s.call(leg), fails, legs[leg].name)
		s.fault.mend()
		if want == 200 {
			s.travel(leg, len(legs))
			continue
		}
		r := s.call(leg)
		require.Equal(t, want, r.status, "%s: %s", legs[leg].name, r.text)
		assert.Contains(t, string(r.text), "AADSTS55200", "the flow has gone on")
		s.travel(4, len(legs))
	}
}

func TestOutage_AHookThatSetsWhatIsOursIsAMistakeOfTheServer(t *testing.T) {
	for _, leg := range []int{3, 6, 7} {
		var extra token.ExtraClaims
		s := newTrip(t, func(c *handler.Config) {
			c.Claims = func(context.Context, token.ClaimsRequest) (token.ExtraClaims, error) { return extra, nil }
		})
		s.travel(0, leg)
		for _, bad := range []token.ExtraClaims{
			{Access: map[string]any{"sub": "admin"}}, {ID: map[string]any{"aud": "other"}}, {Access: map[string]any{"EXP": 1 << 40}},
		} {
			extra = bad
			r := s.call(leg)
			require.NoError(t, r.err)
			assert.Equal(t, 500, r.status)
			assert.NotContains(t, string(r.text), "sub")
			assert.NotContains(t, string(r.text), "EXP")
			assert.Contains(t, s.log.String(), "claim is set by the protocol")
		}
		extra = token.ExtraClaims{}
		s.travel(leg, len(legs))
	}
}

// A protected route depends on the keys alone.
func TestOutage_AProtectedRouteSaysThatItCannotCheck(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{fails, hangs, panics} {
		s := newTrip(t)
		s.travel(0, 3)
		var body map[string]any
		require.NoError(t, json.Unmarshal(s.call(3).text, &body))
		text := body["access_token"].(string)
		served := 0
		route := httptest.NewServer(s.auth.RequireToken()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			served++
			w.WriteHeader(http.StatusNoContent)
		})))
		defer route.Close()
		require.Equal(t, 204, get(route.URL, text).status)

		s.fault.arm(m, 0)
		r := get(route.URL, text)
		require.NoError(t, r.err, m)
		want := 503
		if m == panics {
			want = 500
		}
		assert.Equal(t, want, r.status, m)
		assert.Less(t, r.took, soon, m)
		assert.True(t, json.Valid(r.text), "%s: %s", m, r.text)
		assert.LessOrEqual(t, len(r.text), 1024)
		for _, word := range leaks {
			assert.NotContains(t, string(r.text), word, m)
		}
		assert.Equal(t, 1, served, m)
		assert.Contains(t, s.log.String(), "SQLSTATE 08006", m)
		s.fault.mend()
		assert.Equal(t, 204, get(route.URL, text).status, m)
	}
}

// posted is a Sender that does what a test wants.
type posted func(ctx context.Context, m otp.Message) error

func (p posted) Send(ctx context.Context, m otp.Message) error { return p(ctx, m) }

func TestOutage_NoCallWaitsForTheMail(t *testing.T) {
	for m, send := range map[mode]posted{
		fails:  func(context.Context, otp.Message) error { return errors.New(inner) },
		hangs:  func(ctx context.Context, _ otp.Message) error { <-ctx.Done(); return ctx.Err() },
		panics: func(context.Context, otp.Message) error { panic(inner) },
	} {
		down, over := true, make(chan struct{})
		var mu sync.Mutex
		s := newTrip(t, func(c *handler.Config) {
			good := c.Sender
			c.Sender = posted(func(ctx context.Context, msg otp.Message) error {
				mu.Lock()
				broken := down
				mu.Unlock()
				if !broken {
					return good.Send(ctx, msg)
				}
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				go func() { // or the end of the test would wait
					select {
					case <-over:
						cancel()
					case <-ctx.Done():
					}
				}()
				return send(ctx, msg)
			})
		})
		begin := time.Now()
		for n := range 50 {
			start := s.signUpStart(plain, fmt.Sprintf("p%d@contoso.com", n)).ok()
			s.signUpChallenge(plain, start).ok()
		}
		assert.Less(t, time.Since(begin), 25*time.Second, "%s: a single mail may hang for 20 s", m)

		close(over)
		require.Eventually(t, func() bool { return strings.Count(s.log.String(), "message not sent") == 50 }, 30*time.Second, time.Millisecond, m)
		mu.Lock()
		down = false
		mu.Unlock()
		s.travel(0, len(legs))
	}
}

// A step that hangs is answered for by a goroutine of ours, in which no panic may end the process.
func TestOutage_ALoggerThatPanicsEndsNoProcess(t *testing.T) {
	t.Parallel()
	s := newTrip(t, func(c *handler.Config) { c.Logger = slog.New(deaf{}) })
	for _, m := range []mode{fails, panics, hangs, sticks} {
		s.fault.arm(m, 0)
		timer := time.AfterFunc(3*time.Second, s.fault.mend) // nobody else would end a step that sticks
		s.call(0)
		if timer.Stop() {
			s.fault.mend()
		}
	}
	s.travel(0, len(legs))
}

// deaf is a slog.Handler of a host that is out of order.
type deaf struct{ slog.Handler }

func (deaf) Enabled(context.Context, slog.Level) bool  { return true }
func (deaf) Handle(context.Context, slog.Record) error { panic("disk full") }
