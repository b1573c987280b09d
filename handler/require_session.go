package handler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nativeauth/nativeauth/adapters/scsstore"
	"github.com/nativeauth/nativeauth/internal/flow"
)

// SessionOption changes what RequireSession does.
type SessionOption func(*sessionGuard)

// SignInPage sends those without a session to a page of the host (303), in place of the 401.
func SignInPage(url string) SessionOption { return func(g *sessionGuard) { g.page = url } }

// RequireSession returns a middleware that lets a request through if it comes with the session of somebody
// who is signed in: CallerFrom then says who. Others get 401, or are sent to the SignInPage; requests that
// could change something (not GET, HEAD or OPTIONS) and come from a page of another origin get 403; and while
// it cannot be told who is signed in the answer is 503 with Retry-After.
//
// The user is read at every request: the session of somebody who was disabled or removed since, or whose
// sessions were ended, on any instance, is over at once. The middleware loads and saves the session, so that
// the host can keep values of its own there by the methods of Config.Sessions; but for a host that has all of
// its routes behind scs's LoadAndSave, which then does that.
//
// RequireSession panics if no client has Cookies: no session could pass.
func (a *Auth) RequireSession(options ...SessionOption) func(http.Handler) http.Handler {
	if !a.cfg.hasCookies() {
		panic("handler: RequireSession: no client has Cookies")
	}
	g := &sessionGuard{auth: a}
	for _, o := range options {
		o(g)
	}
	return g.middleware
}

// WithSession returns a middleware for pages that people see whether or not they are signed in, as those on which Flows
// sign them in: CallerFrom says who is, if somebody is. In all else it does what RequireSession does, with the same
// protection from pages of other origins; a visitor of whom nothing has to be kept gets no cookie. It panics if no
// client has Cookies.
func (a *Auth) WithSession() func(http.Handler) http.Handler {
	if !a.cfg.hasCookies() {
		panic("handler: WithSession: no client has Cookies")
	}
	return (&sessionGuard{auth: a, open: true}).middleware
}

// sessionGuard is a RequireSession with its options, or a WithSession.
type sessionGuard struct {
	auth *Auth
	page string // "" means 401
	open bool   // to those without a session, too
}

func (g *sessionGuard) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, next) })
}

var errNoSession = errors.New("nobody is signed in")

func (g *sessionGuard) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	a := g.auth
	w.Header().Add("Vary", "Cookie")
	if err := sameOrigin(r); err != nil {
		a.cfg.Logger.InfoContext(r.Context(), "nativeauth: request refused", "cause", err)
		refuseOrigin.send(w)
		return
	}
	ctx, cancel := stepContext(r)
	defer cancel()
	loaded, theirs, err := a.session(ctx, r)
	var caller Caller
	if err == nil {
		caller, err = a.callerOfSession(loaded)
	}
	if errors.Is(err, flow.ErrSessionOver) {
		a.cfg.Logger.InfoContext(r.Context(), "nativeauth: session ended", "cause", err)
		err = g.end(loaded, w, r, theirs)
	}
	kept := within{r.Context(), loaded}
	switch {
	case err == nil:
		g.pass(context.WithValue(kept, callerKey{}, caller), w, r, next, theirs)
	case errors.Is(err, errNoSession) && g.open:
		g.pass(kept, w, r, next, theirs)
	case errors.Is(err, errNoSession):
		g.refuse(w, r)
	case errors.Is(err, errPanic):
		a.troubled(r, "nativeauth: session not checked", err)
		refusePanic.send(w)
	default:
		a.troubled(r, "nativeauth: session not checked", err)
		refuseSessions.send(w)
	}
}

// pass hands a request on, with its session, which is saved before the answer unless somebody else does that.
func (g *sessionGuard) pass(ctx context.Context, w http.ResponseWriter, r *http.Request, next http.Handler, theirs bool) {
	r = r.WithContext(g.auth.WithRequest(ctx, r))
	if theirs {
		next.ServeHTTP(w, r)
		return
	}
	sw := &sessionWriter{ResponseWriter: w, save: func() bool { return g.auth.saveSession(w, r) }}
	next.ServeHTTP(sw, r)
	sw.begin()
}

// refuse answers who has no session.
func (g *sessionGuard) refuse(w http.ResponseWriter, r *http.Request) {
	if g.page == "" {
		refuseNobody.send(w)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, g.page, http.StatusSeeOther)
}

// end removes a session that is over, whether or not that works, and says that there is none.
func (g *sessionGuard) end(ctx context.Context, w http.ResponseWriter, r *http.Request, theirs bool) error {
	m := g.auth.cfg.Sessions
	err := m.Destroy(ctx)
	switch {
	case err != nil && g.open: // what is in it must not go on
		return fmt.Errorf("end session: %w", err)
	case err != nil:
		g.auth.troubled(r, "nativeauth: session not removed", err)
	case !theirs && !g.open: // or else it is saved at the end
		m.WriteSessionCookie(ctx, w, "", time.Time{})
	}
	return errNoSession
}

// resume judges the session in a context.
func (a *Auth) resume(ctx context.Context) (s flow.Session, err error) {
	defer recovered(&err)
	m := a.cfg.Sessions
	if !m.Exists(ctx, sessionName) {
		return s, errNoSession
	}
	s, ok := signedIn(ctx, m)
	c, known := a.clients[s.Client]
	if !ok || !known || c.config.Disabled || !c.config.Cookies {
		return s, fmt.Errorf("%w: the client is gone", flow.ErrSessionOver)
	}
	return s, a.engine.Resume(ctx, &c.flow, s)
}

// callerOfSession returns who is signed in with the session in a context.
func (a *Auth) callerOfSession(ctx context.Context) (Caller, error) {
	s, err := a.resume(ctx)
	if err != nil {
		return Caller{}, err
	}
	amr := make([]any, len(s.AMR))
	for i, method := range s.AMR {
		amr[i] = method
	}
	claims := map[string]any{"sub": s.User, "client_id": s.Client, "auth_time": float64(s.AuthTime), "amr": amr}
	if s.ACR != "" {
		claims["acr"] = s.ACR
	}
	return Caller{UserID: s.User, ClientID: s.Client, Claims: claims}, nil
}

// saveSession writes the session of a request, and its cookie, before the answer begins. It returns false
// after it has answered that this is not possible. A session that was ended meanwhile stays so, and what
// was asked for while it was good is answered.
func (a *Auth) saveSession(w http.ResponseWriter, r *http.Request) bool {
	if a.cfg.Sessions.Status(r.Context()) == scs.Unmodified { // of a visitor: there is nothing to keep
		return true
	}
	token, expiry, err := a.commitSession(r)
	switch {
	case errors.Is(err, scsstore.ErrEnded):
	case err != nil:
		a.troubled(r, "nativeauth: session not saved", err)
		for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified", "Location"} {
			w.Header().Del(name) // they were about the host's answer
		}
		refuseSessions.send(w)
		return false
	default:
		a.cfg.Sessions.WriteSessionCookie(r.Context(), w, token, expiry)
	}
	return true
}

// commitSession returns the token that the browser is to have; none, and no expiry, if the host has
// signed out.
func (a *Auth) commitSession(r *http.Request) (token string, expiry time.Time, err error) {
	defer recovered(&err)
	ctx, cancel := stepContext(r) // also for a caller that has hung up
	defer cancel()
	if a.cfg.Sessions.Status(ctx) == scs.Destroyed {
		return "", time.Time{}, nil
	}
	return a.cfg.Sessions.Commit(ctx)
}

// sessionWriter saves the session before the first byte of the answer.
type sessionWriter struct {
	http.ResponseWriter
	save           func() bool
	begun, refused bool
}

func (s *sessionWriter) begin() {
	if !s.begun {
		s.begun = true
		s.refused = !s.save()
	}
}

func (s *sessionWriter) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols { // the answer is still to come
		s.ResponseWriter.WriteHeader(status)
		return
	}
	if s.begin(); !s.refused {
		s.ResponseWriter.WriteHeader(status)
	}
}

func (s *sessionWriter) Write(b []byte) (int, error) {
	if s.begin(); s.refused {
		return len(b), nil
	}
	return s.ResponseWriter.Write(b)
}

// FlushError is what http.ResponseController looks for.
func (s *sessionWriter) FlushError() error {
	s.begin()
	return http.NewResponseController(s.ResponseWriter).Flush()
}

// Flush makes it an http.Flusher, for handlers that look for one.
func (s *sessionWriter) Flush() { _ = s.FlushError() }

// Unwrap leads http.ResponseController to the rest.
func (s *sessionWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

var (
	refuseNobody   = &refusal{status: http.StatusUnauthorized, code: "unauthorized", description: "Nobody is signed in."}
	refuseOrigin   = &refusal{status: http.StatusForbidden, code: "access_denied", description: "The request comes from another origin."}
	refuseSessions = &refusal{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", description: "The session cannot be used now."}
)
