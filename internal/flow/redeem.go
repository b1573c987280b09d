package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// Redeem asks the token endpoint for tokens.
type Redeem struct {
	Client       *Client
	Grant        string
	Token        string // continuation token, or mfa_token
	Code         string
	Password     string
	Username     string
	Scope        string
	RefreshToken string
	DeviceCode   string
	Capabilities string // of a call that opens no flow
	Body         string // all that was sent, for a grant of the host

	// Of clients of Auth0.
	Audience string
	Realm    string
	OOBCode  string

	OTP *OTPRedeem // of a call that an OTP grant may come with
}

// Tokens are what a sign-in ends in.
type Tokens struct {
	Access      string
	AccessLife  time.Duration
	ID          string // "" if none is due
	Refresh     string // "" if none is due
	RefreshLife time.Duration
	Scope       string
	ObjectID    string
	TenantID    string
	Told        Event // of a session: what is to be told when the browser gets it
}

// proveNothing is the step of a flow in which everything has been proven.
func (e *Engine) proveNothing(context.Context, *flow, input) error { return nil }

// userOf reads the account of a flow and judges whether it may sign in.
func (e *Engine) userOf(ctx context.Context, f *flow) (store.User, error) {
	u, err := e.readUser(ctx, f)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return u, ErrUserNotFound
	case err != nil:
		return u, fmt.Errorf("look up user: %w", err)
	}
	f.user = &u
	return u, mayUse(u, f.Epoch)
}

// mayUse judges an account for a flow that was born in an epoch.
func mayUse(u store.User, epoch int64) error {
	switch {
	case u.Disabled:
		return fmt.Errorf("%w: disabled", ErrCredentials)
	case u.Epoch != epoch:
		return fmt.Errorf("%w: sessions were ended", ErrTokenInvalid)
	}
	return nil
}

// readUser reads the account of a flow, unless the step has done so.
func (e *Engine) readUser(ctx context.Context, f *flow) (store.User, error) {
	if f.user != nil {
		return *f.user, nil
	}
	return e.Users.UserByID(ctx, f.UserID)
}

// isName tells whether text names the user of the flow, by any of the names known of it.
func (e *Engine) isName(text string, f *flow, u store.User) bool {
	name, err := e.canonicalName(text)
	return err == nil && (name == f.Username || name == u.Username || name == strings.ToLower(u.Email))
}

// signIn turns the flow into a family of refresh tokens, unless a factor is still due. It does so under the
// same key and with one write: that decides which of parallel calls gets the tokens, and leaves nothing half
// done.
func (e *Engine) signIn(ctx context.Context, f *flow, u store.User, g grant) (Tokens, error) {
	passed, err := e.clear(ctx, f, u)
	if err != nil {
		return Tokens{}, err
	}
	done := Event{EventSignIn, e.subjectOf(f), "tokens"}
	done.About.UserID = passed.user.ID
	if f.client.Keep != nil {
		done.Outcome = "session"
		err := e.keepSession(ctx, f, passed)
		if err == nil {
			e.noteCaller(ctx, f)
		}
		return Tokens{Told: done}, err
	}
	if !g.ofAsk { // which is judged before, by the words of its call
		if g, err = e.ruled(ctx, f.client, u, g); err != nil {
			return Tokens{}, err
		}
	}
	s := e.sessionOf(f, passed)
	m := family{
		id: f.id, State: signedIn, Client: s.Client, User: s.User, Epoch: s.Epoch, Scopes: g.scopes,
		AuthTime: s.AuthTime, AMR: s.AMR, ACR: s.ACR, Second: s.Second, Generation: e.opaque.Newest(),
	}
	if g.ofAsk {
		m.Audience = g.audience
	}
	t, err := e.sign(ctx, passed, &m, g)
	if err != nil {
		return Tokens{}, err
	}
	if g.offline {
		m.renew(e.Now(), 0, e.RefreshIdle, e.RefreshLife)
	} else {
		// Kept as long as its access token, which ends with it; and as the flow's first token, which
		// would begin it again.
		m.life = newLife(0, max(idleLife, e.AccessLife+token.Leeway))
	}
	if err := e.put(ctx, f.id, f.version, m.ttl(), &m, f.lost()); err != nil {
		return Tokens{}, err
	}
	e.written(ctx, f)
	e.noteCaller(ctx, f)
	e.Tell(ctx, done)
	if g.offline {
		e.attachRefresh(&t, f.id, &m)
	}
	return t, nil
}

// sign makes the access token and, if it is due, the id token.
func (e *Engine) sign(ctx context.Context, passed clearance, m *family, g grant) (Tokens, error) {
	u := passed.user
	var extra token.ExtraClaims
	if e.Claims != nil {
		var err error
		if extra, err = e.Claims(ctx, token.ClaimsRequest{User: u, ClientID: m.Client, Scopes: g.scopes}); err != nil {
			return Tokens{}, fmt.Errorf("claims of the host: %w", err)
		}
	}
	t := Tokens{
		AccessLife: e.AccessLife, Scope: strings.Join(g.echo, " "),
		ObjectID: e.objectID(u), TenantID: e.TenantID,
	}
	claims, err := e.accessClaims(u, m, g, extra.Access)
	if err != nil {
		return Tokens{}, err
	}
	if t.Access, err = e.Signer.Sign(ctx, token.AccessToken, claims); err != nil || !g.openid {
		return t, err
	}
	if claims, err = e.idClaims(u, m, g, extra.ID); err != nil {
		return Tokens{}, err
	}
	t.ID, err = e.Signer.Sign(ctx, token.IDToken, claims)
	return t, err
}
