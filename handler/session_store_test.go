package handler_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// ledger is a store of sessions that knows how many there are.
type ledger struct {
	store.State
	mu   sync.Mutex
	held map[string]string
}

func newLedger() *ledger { return &ledger{State: memory.New(), held: map[string]string{}} }

func (l *ledger) Put(ctx context.Context, key string, e store.Entry) error {
	err := l.State.Put(ctx, key, e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.held[key] = string(e.Value)
	}
	return err
}

// live counts the sessions that somebody is signed in with.
func (l *ledger) live() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, value := range l.held {
		if strings.Contains(value, "nativeauth") {
			n++
		}
	}
	return n
}

// Of the last call of a flow, made many times at once and at two instances, one gets a session.
func TestSession_OneComesOfParallelCalls(t *testing.T) {
	twoInstances(t, func(a, b *world) {
		a.signUp(casey)
		for range 5 {
			sent, code := a.signInSent(paged, casey)
			calls := make([]*browser, 24)
			answers := make([]answer, len(calls))
			var all sync.WaitGroup
			gate := make(chan struct{})
			for i := range calls {
				calls[i] = []*world{a, b}[i%2].browse()
				all.Go(func() {
					<-gate
					answers[i] = calls[i].redeemCode(paged, sent, code)
				})
			}
			close(gate)
			all.Wait()
			won := 0
			for i, got := range answers {
				if got.status == 200 {
					won++
					calls[i].isSignedIn(casey)
					continue
				}
				assert.Equal(t, 400, got.noCookie().status, "%v", got.body)
				calls[i].isNobody()
			}
			require.Equal(t, 1, won)
		}
	})
}

func TestSession_LosersLeaveNone(t *testing.T) {
	kept := newLedger()
	_, with := withSessions(kept)
	b := newPages(t, with).browse()
	b.signUp(casey)
	b.signIn(casey)
	for range 5 {
		sent, code := b.signInSent(paged, casey)
		var all sync.WaitGroup
		for range 16 { // of one browser: a form that was sent twice
			all.Go(func() { b.redeemCode(paged, sent, code) })
		}
		all.Wait()
		assert.Equal(t, 1, kept.live())
		b.isSignedIn(casey)
	}
}

// newFaulty mounts an API whose sessions are in a place that can be put out of order.
func newFaulty(t *testing.T) (*world, *fault, *ledger) {
	kept := newLedger()
	broken := &fault{State: kept}
	_, with := withSessions(broken)
	return newPages(t, with), broken, kept
}

// isOutage checks an answer of the API, or of RequireSession, that says that something is out of order.
func (a answer) isOutage(m mode, began time.Time) {
	a.t.Helper()
	want, code := 503, "temporarily_unavailable"
	if m == panics {
		want, code = 500, "server_error"
	}
	require.Equal(a.t, want, a.noCookie().status, "%v", a.body)
	assert.Equal(a.t, code, a.body["error"])
	assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"))
	assert.Less(a.t, time.Since(began), soon)
	if want == 503 {
		assert.NotEmpty(a.t, a.header.Get("Retry-After"))
	}
	for _, word := range leaks {
		assert.NotContains(a.t, fmt.Sprint(a.body["error_description"]), word)
	}
}

// Each call that a sign-in makes of the place of sessions is put out of order, in each way.
func TestSession_NothingIsHalfDoneWhileItsStoreIsDown(t *testing.T) {
	const (
		beforeTheFlow = 3 // reads the session that the browser has; reads and writes the new one
		all           = 5 // reads and ends the one that the browser had
	)
	for _, m := range []mode{fails, hangs, sticks, panics} {
		for n := range all {
			t.Run(fmt.Sprintf("%s, call %d", m, n), func(t *testing.T) {
				t.Parallel()
				w, broken, kept := newFaulty(t)
				b := w.browse()
				b.signUp(casey)
				b.signUp("sam@contoso.com")
				b.signIn("sam@contoso.com") // whose session the browser has
				held := b.cookie()
				sent, code := b.signInSent(paged, casey)
				broken.arm(m, n)
				began := time.Now()
				b.redeemCode(paged, sent, code).isOutage(m, began)
				broken.mend()
				assert.Equal(t, held, b.cookie())
				b.isSignedIn("sam@contoso.com")
				if m == sticks {
					return // the step has gone on by itself, and nobody knows its session
				}
				assert.LessOrEqual(t, kept.live(), 2)
				again := b.redeemCode(paged, sent, code)
				if n < beforeTheFlow {
					again.session()
				} else {
					again.noCookie().badToken()
					b.signIn(casey)
				}
				b.isSignedIn(casey)
				b.hold(held)
				b.isNobody()
			})
		}
	}
}

// The same for the calls of the flow itself, after which the session was made.
func TestSession_IsDroppedIfTheFlowDoesNotEnd(t *testing.T) {
	kept := newLedger()
	_, with := withSessions(kept)
	broken := &fault{}
	w := newPages(t, with, func(c *handler.Config) { broken.State, broken.Users = c.State, c.Users; c.State = broken })
	w.signUp(casey)
	failed := 0
	for n := 0; ; n++ {
		b := w.browse()
		sent, code := w.signInSent(paged, casey)
		broken.arm(fails, n)
		began := time.Now()
		a := b.redeemCode(paged, sent, code)
		broken.mend()
		if a.status == 200 {
			break
		}
		failed++
		a.isOutage(fails, began)
		assert.Zero(t, kept.live())
		b.isNobody()
		b.redeemCode(paged, sent, code).session()
		b.logout().noBody()
	}
	assert.GreaterOrEqual(t, failed, 2)
	assert.Equal(t, 1, kept.live())
}

// R6: a sign-out is confirmed by the store, or did not happen.
func TestLogout_IsConfirmedByTheStore(t *testing.T) {
	for _, m := range []mode{fails, hangs, sticks, panics} {
		for n := range 3 { // reads, reads again, writes
			t.Run(fmt.Sprintf("%s, call %d", m, n), func(t *testing.T) {
				t.Parallel()
				w, broken, _ := newFaulty(t)
				b := w.browse()
				b.signUp(casey)
				b.signIn(casey)
				broken.arm(m, n)
				began := time.Now()
				b.logout("client_id", paged, "post_logout_redirect_uri", afterIt).isOutage(m, began)
				broken.mend()
				if m != sticks {
					b.isSignedIn(casey)
				}
				b.logout().noBody()
				b.isNobody()
			})
		}
	}
}

func TestRequireSession_TellsNobodyApartWhileAStoreIsDown(t *testing.T) {
	for _, m := range []mode{fails, hangs, panics} {
		for n := range 3 { // reads; reads again and writes before the answer
			t.Run(fmt.Sprintf("%s, call %d", m, n), func(t *testing.T) {
				t.Parallel()
				w, broken, _ := newFaulty(t)
				b := w.browse()
				b.signUp(casey)
				b.signIn(casey)
				broken.arm(m, n)
				began := time.Now()
				a := b.get("/me")
				broken.mend()
				if m == panics && n > 0 {
					assert.Equal(t, 503, a.status)
				} else {
					a.isOutage(m, began)
				}
				b.isSignedIn(casey)
			})
		}
		t.Run(string(m)+", users", func(t *testing.T) {
			t.Parallel()
			broken := &fault{}
			w := newPages(t, func(c *handler.Config) { broken.Users, broken.State = c.Users, c.State; c.Users = broken })
			b := w.browse()
			b.signUp(casey)
			b.signIn(casey)
			broken.arm(m, 0)
			began := time.Now()
			b.get("/me").isOutage(m, began)
			broken.mend()
			b.isSignedIn(casey)
		})
	}
}

func TestSignOut_SaysSoIfItCannot(t *testing.T) {
	w, broken, _ := newFaulty(t)
	b := w.browse()
	b.signUp(casey)
	b.signIn(casey)
	broken.arm(fails, 0)
	u, err := url.Parse(w.http.URL)
	require.NoError(t, err)
	r := request(t, w.http.URL, "")
	for _, c := range b.client.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	rw := &discarding{http.Header{}}
	assert.ErrorContains(t, w.auth.SignOut(rw, r), "handler: sign out: ")
	assert.Empty(t, rw.header)
	broken.mend()
	b.isSignedIn(casey)
	assert.NoError(t, w.auth.SignOut(rw, r))
	assert.Contains(t, rw.header.Get("Set-Cookie"), cookieName+"=;")
	b.isNobody()
}

// discarding is an answer of which the headers count.
type discarding struct{ header http.Header }

func (d *discarding) Header() http.Header         { return d.header }
func (d *discarding) Write(b []byte) (int, error) { return len(b), nil }
func (d *discarding) WriteHeader(int)             {}
