package handler

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/token"
)

// EventName says what has happened.
type EventName string

// The names of events, with the values that Event.Outcome has for each.
const (
	// EventStart is a flow that was opened: "sign-up", "sign-in", "password-reset" or "device".
	EventStart EventName = flow.EventStart
	// EventCodeSent is a code that was handed to the queue of Config.Sender, by what it is for: "sign-up", "sign-in",
	// "password-reset", "second-factor" or "registration"; or "notice" where HideAccounts sends that in its place.
	EventCodeSent EventName = flow.EventCodeSent
	// EventCodeFailed is a code that was wrong, expired or used, of whichever kind, also one that a device shows: "refused".
	EventCodeFailed EventName = flow.EventCodeFailed
	// EventCodeAccepted is a code that was right and is used up: what it was for, as with EventCodeSent, or
	// "device_approved" or "device_denied".
	EventCodeAccepted EventName = flow.EventCodeAccepted
	// EventSignIn is a sign-in that has ended in "tokens" or in a "session".
	EventSignIn EventName = flow.EventSignIn
	// EventSignInFailed is one that was refused, or a refresh that wants a new one: "credentials" (a wrong password, a
	// disabled account), "password_must_change", "no_account", "second_factor", or by the host's "grant" or "rule".
	EventSignInFailed EventName = flow.EventSignInFailed
	// EventLimitHit is a call that a limit has refused: "interval", "hour" or "day" of codes and devices, "password" or "code" of tries,
	// "starts" or "signals" of a client address; or that too many codes have failed, over the whole deployment: "alarm" (Limits.AlarmAt).
	EventLimitHit EventName = flow.EventLimitHit
	// EventReset is a forgotten password that its reset has replaced: "password_replaced".
	EventReset EventName = flow.EventReset
	// EventPasswordChanged is a new password of an account that had one: by "reset", "changed" (ChangePassword) or "set" (SetPassword).
	EventPasswordChanged EventName = flow.EventPasswordChanged
	// EventFactorChanged is a method for second factors: "added", "removed", made the "default", or new "recovery_codes".
	EventFactorChanged EventName = flow.EventFactorChanged
	// EventRefreshReuse is a refresh token that came again after its successor: one of the two was stolen. All that
	// descend from the sign-in were "ended".
	EventRefreshReuse EventName = flow.EventRefreshReuse
	// EventRevoke is an end of sessions: of one by "refresh_token" or "signed_out", or of all of an account by
	// "all_sessions" (EndSessions), "disabled" or "reset_required". A new password ends them, too.
	EventRevoke EventName = flow.EventRevoke
	// EventKeyRotated is a first signature with another key than the one before. Its outcome is the id of the key (kid).
	EventKeyRotated EventName = flow.EventKeyRotated
	// EventStoreFailure is a call that failed because of a store, the keys, the mail queue or a function of the host:
	// "temporarily_unavailable" or, where one has panicked, "server_error".
	EventStoreFailure EventName = flow.EventStoreFailure
)

// Event is something that has happened. It holds no code, password, token or whole address. Where HideAccounts is on it
// tells the host what callers do not learn. A sink that needs the whole address of a client finds in its context what
// the host's own middleware has put there.
type Event struct {
	Name          EventName
	Time          time.Time // UTC, by Config.Now
	CorrelationID string    // of the request, as its answer has it; "" for a method of Auth whose context is of no request: see WithRequest
	UserID        string    // of store.User, or that a sign-up will give; "" where nobody is known
	ClientID      string    // "" where none is known
	Address       string    // e-mail address or telephone number, masked; "" where none is known
	RemoteAddr    string    // the network that the call came from, "192.0.2.0/24" or "2001:db8:7::/48"; "" where none is known
	Outcome       string    // see each EventName
}

// LogValue is the event as the members of a group. What is not known is left out.
func (e Event) LogValue() slog.Value {
	all := []slog.Attr{
		slog.String("name", string(e.Name)), slog.Time("time", e.Time), slog.String("correlation_id", e.CorrelationID),
		slog.String("user_id", e.UserID), slog.String("client_id", e.ClientID), slog.String("address", e.Address),
		slog.String("remote_addr", e.RemoteAddr), slog.String("outcome", e.Outcome),
	}
	known := all[:0]
	for _, a := range all {
		if a.Value.Kind() != slog.KindString || a.Value.String() != "" {
			known = append(known, a)
		}
	}
	return slog.GroupValue(known...)
}

// EventSink hears of events: an audit log, metrics, a webhook.
//
// An event follows the write that has made it so, and comes once, however often a call is repeated; what was
// refused follows the answer. A sink is called after the answer of its request was sent and before the request is
// over (for Flows before the call returns, unless that takes too long), one event at a time for each request, by
// many goroutines at once. ctx is that of the request without its end, and ends after a second and a half: what
// takes longer belongs into a queue of the sink's own. A panic of a sink ends in a line of Config.Logger and is no
// other sink's matter. Events that a process that crashes has not handed over are lost.
type EventSink interface {
	Event(ctx context.Context, e Event)
}

// EventFunc is a function as an EventSink.
type EventFunc func(ctx context.Context, e Event)

// Event calls f.
func (f EventFunc) Event(ctx context.Context, e Event) { f(ctx, e) }

// LogEvents returns a sink that writes each event to a log, as a group "event": as warnings those that somebody
// should look at (refresh_reuse, store_failure, an alarm), all others as information. Give it a logger of its own, where
// Config.Logger has the causes of refusals already.
func LogEvents(l *slog.Logger) EventSink {
	return EventFunc(func(ctx context.Context, e Event) {
		level := slog.LevelInfo
		if e.Name == EventRefreshReuse || e.Name == EventStoreFailure || e.Name == EventLimitHit && e.Outcome == "alarm" {
			level = slog.LevelWarn
		}
		l.LogAttrs(ctx, level, "nativeauth: "+string(e.Name), slog.Any("event", e))
	})
}

// trail is what a request has to tell when it is answered.
type trail struct {
	mu     sync.Mutex // a step may be stuck while its request is answered
	about  flow.Subject
	events []Event
}

// trailKey is where the context of a step holds its trail.
type trailKey struct{}

func trailOf(ctx context.Context) *trail {
	t, _ := ctx.Value(trailKey{}).(*trail)
	return t
}

// listens tells whether anybody wants to hear of events.
func (a *Auth) listens() bool { return len(a.cfg.Events) > 0 }

// tell is what the engine calls when something has happened. Without a request it is told at once.
func (a *Auth) tell(ctx context.Context, ev flow.Event) {
	e := a.event(ev)
	t := trailOf(ctx)
	if t == nil {
		if of, known := ctx.Value(originKey{}).(origin); known {
			of.mark(&e)
		}
		a.deliver(ctx, []Event{e})
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, e)
}

// note is what the engine calls when it knows whom a call is about.
func (a *Auth) note(ctx context.Context, s flow.Subject) {
	if t := trailOf(ctx); t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.about = s
	}
}

func (a *Auth) event(ev flow.Event) Event {
	e := Event{
		Name: EventName(ev.Name), Time: a.cfg.Now().UTC(), UserID: ev.About.UserID, ClientID: ev.About.ClientID, Outcome: ev.Outcome,
	}
	if ev.About.Address != "" {
		e.Address = ev.About.Address.Mask()
	}
	return e
}

// alarmed is what the engine calls when so many codes have failed in an hour that all are left with one try.
func (a *Auth) alarmed(ctx context.Context, failed int64) {
	a.cfg.Logger.ErrorContext(ctx, "nativeauth: too many codes fail: each has one try for the hour to come", "failed", failed)
}

// missed is what the engine calls when something has failed beside a call that is answered all the same.
func (a *Auth) missed(ctx context.Context, err error) {
	a.cfg.Logger.LogAttrs(ctx, slog.LevelError, "nativeauth: something failed beside a call that went on", slog.Any("cause", err))
}

// known notes the client of a request.
func (x *exchange) known(clientID string) {
	x.clientID = clientID
	if x.trail != nil {
		x.auth.note(x.stepping(), flow.Subject{ClientID: clientID})
	}
}

// stepping is the context of the request with its trail.
func (x *exchange) stepping() context.Context {
	if x.trail == nil {
		return x.r.Context()
	}
	return context.WithValue(x.r.Context(), trailKey{}, x.trail)
}

// refused tells of a request that was refused, if that is an event.
func (x *exchange) refused(err error, e row) {
	if x.trail == nil {
		return
	}
	name, outcome := whatFailed(err, e)
	if name != "" && (name != EventSignInFailed || slices.Contains(signInPaths, x.path)) {
		x.trail.mu.Lock()
		about := x.trail.about
		x.trail.mu.Unlock()
		x.auth.tell(x.stepping(), flow.Event{Name: string(name), About: about, Outcome: outcome})
	}
}

// signInPaths are where a sign-in can fail. What fails in the same words elsewhere is none.
var signInPaths = []string{pathSignInStart, pathSignInChallenge, pathToken, pathAuth0Token, pathMFAChallenge, pathOTPToken}

// failures are the refusals that are events. The first that is so counts.
var failures = []struct {
	cause   error
	name    EventName
	outcome string
}{
	{flow.ErrRefreshReused, EventRefreshReuse, "ended"},
	{flow.ErrLocked, EventLimitHit, "password"},
	{flow.ErrCodeWrong, EventCodeFailed, "refused"},
	{flow.ErrUserCode, EventCodeFailed, "refused"},
	{flow.ErrMustChange, EventSignInFailed, "password_must_change"},
	{flow.ErrSecondFactor, EventSignInFailed, "second_factor"},
	{flow.ErrOtherMethod, EventSignInFailed, "second_factor"},
	{flow.ErrNotEnrolled, EventSignInFailed, "second_factor"},
	{flow.ErrGrantRefused, EventSignInFailed, "grant"},
	{flow.ErrDenied, EventSignInFailed, "rule"},
	{flow.ErrCredentials, EventSignInFailed, "credentials"},
	{flow.ErrUserNotFound, EventSignInFailed, "no_account"},
}

// whatFailed says which event an error is, and its outcome; none if it is none.
func whatFailed(err error, e row) (EventName, string) {
	if soon, ok := errors.AsType[*flow.TooSoonError](err); ok {
		switch {
		case soon.Of != "":
			return EventLimitHit, soon.Of
		case soon.OfDay:
			return EventLimitHit, "day"
		case soon.OfHour:
			return EventLimitHit, "hour"
		}
		return EventLimitHit, "interval"
	}
	switch {
	case e.Status >= http.StatusInternalServerError:
		return EventStoreFailure, e.Code
	case errors.Is(err, flow.ErrTooOften) && errors.Is(err, flow.ErrCodeWrong):
		return EventLimitHit, "code"
	case errors.Is(err, flow.ErrTooOften):
		return EventLimitHit, "password"
	}
	for _, f := range failures {
		if errors.Is(err, f.cause) {
			return f.name, f.outcome
		}
	}
	return "", ""
}

// tellAll sends the answer on its way and hands over what the request has to tell: no sink holds it up.
func (x *exchange) tellAll() {
	if x.trail == nil {
		return
	}
	x.trail.mu.Lock()
	some := len(x.trail.events) > 0
	x.trail.mu.Unlock()
	if some {
		_ = http.NewResponseController(x.w).Flush() // without it the answer waits for the sinks
		x.report()
	}
}

// report hands over what a request has to tell, which has been answered.
func (x *exchange) report() {
	if x.trail == nil {
		return
	}
	x.trail.mu.Lock()
	events := x.trail.events
	x.trail.events = nil
	x.trail.mu.Unlock()
	of := origin{correlation: x.correlation, from: x.from()}
	for i := range events {
		of.mark(&events[i])
	}
	x.auth.deliver(x.r.Context(), events)
}

// deliver hands events to all who listen.
func (a *Auth) deliver(ctx context.Context, events []Event) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	for _, e := range events {
		for _, sink := range a.cfg.Events {
			a.hand(ctx, sink, e)
		}
	}
}

// hand gives an event to a sink, which may panic.
func (a *Auth) hand(ctx context.Context, sink EventSink, e Event) {
	defer func() { _ = recover() }() // of a Logger: what has happened must not be undone by it
	var err error
	func() {
		defer recovered(&err)
		sink.Event(ctx, e)
	}()
	if err != nil {
		a.cfg.Logger.LogAttrs(ctx, slog.LevelError, "nativeauth: a sink of events failed",
			slog.String("event", string(e.Name)), slog.String("correlation_id", e.CorrelationID), slog.Any("cause", err))
	}
}

// called tells of a call of the host that was refused, and returns its error.
func (a *Auth) called(ctx context.Context, userID string, err error) error {
	if err != nil && a.listens() {
		if name, outcome := whatFailed(err, row{}); name != "" {
			a.tell(ctx, flow.Event{Name: string(name), About: flow.Subject{UserID: userID}, Outcome: outcome})
		}
	}
	return err
}

// troubled logs and tells of a request to a route of the host that is answered with 500 or 503.
func (a *Auth) troubled(r *http.Request, what string, err error) {
	a.cfg.Logger.ErrorContext(r.Context(), what, "cause", err)
	if a.listens() {
		a.tell(a.WithRequest(r.Context(), r), flow.Event{Name: flow.EventStoreFailure, Outcome: rowOf(err).Code})
	}
}

// watchedKeys are keys whose signing key is looked at.
type watchedKeys struct {
	token.Keys
	auth *Auth
	last atomic.Pointer[string]
}

// watchKeys returns the keys of the host, watched if anybody wants to hear of a new one.
func (a *Auth) watchKeys(keys token.Keys) token.Keys {
	if !a.listens() {
		return keys
	}
	return &watchedKeys{Keys: keys, auth: a}
}

// rotationKept is longer than a key is in use that another instance may see later.
const rotationKept = 30 * 24 * time.Hour

// SigningKey returns the key of the host. Of the instances that see a new one, one tells of it: the first.
func (k *watchedKeys) SigningKey(ctx context.Context) (jose.SigningKey, error) {
	key, err := k.Keys.SigningKey(ctx)
	if err != nil {
		return key, err
	}
	id := token.KeyID(key)
	before := k.last.Load()
	if before != nil && *before == id {
		return key, nil
	}
	if !k.last.CompareAndSwap(before, &id) || before == nil {
		return key, nil
	}
	n, err := k.auth.cfg.State.Add(ctx, fmt.Sprintf("key-rotated/%x", sha256.Sum256([]byte(*before+"\x00"+id))), 1, rotationKept)
	if err != nil || n.Value == 1 { // told twice rather than not at all
		k.auth.tell(ctx, flow.Event{Name: flow.EventKeyRotated, Outcome: id})
	}
	return key, nil
}
