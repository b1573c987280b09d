package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// family is the record that a sign-in leaves: all refresh tokens that descend from it. Of the
// tokens it holds a counter only; they are made from that.
type family struct {
	life
	id         token.ID
	State      state            `json:"s"`
	Client     string           `json:"c"`
	User       string           `json:"u"`
	Epoch      int64            `json:"e,omitempty"`
	Scopes     []string         `json:"o"`
	Audience   string           `json:"d,omitempty"` // of access tokens, where the call named it and not the scopes
	AuthTime   int64            `json:"t"`
	AMR        []string         `json:"m"`
	ACR        string           `json:"r,omitempty"`
	Second     bool             `json:"f,omitempty"` // a second factor was passed
	Counter    uint32           `json:"n"`           // of the token that is good now
	Generation token.Generation `json:"g"`           // of the key that made it
	Expires    int64            `json:"x"`           // of that token, in Unix milliseconds
}

func (m *family) ttl() time.Duration { return time.Duration(m.TTL) * time.Millisecond }

// session is the sign-in that the family comes from.
func (m *family) session() Session {
	return Session{User: m.User, Client: m.Client, Epoch: m.Epoch, AuthTime: m.AuthTime, AMR: m.AMR, ACR: m.ACR, Second: m.Second}
}

// renew gives the family of a certain age its next life: idle from now on, and whole at the most.
func (m *family) renew(now time.Time, age, idle, whole time.Duration) {
	ttl := min(idle, whole-age)
	m.life = newLife(age, ttl)
	m.Expires = now.Add(ttl).UnixMilli()
}

// attachRefresh adds the refresh token that is good now.
func (e *Engine) attachRefresh(t *Tokens, id token.ID, m *family) {
	expires := time.UnixMilli(m.Expires)
	t.Refresh = e.opaque.Refresh(token.Refresh{Family: id, Counter: m.Counter, Expires: expires}, m.Client, m.Generation)
	t.RefreshLife = expires.Sub(e.Now())
}

// refresh exchanges a refresh token for new tokens, its own successor among them. The same token
// again, within the grace, gets the same successor: a lost answer, or two tabs. After that it is
// taken for stolen and ends its family (RFC 9700 §4.14.2).
func (e *Engine) refresh(ctx context.Context, req Redeem) (Tokens, error) {
	if req.RefreshToken == "" {
		return Tokens{}, &MissingError{"refresh_token"}
	}
	t, err := e.opaque.ParseRefresh(req.RefreshToken, req.Client.ID)
	if err != nil {
		return Tokens{}, fmt.Errorf("%w: %w", ErrRefreshInvalid, err)
	}
	if !e.Now().Before(t.Expires.Add(clockSkew)) { // nearer to the end the store's clock decides
		return Tokens{}, ErrRefreshExpired
	}
	for range casTries {
		tokens, err := e.rotate(ctx, t, req)
		if !errors.Is(err, errMoved) {
			return tokens, err
		}
	}
	return Tokens{}, errors.New("refresh: the family changes faster than it can be read")
}

var (
	// errMoved says that another call has moved or ended the family since it was read.
	errMoved   = errors.New("refresh: the family has moved")
	errUserOut = fmt.Errorf("%w: user gone, disabled or signed out", ErrRefreshInvalid)
)

// readFamily reads a family; store.ErrNotFound if there is none, or no longer.
func (e *Engine) readFamily(ctx context.Context, id token.ID) (family, store.Entry, error) {
	m := family{id: id}
	entry, err := e.State.Get(ctx, id.Key())
	if err == nil {
		err = json.Unmarshal(entry.Value, &m)
	}
	if err == nil && (m.State != signedIn || m.Client == "") { // a flow, or the mark of an end
		err = store.ErrNotFound
	}
	if err != nil {
		return m, entry, fmt.Errorf("read family: %w", err)
	}
	return m, entry, nil
}

// rotate reads the family and moves it on, or returns errMoved.
func (e *Engine) rotate(ctx context.Context, t token.Refresh, req Redeem) (Tokens, error) {
	m, entry, err := e.readFamily(ctx, t.Family)
	if errors.Is(err, store.ErrNotFound) {
		if !e.Now().Before(t.Expires) {
			return Tokens{}, ErrRefreshExpired
		}
		return Tokens{}, fmt.Errorf("%w: no such family", ErrRefreshInvalid)
	} else if err != nil {
		return Tokens{}, err
	}
	e.note(ctx, Subject{UserID: m.User, ClientID: m.Client})
	repeat := t.Counter+1 == m.Counter && m.sinceWrite(entry.TTL) < reuseGrace
	if t.Counter != m.Counter && !repeat {
		return Tokens{}, e.revoke(ctx, t.Family, entry.Version, ErrRefreshReused)
	}
	u, err := e.userOfFamily(ctx, &m)
	if errors.Is(err, errUserOut) {
		return Tokens{}, e.revoke(ctx, t.Family, entry.Version, err)
	} else if err != nil {
		return Tokens{}, err
	}
	if u.MustChangePassword && slices.Contains(m.AMR, "pwd") {
		return Tokens{}, ErrMustChange
	}
	g, err := e.less(ctx, req, &m, u)
	if err != nil {
		return Tokens{}, err
	}
	passed, err := e.clearFamily(ctx, req.Client, u, &m)
	if err != nil {
		return Tokens{}, err
	}
	tokens, err := e.sign(ctx, passed, &m, g)
	if err != nil {
		return Tokens{}, err
	}
	if !repeat {
		if err := e.advance(ctx, t.Family, entry, &m); err != nil {
			return Tokens{}, err
		}
	}
	e.attachRefresh(&tokens, t.Family, &m)
	return tokens, nil
}

// less judges the scope parameter of a refresh, by the rules that the family was granted by.
func (e *Engine) less(ctx context.Context, req Redeem, m *family, u store.User) (grant, error) {
	g, err := grant{}, error(nil)
	if m.Audience != "" {
		g, err = e.reduce(ctx, req, m, u)
	} else if g, err = e.narrow(req.Scope, m.Scopes, req.Client); err == nil {
		g, err = e.ruled(ctx, req.Client, u, g)
	}
	if errors.Is(err, ErrDenied) { // the app has to drop it
		err = fmt.Errorf("%w: %w", ErrRefreshInvalid, err)
	}
	return g, err
}

// advance makes the next token of the family the one that is good.
func (e *Engine) advance(ctx context.Context, id token.ID, entry store.Entry, m *family) error {
	m.Counter++
	m.Generation = e.opaque.Newest()
	m.renew(e.Now(), m.age(entry.TTL), e.RefreshIdle, e.RefreshLife)
	if m.TTL <= 0 {
		return ErrRefreshExpired
	}
	return e.put(ctx, id, entry.Version, m.ttl(), m, errMoved)
}

// end leaves nothing of a flow or a family but a mark, for as long as the flow's first token lives: without
// a record that would begin it again, and with it a family whose first refresh token is known.
func (e *Engine) end(ctx context.Context, id token.ID, version int64, lost error) error {
	return e.put(ctx, id, version, idleLife, &family{State: signedIn, life: newLife(0, idleLife)}, lost)
}

// revoke ends a family and returns why.
func (e *Engine) revoke(ctx context.Context, id token.ID, version int64, why error) error {
	if err := e.end(ctx, id, version, errMoved); err != nil {
		return err
	}
	return why
}
