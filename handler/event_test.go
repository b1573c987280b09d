package handler_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Rule G2: 14 events, once each, with whom they are about.

// ear keeps the events that it hears.
type ear struct {
	mu   sync.Mutex
	list []handler.Event
}

func (h *ear) Event(_ context.Context, e handler.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, e)
}

// withEar lets an ear hear of events.
func withEar(h *ear) func(*handler.Config) {
	return func(c *handler.Config) { c.Events = append(c.Events, h) }
}

// heard returns the events since the last time, when all requests have come to their end.
func (w *world) heard(h *ear) (list []handler.Event) {
	w.Helper()
	w.settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	list, h.list = h.list, nil
	return list
}

// said returns those events as "name outcome".
func (w *world) said(h *ear) (list []string) {
	w.Helper()
	for _, e := range w.heard(h) {
		list = append(list, string(e.Name)+" "+e.Outcome)
	}
	return list
}

// named returns those of one name.
func named(list []handler.Event, name handler.EventName) []handler.Event {
	return slices.DeleteFunc(slices.Clone(list), func(e handler.Event) bool { return e.Name != name })
}

func newEar(t *testing.T, change ...func(*handler.Config)) (*world, *ear) {
	t.Helper()
	h := &ear{}
	return newWorld(t, append(change, withEar(h))...), h
}

const maskedCasey = "c***y@c***o.c***"

func TestEvents_OfASignUpAndASignIn(t *testing.T) {
	w, h := newEar(t)
	sent, code := w.signUpSent(plain, casey)
	w.signUpCode(plain, sent, otherCode(code)).wrongCode()
	done := w.signUpCode(plain, sent, code)
	w.redeemToken(plain, done.ok()).tokens()
	w.redeemToken(plain, done.ok()).badToken()
	list := w.heard(h)
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	var said []string
	for _, e := range list {
		said = append(said, string(e.Name)+" "+e.Outcome)
		assert.Equal(t, u.ID, e.UserID, e.Name)
		assert.Equal(t, plain, e.ClientID, e.Name)
		assert.Equal(t, maskedCasey, e.Address, e.Name)
		assert.Equal(t, w.clock.now(), e.Time, e.Name)
		assert.Equal(t, time.UTC, e.Time.Location(), e.Name)
		assert.Len(t, e.CorrelationID, 36, e.Name)
	}
	assert.Equal(t, []string{"start sign-up", "code_sent sign-up", "code_failed refused", "code_accepted sign-up", "sign_in tokens"}, said)
	assert.Equal(t, done.header.Get("client-request-id"), list[3].CorrelationID, "the one that the answer names")

	w.signIn(casey)
	assert.Equal(t, []string{"start sign-in", "code_sent sign-in", "code_accepted sign-in", "sign_in tokens"}, w.said(h))
}

func TestEvents_OfRefusals(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*handler.Config)
		call   func(w *world, ready func())
		want   []string
	}{
		"no account": {nil, func(w *world, ready func()) {
			ready()
			w.signInStart(plain, "nobody@contoso.com").refused(400, "user_not_found", "", 50034)
		}, []string{"sign_in_failed no_account"}},
		"no account to reset": {nil, func(w *world, ready func()) {
			ready()
			w.resetStart(keyed, "nobody@contoso.com").refused(400, "user_not_found", "", 50034)
		}, nil},
		"a wrong password": {nil, func(w *world, ready func()) {
			token := w.askedPassword(keyed, casey)
			ready()
			w.redeemPassword(keyed, token, busyHarbor).refused(400, "invalid_grant", "", 50126)
		}, []string{"sign_in_failed credentials"}},
		"a password tried too often": {nil, func(w *world, ready func()) {
			token := w.askedPassword(keyed, casey)
			for range 10 {
				w.redeemPassword(keyed, token, busyHarbor)
			}
			ready()
			w.redeemPassword(keyed, token, harbor).refused(400, "invalid_grant", "", 50126)
		}, []string{"limit_hit password"}},
		"a disabled account": {nil, func(w *world, ready func()) {
			token, code := w.signInSent(plain, casey)
			w.update(casey, func(u *store.User) { u.Disabled = true })
			ready()
			w.redeemCode(plain, token, code).refused(400, "invalid_grant", "", 50126)
		}, []string{"sign_in_failed credentials"}},
		"a password that must change": {nil, func(w *world, ready func()) {
			token := w.askedPassword(keyed, casey)
			w.update(casey, func(u *store.User) { u.MustChangePassword = true })
			ready()
			w.redeemPassword(keyed, token, harbor).refused(400, "invalid_request", "", 50142)
		}, []string{"sign_in_failed password_must_change"}},
		"a code tried too often": {nil, func(w *world, ready func()) {
			token, code := w.signInSent(plain, casey)
			for range 5 {
				w.redeemCode(plain, token, otherCode(code))
			}
			ready()
			w.redeemCode(plain, token, code).wrongCode()
		}, []string{"limit_hit code"}},
		"a code too soon": {withInterval(0), func(w *world, ready func()) {
			token, _ := w.signInSent(plain, casey)
			ready()
			w.signInChallenge(plain, token).refused(429, "temporarily_unavailable", "", 90055)
		}, []string{"limit_hit interval"}},
		"the password grant": {withOwners, func(w *world, ready func()) {
			ready()
			w.own(legacyApp, casey, busyHarbor).refused(400, "invalid_grant", "", 50126)
			w.own(legacyApp, casey, harbor).tokens()
		}, []string{"sign_in_failed credentials", "sign_in tokens"}},
		"Auth0's password grant": {withAuth0, func(w *world, ready func()) {
			ready()
			w.give(passwordApp, casey, busyHarbor).wrong0()
			w.give(passwordApp, casey, harbor).tokens()
		}, []string{"sign_in_failed credentials", "sign_in tokens"}},
	} {
		t.Run(name, func(t *testing.T) {
			change := row.change
			if change == nil {
				change = func(*handler.Config) {}
			}
			w, h := newEar(t, change)
			w.enrol(casey, harbor)
			w.clock.pass(2 * time.Minute)
			row.call(w, func() { w.heard(h) })
			list := w.heard(h)
			var said []string
			u, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			for _, e := range list {
				said = append(said, string(e.Name)+" "+e.Outcome)
				assert.NotEmpty(t, e.ClientID)
				assert.Len(t, e.CorrelationID, 36)
				if e.Outcome != "no_account" {
					assert.Equal(t, u.ID, e.UserID)
					assert.Equal(t, maskedCasey, e.Address)
				}
			}
			assert.Equal(t, row.want, said)
		})
	}
}

func TestEvents_OfAReset(t *testing.T) {
	w, h := newEar(t)
	w.enrol(casey, harbor)
	w.heard(h)
	proven := w.proven(casey)
	submitted := w.resetSubmit(keyed, proven, busyHarbor).ok()
	w.resetPoll(keyed, submitted).ok()
	done := w.resetPoll(keyed, submitted).ok() // again, as clients do
	w.redeemToken(keyed, done).tokens()
	assert.Equal(t, []string{
		"start password-reset", "code_sent password-reset", "code_accepted password-reset",
		"password_changed reset", "reset password_replaced", "sign_in tokens",
	}, w.said(h))
}

func TestEvents_OfWhatAHostDoesToAnAccount(t *testing.T) {
	w, h := newEar(t)
	w.enrol(casey, harbor)
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	w.heard(h)
	ctx, id := t.Context(), u.ID
	require.ErrorIs(t, w.auth.ChangePassword(ctx, id, busyHarbor, "a third harbour"), handler.ErrWrongPassword)
	require.NoError(t, w.auth.ChangePassword(ctx, id, harbor, busyHarbor))
	require.Error(t, w.auth.SetPassword(ctx, id, "short"))
	require.NoError(t, w.auth.SetPassword(ctx, id, "another harbour"))
	m, err := w.auth.AddMethod(ctx, id, store.MethodEmail, "second@contoso.com")
	require.NoError(t, err)
	require.NoError(t, w.auth.SetDefaultMethod(ctx, id, m.ID))
	require.NoError(t, w.auth.RemoveMethod(ctx, id, m.ID))
	require.Error(t, w.auth.RemoveMethod(ctx, id, m.ID))
	_, err = w.auth.NewRecoveryCodes(ctx, id)
	require.NoError(t, err)
	require.NoError(t, w.auth.EndSessions(ctx, id))
	require.NoError(t, w.auth.RequirePasswordReset(ctx, id))
	require.NoError(t, w.auth.Disable(ctx, id))
	require.NoError(t, w.auth.Enable(ctx, id))
	list := w.heard(h)
	var said []string
	for _, e := range list {
		said = append(said, string(e.Name)+" "+e.Outcome)
		assert.Equal(t, id, e.UserID)
		assert.Empty(t, e.CorrelationID, "no request")
	}
	assert.Equal(t, []string{
		"sign_in_failed credentials", "password_changed changed", "password_changed set",
		"factor_changed added", "factor_changed default", "factor_changed removed", "factor_changed recovery_codes",
		"revoke all_sessions", "revoke reset_required", "revoke disabled",
	}, said)
}

func TestEvents_OfRefreshTokens(t *testing.T) {
	w, h := newEar(t)
	w.signUp(casey)
	first := w.signIn(casey).text("refresh_token")
	other := w.signIn(casey).text("refresh_token")
	w.heard(h)
	w.refresh(plain, first).tokens()
	w.refresh(plain, first).tokens() // within the grace
	assert.Empty(t, w.said(h), "a refresh is no sign-in")
	w.clock.pass(time.Minute)
	w.refresh(plain, first).refused(400, "invalid_grant", "bad_token", 70000)
	w.refresh(plain, first).refused(400, "invalid_grant", "bad_token", 70000)
	list := w.heard(h)
	require.Len(t, list, 1, "the family ends once")
	assert.Equal(t, handler.EventRefreshReuse, list[0].Name)
	assert.NotEmpty(t, list[0].UserID)
	assert.Equal(t, plain, list[0].ClientID)
	w.post("/oauth2/revoke", "client_id", plain, "token", other)
	w.post("/oauth2/revoke", "client_id", plain, "token", other)
	assert.Equal(t, []string{"revoke refresh_token"}, w.said(h))
}

func TestEvents_OfASecondFactor(t *testing.T) {
	w, h := newEar(t, secondFactors)
	w.person(casey)
	w.heard(h)
	token := w.kinds(fresh, w.first(fresh, casey).wants("registration_required")).ok()
	token, code := w.nextCode(func() answer { return w.register(fresh, token, number) })
	token = w.registerCode(fresh, token, code).ok()
	w.redeemToken(fresh, token).tokens()
	list := w.heard(h)
	var said []string
	for _, e := range list {
		said = append(said, string(e.Name)+" "+e.Outcome)
		assert.NotContains(t, e.Address, number[3:])
	}
	assert.Equal(t, []string{
		"start sign-in", "code_sent registration", "factor_changed added", "code_accepted registration", "sign_in tokens",
	}, said)
	w.clock.pass(2 * time.Minute)
	token = w.first(fresh, casey).wants("mfa_required")
	token, code = w.nextCode(func() answer { return w.signInChallenge(fresh, token) })
	w.redeemSecond(fresh, token, otherCode(code))
	w.redeemSecond(fresh, token, code).tokens()
	assert.Equal(t, []string{
		"start sign-in", "code_sent second-factor", "code_failed refused", "code_accepted second-factor", "sign_in tokens",
	}, w.said(h))
}

func TestEvents_OfTheSiblings(t *testing.T) {
	t.Run("a session", func(t *testing.T) {
		h := &ear{}
		w := newPages(t, withEar(h))
		w.signUp(casey)
		w.heard(h)
		b := w.browse()
		b.signIn(casey)
		b.logout()
		assert.Equal(t, []string{"start sign-in", "code_sent sign-in", "code_accepted sign-in", "sign_in session", "revoke signed_out"}, w.said(h))
	})
	t.Run("Tencent CIAM", func(t *testing.T) {
		w, h := newEar(t, withTencent)
		w.signUp(casey)
		w.heard(h)
		f := w.otpSent(byMail(casey))
		w.tencent(otpToken, f.with("otp", "00000000")).badOTP()
		w.tencent(otpToken, f)
		assert.Equal(t, []string{"start sign-in", "code_sent sign-in", "code_failed refused", "code_accepted sign-in", "sign_in tokens"}, w.said(h))
	})
	t.Run("a device", func(t *testing.T) {
		h := &ear{}
		w, access := newDevices(t, withEar(h))
		w.heard(h)
		d := w.device(television)
		w.decide(access, otherUserCode(d.user), "approve")
		w.decide(access, d.user, "approve")
		w.poll(television, d.device).tokens()
		assert.Equal(t, []string{"start device", "code_failed refused", "code_accepted device_approved", "sign_in tokens"}, w.said(h))
	})
}

// Of parallel calls with the right code one signs in, and one event says so.
func TestEvents_OfParallelCallsAreOfTheOneThatWon(t *testing.T) {
	w, h := newEar(t)
	w.signUp(casey)
	token, code := w.signInSent(plain, casey)
	w.heard(h)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() { w.redeemCode(plain, token, code) })
	}
	all.Wait()
	list := w.heard(h)
	assert.Len(t, named(list, handler.EventSignIn), 1)
	assert.Len(t, named(list, handler.EventCodeAccepted), 1)
}

// brittle is a state in which nothing can be written as long as it is broken.
type brittle struct {
	store.State
	broken *atomic.Bool
}

func (b brittle) Put(ctx context.Context, key string, e store.Entry) error {
	if b.broken.Load() {
		return errors.New("out of order")
	}
	return b.State.Put(ctx, key, e)
}

// What was not written has not happened.
func TestEvents_FollowTheWrite(t *testing.T) {
	broken := new(atomic.Bool)
	w, h := newEar(t, func(c *handler.Config) { c.State = brittle{c.State, broken} })
	w.signUp(casey)
	token, code := w.signInSent(plain, casey)
	w.heard(h)
	broken.Store(true)
	w.redeemCode(plain, token, code).refused(503, "temporarily_unavailable", "", 90033)
	assert.Equal(t, []string{"store_failure temporarily_unavailable"}, w.said(h))
	broken.Store(false)
	w.redeemCode(plain, token, code).tokens()
	assert.Equal(t, []string{"code_accepted sign-in", "sign_in tokens"}, w.said(h))
}

// The host hears the truth about accounts that callers do not.
func TestEvents_WithHiddenAccounts(t *testing.T) {
	w, h := newEar(t, hidden)
	w.enrol(casey, harbor)
	w.heard(h)
	for _, user := range []string{casey, "nobody@contoso.com"} {
		sent := w.mail.count()
		token := w.signInChallenge(plain, w.signInStart(plain, user).ok()).ok()
		w.mail.take(sent + 1)
		w.redeemCode(plain, token, "00000000").wrongCode()
		w.redeemPassword(keyed, w.askedPassword(keyed, user), busyHarbor).refused(400, "invalid_grant", "", 50126)
		list := w.heard(h)
		var said []string
		for _, e := range list {
			said = append(said, string(e.Name))
		}
		assert.Equal(t, []string{"start", "code_sent", "code_failed", "start", "sign_in_failed"}, said, "no sink tells by its time who has an account")
		assert.Equal(t, user == casey, list[1].Outcome != "notice")
		assert.Equal(t, user == casey, list[2].UserID != "")
	}
}

func TestEvents_OfANewKeyOnceForAllInstances(t *testing.T) {
	h := &ear{}
	r := newRing(t, es256(t, "old"), es256(t, "new"))
	same := func(c *handler.Config) { c.Keys = r }
	a := newWorld(t, same, withEar(h))
	b := a.sibling(same, withEar(h))
	a.signUp(casey)
	a.signIn(casey)
	b.settle()
	assert.Empty(t, named(a.heard(h), handler.EventKeyRotated))
	r.set(func() { r.keys[0], r.keys[1] = r.keys[1], r.keys[0] })
	for _, w := range []*world{a, b, a, b} {
		w.signIn(casey)
	}
	b.settle()
	list := named(a.heard(h), handler.EventKeyRotated)
	require.Len(t, list, 1)
	assert.Equal(t, "new", list[0].Outcome)
}

// A sink that panics is logged and harms nothing, the other sinks neither; one that is slow holds up no answer.
func TestEvents_SurviveTheirSinks(t *testing.T) {
	h, log, held := &ear{}, &lines{}, make(chan struct{})
	w := newWorld(t, func(c *handler.Config) {
		c.Logger = textLogger(log)
		c.Events = []handler.EventSink{
			handler.EventFunc(func(context.Context, handler.Event) { panic("a nil map") }),
			handler.EventFunc(func(_ context.Context, e handler.Event) {
				if e.Name == handler.EventSignIn {
					<-held
				}
			}),
			h,
		}
	})
	w.signUp(casey)
	w.signIn(casey) // is answered, although a sink does not come back
	close(held)
	assert.Contains(t, w.said(h), "sign_in tokens")
	assert.Contains(t, log.String(), "a sink of events failed")
	assert.Contains(t, log.String(), "a nil map")
}

func TestLogEvents_WritesWhatIsKnown(t *testing.T) {
	log := &lines{}
	sink := handler.LogEvents(textLogger(log))
	sink.Event(t.Context(), handler.Event{Name: handler.EventSignIn, Time: newClock().now(), UserID: "u1", Outcome: "tokens"})
	sink.Event(t.Context(), handler.Event{Name: handler.EventRefreshReuse, Time: newClock().now(), Address: maskedCasey})
	text := strings.Split(log.String(), "\n")
	assert.Contains(t, text[0], "level=INFO")
	assert.Contains(t, text[0], `msg="nativeauth: sign_in" event.name=sign_in event.time=2026-03-01T10:15:00.000Z event.user_id=u1 event.outcome=tokens`)
	assert.Contains(t, text[1], "level=WARN")
	assert.Contains(t, text[1], "event.address="+maskedCasey)
}

// textLogger writes to lines, at every level.
func textLogger(l *lines) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
