package handler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// sessionName is where a session holds who is signed in, as JSON, which every codec of scs takes.
const sessionName = "nativeauth"

// crossOrigin refuses what pages of other origins send. There are no exceptions.
var crossOrigin http.CrossOriginProtection

func sameOrigin(r *http.Request) error {
	if err := crossOrigin.Check(r); err != nil {
		return fmt.Errorf("%w: %w", errCrossOrigin, err)
	}
	return nil
}

// redeem is the step of the token endpoint.
func (a *Auth) redeem(ctx context.Context, req flow.Redeem) (any, error) {
	if req.Client.Keep != nil {
		return a.redeemForSession(ctx, req)
	}
	t, err := a.engine.Token(ctx, req)
	if err != nil {
		return nil, err
	}
	return writeTokens(t), nil
}

// redeemForSession answers with the cookie of a session.
func (a *Auth) redeemForSession(ctx context.Context, req flow.Redeem) (any, error) {
	k, err := a.beginSession(ctx, req)
	if err != nil {
		return nil, err
	}
	return headed{http.StatusOK, k.writeCookie, sessionBody{
		TokenType: "Cookie", ExpiresIn: wholeSeconds(k.sessions.Lifetime), IdleTimeout: wholeSeconds(k.sessions.IdleTimeout),
	}}, nil
}

// beginSession redeems a flow for a session. In an order that leaves nothing half done: the new session is written
// first, under a token that nobody knows, then the flow ends, then the session that the browser had. Where any of it
// fails no cookie is sent, and the new session is of no use to anybody.
func (a *Auth) beginSession(ctx context.Context, req flow.Redeem) (*keeping, error) {
	r := requestFrom(ctx)
	if err := sameOrigin(r); err != nil {
		return nil, err
	}
	before, theirs, err := a.session(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	k := &keeping{sessions: a.cfg.Sessions, before: before, theirs: theirs}
	t, err := a.engine.Token(context.WithValue(ctx, keepingKey{}, k), req)
	if err == nil {
		err = k.takeOver(ctx)
	}
	if err != nil {
		k.drop(ctx)
		return nil, err
	}
	a.engine.Tell(ctx, t.Told)
	return k, nil
}

// keepingKey is where the context of a step holds its keeping.
type keepingKey struct{}

// keep is what flows of a client with cookies end in.
func (c Client) keep() flow.Keep {
	if !c.Cookies {
		return nil
	}
	return func(ctx context.Context, s flow.Session) error {
		k, ok := ctx.Value(keepingKey{}).(*keeping)
		if !ok {
			return errors.New("handler: this endpoint sets no cookies")
		}
		return k.keep(ctx, s)
	}
}

// keeping is a sign-in on its way into a session. scs holds a session in a context and nowhere else, so
// two of them are kept here.
type keeping struct {
	sessions *scs.SessionManager
	before   context.Context // with the session that the request came with
	theirs   bool            // which somebody else saves
	fresh    context.Context // with the one that the sign-in gets; nil as long as there is none
	token    string          // of that
	expiry   time.Time
}

// keep writes a session with a token of its own. It holds what the one before held, unless that was of
// somebody else.
func (k *keeping) keep(ctx context.Context, s flow.Session) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	fresh, err := k.sessions.Load(context.Background(), "") // or it would be theirs
	if err != nil {
		return err
	}
	k.fresh = fresh
	if earlier, ok := signedIn(k.before, k.sessions); !ok || earlier.User == s.User {
		k.copy(fresh, k.before)
	}
	k.sessions.Put(fresh, sessionName, string(text))
	k.token, k.expiry, err = k.sessions.Commit(within{ctx, fresh})
	return err
}

func (k *keeping) copy(to, from context.Context) {
	for _, name := range k.sessions.Keys(from) {
		k.sessions.Put(to, name, k.sessions.Get(from, name))
	}
}

// takeOver puts the new session into the place of the one before, whose token is good for nothing from
// now on. One that somebody else saves has to become the new one, since the cookie will be theirs.
func (k *keeping) takeOver(ctx context.Context) error {
	m, before := k.sessions, within{ctx, k.before}
	if !k.theirs {
		if m.Token(before) == "" {
			return nil
		}
		return wrap(m.Destroy(before), "end the session before")
	}
	if err := m.RenewToken(before); err != nil {
		return wrap(err, "end the session before")
	}
	if err := m.Clear(before); err != nil {
		return err
	}
	k.copy(before, k.fresh)
	if _, _, err := m.Commit(before); err != nil {
		m.Remove(before, sessionName) // whoever saves it may have more luck, and nobody is signed in
		return wrap(err, "write session")
	}
	k.drop(ctx)
	return nil
}

func wrap(err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// drop removes the new session, if it can. Nobody has its token, so it does no harm until it expires.
func (k *keeping) drop(ctx context.Context) {
	if k.fresh != nil {
		_ = k.sessions.Destroy(within{ctx, k.fresh})
	}
}

func (k *keeping) writeCookie(w http.ResponseWriter) {
	if !k.theirs {
		k.sessions.WriteSessionCookie(k.fresh, w, k.token, k.expiry)
	}
}

// signedIn returns who is signed in with a session; false if nobody is.
func signedIn(ctx context.Context, m *scs.SessionManager) (s flow.Session, ok bool) {
	err := json.Unmarshal([]byte(m.GetString(ctx, sessionName)), &s)
	return s, err == nil
}
