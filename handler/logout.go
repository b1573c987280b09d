package handler

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// logout signs out whose session the request came with: RP-Initiated Logout 1.0, for requests of the own
// origin and by POST only, since a link on a page of somebody else must not end a session. A mistake in
// the request is told before anything was done.
func (x *exchange) logout() (any, error) {
	if x.auth.cfg.Sessions == nil {
		return nil, errNoRoute
	}
	f, err := readForm(x.w, x.r)
	x.correlate(f.CorrelationID)
	if err != nil {
		return nil, err
	}
	if err := sameOrigin(x.r); err != nil {
		return nil, err
	}
	target, err := x.auth.afterLogout(f)
	if err != nil {
		return nil, err
	}
	defer x.watch()()
	ctx, cancel := x.stepContext()
	defer cancel()
	forget, err := x.auth.signOut(ctx, x.r)
	if err != nil {
		return nil, err
	}
	if target == "" {
		return headed{http.StatusOK, forget, struct{}{}}, nil
	}
	return headed{http.StatusSeeOther, func(w http.ResponseWriter) {
		forget(w)
		w.Header().Set("Location", target)
	}, struct{}{}}, nil
}

// afterLogout is where a sign-out leads: nowhere, or to one of the client's own pages, with the state that
// came along.
func (a *Auth) afterLogout(f form) (string, error) {
	if f.AfterLogout == "" {
		return "", nil
	}
	if !isClientID(f.ClientID) {
		return "", errClientID
	}
	c, ok := a.clients[f.ClientID]
	if !ok {
		return "", errClient
	}
	if !slices.Contains(c.config.LogoutURIs, f.AfterLogout) {
		return "", malformed("parameter post_logout_redirect_uri is none of the client's")
	}
	if f.State == "" {
		return f.AfterLogout, nil
	}
	u, err := url.Parse(f.AfterLogout)
	if err != nil {
		return "", err // Validate has let it pass
	}
	q := u.Query()
	q.Set("state", f.State)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// signOut ends the session of a request. The function that it returns tells the browser, if that is not
// for somebody else to do.
func (a *Auth) signOut(ctx context.Context, r *http.Request) (forget func(http.ResponseWriter), err error) {
	ctx, theirs, err := a.session(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	defer recovered(&err)
	m := a.cfg.Sessions
	if m.Token(ctx) != "" {
		s, known := signedIn(ctx, m)
		if err := m.Destroy(ctx); err != nil {
			return nil, fmt.Errorf("end session: %w", err)
		}
		if known {
			a.engine.Tell(ctx, flow.Event{Name: flow.EventRevoke, About: flow.Subject{UserID: s.User, ClientID: s.Client}, Outcome: "signed_out"})
		}
	}
	return func(w http.ResponseWriter) {
		if !theirs {
			m.WriteSessionCookie(ctx, w, "", time.Time{})
		}
	}, nil
}

// SignOut ends the session that a request came with, and lets the browser forget its cookie: for a page of
// the host, which calls it before it writes its answer. It returns nil after the store has confirmed that
// the session is gone, or if there was none. A page must not sign people out by GET, or a link elsewhere
// could; RequireSession keeps requests of other origins away.
func (a *Auth) SignOut(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := stepContext(r)
	defer cancel()
	forget, err := a.signOut(a.WithRequest(ctx, r), r)
	if err != nil {
		return fmt.Errorf("handler: sign out: %w", err)
	}
	forget(w)
	return nil
}
