package handler_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/kdf"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// P5 of the security requirements: what ends the sessions of an account.

const (
	busyHarbor = "a busy harbour"
	calmHarbor = "a calm harbour"
)

// idOf is the id of a user.
func (w *world) idOf(user string) string {
	w.Helper()
	u, err := w.store.UserByUsername(w.Context(), user)
	require.NoError(w, err)
	return u.ID
}

// reset replaces a password by a code.
func (w *world) reset(user, next string) (token string) {
	w.Helper()
	submitted := w.resetSubmit(keyed, w.proven(user), next).ok()
	return w.resetPoll(keyed, submitted).ok()
}

// resetSent takes a reset to where a code has been sent.
func (w *world) resetSent(client, user string) (token, code string) {
	w.Helper()
	start := w.resetStart(client, user).ok()
	return w.nextCode(func() answer { return w.resetChallenge(client, start) })
}

func TestEpoch_WhatEndsSessionsEndsThemEverywhere(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		end      func(w *world, id string) error
		notified bool
		also     string
	}{
		{"a reset", func(w *world, _ string) error { w.reset(casey, busyHarbor); return nil }, true, ""},
		{"a change", func(w *world, id string) error {
			return w.auth.ChangePassword(w.Context(), id, harbor, busyHarbor)
		}, true, ""},
		{"a password that was set", func(w *world, id string) error { return w.auth.SetPassword(w.Context(), id, busyHarbor) }, true, ""},
		{"a reset that is required", func(w *world, id string) error { return w.auth.RequirePasswordReset(w.Context(), id) }, false, "[50142]"},
		{"disabling", func(w *world, id string) error { return w.auth.Disable(w.Context(), id) }, false, ""},
		{"disabling, then enabling", func(w *world, id string) error {
			return errors.Join(w.auth.Disable(w.Context(), id), w.auth.Enable(w.Context(), id))
		}, false, ""},
		{"ending them", func(w *world, id string) error { return w.auth.EndSessions(w.Context(), id) }, false, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			same := withKeys(t)
			a := newWorld(t, same)
			b := a.sibling(same)
			start := b.post(upStart, "client_id", keyed, "username", casey, "challenge_type", every, "password", harbor).ok()
			sent, code := b.nextCode(func() answer { return b.signUpChallenge(keyed, start) })
			signedUp := b.signUpCode(keyed, sent, code).ok()
			byPassword := b.enter(casey, harbor).tokens().text("refresh_token")
			byCode := b.signIn(casey).text("refresh_token")
			asked := b.askedPassword(keyed, casey)
			codeSent, signInCode := b.signInSent(plain, casey)
			opened := b.opened(keyed, casey)
			resetSent, resetCode := b.resetSent(keyed, casey)
			proven := b.proven(casey)
			submitted := ""
			if row.name != "a reset" {
				submitted = b.proven(casey)
			}

			mails := a.mail.count()
			begin := time.Now()
			require.NoError(t, row.end(a, a.idOf(casey)))
			if row.notified {
				if row.name == "a reset" {
					mails++ // its code
				}
				m := a.mail.take(mails + 1)
				assert.Equal(t, otp.PasswordChanged, m.Purpose)
				assert.EqualValues(t, casey, m.To)
				assert.Equal(t, a.clock.now(), m.At)
				assert.Less(t, time.Since(begin), time.Minute)
			}

			b.refresh(keyed, byPassword).badRefresh()
			b.refresh(plain, byCode).badRefresh()
			over := func(a answer) {
				t.Helper()
				assert.Equal(t, 400, a.status)
				assert.Contains(t, []string{"[55200]", "[50126]", row.also}, fmt.Sprint(a.body["error_codes"]))
			}
			over(b.redeemToken(keyed, signedUp))
			over(b.redeemCode(plain, codeSent, signInCode))
			over(b.redeemPassword(keyed, asked, harbor))
			over(b.redeemPassword(keyed, asked, busyHarbor))
			over(b.resetCode(keyed, resetSent, resetCode))
			over(b.resetSubmit(keyed, proven, calmHarbor))
			if submitted != "" {
				over(b.resetSubmit(keyed, submitted, calmHarbor))
			}
			a2 := b.signInChallenge(keyed, opened)
			if a2.status == 200 && a2.body["challenge_type"] == "password" {
				over(b.redeemPassword(keyed, a2.ok(), harbor))
				over(b.redeemPassword(keyed, a2.ok(), busyHarbor))
			}
			if row.notified {
				b.enter(casey, harbor).refused(400, "invalid_grant", "", 50126)
				b.enter(casey, busyHarbor).tokens()
			}
		})
	}
}

func TestChange_NeedsThePresentOne(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	h.create(store.User{ID: "bare", Username: "bare@contoso.com", Email: "bare@contoso.com"})
	h.create(store.User{ID: "off", Username: "off@contoso.com", Email: "off@contoso.com", PasswordHash: h.hash, Disabled: true})
	h.create(store.User{ID: "due", Username: "due@contoso.com", Email: "due@contoso.com", PasswordHash: h.hash, MustChangePassword: true})
	for _, row := range []struct {
		name, id, current, next string
		want                    error
	}{
		{"a wrong one", "casey", loud, busyHarbor, handler.ErrWrongPassword},
		{"an empty one", "casey", "", busyHarbor, handler.ErrWrongPassword},
		{"of nobody", "nobody", harbor, busyHarbor, store.ErrNotFound},
		{"of an account without one", "bare", "", busyHarbor, handler.ErrWrongPassword},
		{"of a disabled account", "off", harbor, busyHarbor, handler.ErrWrongPassword},
		{"of an account that has to reset it", "due", harbor, busyHarbor, handler.ErrWrongPassword},
		{"a short one next", "casey", harbor, "short", &password.Rejected{Reason: password.TooShort}},
		{"the address next", "casey", harbor, casey, &password.Rejected{Reason: password.Banned}},
		{"the same next", "casey", harbor, harbor, &password.Rejected{Reason: password.RecentlyUsed}},
		{"a right one", "casey", harbor, busyHarbor, nil},
		{"the one before", "casey", harbor, calmHarbor, handler.ErrWrongPassword},
	} {
		require.ErrorIs(t, h.auth.ChangePassword(t.Context(), row.id, row.current, row.next), row.want, row.name)
	}
	for name, do := range map[string]func(context.Context, string) error{
		"SetPassword":          func(ctx context.Context, id string) error { return h.auth.SetPassword(ctx, id, busyHarbor) },
		"RequirePasswordReset": h.auth.RequirePasswordReset, "Disable": h.auth.Disable, "Enable": h.auth.Enable, "EndSessions": h.auth.EndSessions,
	} {
		require.ErrorIs(t, do(t.Context(), "nobody"), store.ErrNotFound, name)
	}
	require.ErrorIs(t, h.auth.SetPassword(t.Context(), "bare", "short"), &password.Rejected{Reason: password.TooShort})
	require.NoError(t, h.auth.SetPassword(t.Context(), "bare", busyHarbor))
	h.enter("bare@contoso.com", busyHarbor).tokens()
	assert.Equal(t, 2, h.mail.count(), "what was refused was told")
}

func TestChange_OfManyAtOnceOneWins(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.enrolOn(p.users, casey)
		var all sync.WaitGroup
		won := make([]error, 6)
		for i := range won {
			auth := []*handler.Auth{p.auth, p.second.auth}[i%2]
			all.Go(func() {
				won[i] = auth.ChangePassword(context.Background(), "casey", harbor, fmt.Sprint("harbour number ", i))
			})
		}
		all.Wait()
		winner := -1
		for i, err := range won {
			if err == nil {
				require.Equal(p, -1, winner, "two have won")
				winner = i
			} else if !errors.Is(err, password.ErrBusy) { // where each hash takes long
				assert.ErrorIs(p, err, handler.ErrWrongPassword)
			}
		}
		require.NotEqual(p, -1, winner, "%v", won)
		p.enter(casey, fmt.Sprint("harbour number ", winner)).tokens()
		assert.EqualValues(p, 1, p.userOn(casey).Epoch)
	})
}

// enrolOn makes the account of a user, with the password harbor.
func (p *pair) enrolOn(users store.Users, user string) {
	p.Helper()
	require.NoError(p, users.CreateUser(p.Context(), store.User{ID: "casey", Username: user, Email: user, PasswordHash: hashOf(p.T, harbor)}))
}

func (p *pair) userOn(user string) store.User {
	p.Helper()
	u, err := p.users.UserByUsername(p.Context(), user)
	require.NoError(p, err)
	return u
}

// hasty is a host that writes its own part of a row just before anybody else writes it.
type hasty struct {
	store.Users
	times int
	write func(u *store.User)
}

func (h *hasty) UpdateUser(ctx context.Context, u store.User) error {
	if h.times > 0 {
		h.times--
		own, err := h.UserByID(ctx, u.ID)
		if err != nil {
			return err
		}
		h.write(&own)
		if err := h.Users.UpdateUser(ctx, own); err != nil {
			return err
		}
	}
	return h.Users.UpdateUser(ctx, u)
}

func TestChange_IsTriedAgainAfterTheHostsOwnWrite(t *testing.T) {
	t.Parallel()
	host := &hasty{write: func(u *store.User) { u.Attributes = map[string]string{"city": "Oslo"} }}
	h := plainTries(t, func(c *handler.Config) { host.Users, c.Users = c.Users, host })
	present := harbor
	for i, do := range []func(next string) error{
		func(next string) error { return h.auth.ChangePassword(t.Context(), "casey", present, next) },
		func(next string) error { return h.auth.SetPassword(t.Context(), "casey", next) },
		func(next string) error { h.reset(casey, next); return nil },
	} {
		next := fmt.Sprint("harbour number ", i)
		host.times = 2
		h.update(casey, func(u *store.User) { u.Attributes = nil })
		require.NoError(t, do(next))
		u, err := h.store.UserByID(t.Context(), "casey")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"city": "Oslo"}, u.Attributes)
		assert.EqualValues(t, i+1, u.Epoch)
		h.enter(casey, next).tokens()
		present = next
	}
	host.times = 1000
	assert.Error(t, h.auth.EndSessions(t.Context(), "casey"), "a host that never stops")
}

// A sign-in may hash a password anew just while it is changed: it is still the present one.
func TestChange_KnowsThePresentOneThoughItWasHashedAnew(t *testing.T) {
	t.Parallel()
	old, err := bcrypt.GenerateFromPassword([]byte(harbor), bcrypt.MinCost)
	require.NoError(t, err)
	host := &hasty{times: 1, write: func(u *store.User) { u.PasswordHash = string(old) }}
	h := plainTries(t, func(c *handler.Config) { host.Users, c.Users = c.Users, host })
	require.NoError(t, h.auth.ChangePassword(t.Context(), "casey", harbor, busyHarbor))

	host.times, host.write = 1, func(u *store.User) { u.PasswordHash = h.hash }
	require.ErrorIs(t, h.auth.ChangePassword(t.Context(), "casey", busyHarbor, calmHarbor), handler.ErrWrongPassword)
	host.times, host.write = 1, func(u *store.User) { u.Disabled = true }
	require.ErrorIs(t, h.auth.ChangePassword(t.Context(), "casey", harbor, calmHarbor), handler.ErrWrongPassword)
}

func TestRequireReset_ThePasswordLeadsToNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrol(casey, harbor)
	id := w.idOf(casey)
	require.NoError(t, w.auth.RequirePasswordReset(t.Context(), id))
	w.enter(casey, loud).refused(400, "invalid_grant", "", 50126)
	w.enter(casey, harbor).refused(400, "invalid_request", "", 50142)
	require.ErrorIs(t, w.auth.ChangePassword(t.Context(), id, harbor, busyHarbor), handler.ErrWrongPassword)
	w.refresh(plain, w.signIn(casey).text("refresh_token")).tokens() // codes stay good
	w.redeemToken(keyed, w.reset(casey, busyHarbor)).tokens()
	w.enter(casey, busyHarbor).tokens()
}

// recently are the ways to choose another password.
var recently = map[string]func(w *world, id, present, next string) error{
	"a reset": func(w *world, _, _, next string) error {
		before := w.mail.count()
		a := w.resetSubmit(keyed, w.proven(casey), next)
		if a.status == 200 {
			w.mail.take(before + 2) // the notice, which must not be taken for the next code
			return nil
		}
		return &password.Rejected{Reason: password.Reason(a.text("suberror"))}
	},
	"a change": func(w *world, id, present, next string) error {
		return w.auth.ChangePassword(w.Context(), id, present, next)
	},
	"a password that is set": func(w *world, id, _, next string) error { return w.auth.SetPassword(w.Context(), id, next) },
}

func TestRecentlyUsed_AsManyAsTheHostRemembers(t *testing.T) {
	t.Parallel()
	for remember, forgotten := range map[int]int{-1: 0, 0: 1, 1: 1, 3: 3} { // how many are refused
		for name, choose := range recently {
			t.Run(fmt.Sprintf("%d, by %s", remember, name), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, func(c *handler.Config) { c.Passwords.Remember = remember })
				w.enrol(casey, "harbour number 0")
				id := w.idOf(casey)
				of := func(i int) string { return fmt.Sprint("harbour number ", i) }
				for i := range 4 {
					require.NoError(t, choose(w, id, of(i), of(i+1)))
				}
				for back := range 4 { // 4 is the present one
					if back >= forgotten {
						break
					}
					require.ErrorIs(t, choose(w, id, of(4), of(4-back)), &password.Rejected{Reason: password.RecentlyUsed}, "%d back", back)
				}
				require.NoError(t, choose(w, id, of(4), of(4-forgotten)))
				u, err := w.store.UserByID(t.Context(), id)
				require.NoError(t, err)
				assert.Len(t, u.PasswordHistory, max(0, remember-1))
			})
		}
	}
}

// A user who was brought along from elsewhere.
func TestForeign_AHashIsReplacedAtTheFirstSignIn(t *testing.T) {
	t.Parallel()
	made, err := bcrypt.GenerateFromPassword([]byte(harbor), bcrypt.MinCost)
	require.NoError(t, err)
	for name, hash := range map[string]string{
		"bcrypt 2a": string(made), "bcrypt 2b": "$2b$" + string(made[4:]), "bcrypt 2y": "$2y$" + string(made[4:]),
		"PBKDF2":            pbkdf2Of(t, harbor),
		"argon2id of less":  "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + argonOf(harbor, 8, 1),
		"argon2id of today": hashOf(t, harbor),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHiding(t)
			h.create(store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: hash, Attributes: map[string]string{"city": "Oslo"}, Epoch: 3})
			h.enter(casey, loud).refused(400, "invalid_grant", "", 50126)
			before := h.userBy("casey")
			require.Equal(t, hash, before.PasswordHash)
			refresh := h.enter(casey, harbor).tokens().text("refresh_token")
			after := h.userBy("casey")
			if name == "argon2id of today" {
				assert.Equal(t, before, after)
			} else {
				assert.Contains(t, after.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$")
				before.PasswordHash, before.Version = after.PasswordHash, before.Version+1
				assert.Equal(t, before, after, "nothing else has changed")
			}
			h.refresh(keyed, refresh).tokens()
			h.enter(casey, harbor).tokens()
			assert.Equal(t, after, h.userBy("casey"), "hashed anew once")
		})
	}
}

func pbkdf2Of(t *testing.T, text string) string {
	t.Helper()
	sum, err := pbkdf2.Key(sha256.New, text, []byte("sixteen bytes of"), 1000, 32)
	require.NoError(t, err)
	raw := base64.RawStdEncoding
	return "$pbkdf2-sha256$i=1000$" + raw.EncodeToString([]byte("sixteen bytes of")) + "$" + raw.EncodeToString(sum)
}

// argonOf returns the sum of a password with the salt "somesaltsomesalt".
func argonOf(text string, memory, time uint32) string {
	return base64.RawStdEncoding.EncodeToString(kdf.Key([]byte(text), []byte("somesaltsomesalt"), time, memory, 1, 32))
}

func (h *hiding) userBy(id string) store.User {
	h.Helper()
	u, err := h.store.UserByID(h.Context(), id)
	require.NoError(h, err)
	return u
}

// P1: a stored hash that would cost more than any honest one is not run, and nobody can tell.
func TestHostile_AHashIsNotRun(t *testing.T) {
	log := newCauses()
	h := newHiding(t, withCauses(log))
	for i, hash := range []string{
		"$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + argonOf(harbor, 8, 1), // 4 GiB
		"$argon2id$v=19$m=19456,t=4294967295,p=1$c29tZXNhbHRzb21lc2FsdA$" + argonOf(harbor, 8, 1),
		"$2b$31$" + "abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde",
		harbor, "$", "$argon2id$",
	} {
		user := fmt.Sprintf("u%d@contoso.com", i)
		h.create(store.User{ID: user, Username: user, Email: user, PasswordHash: hash})
		asked, none := h.askedPassword(keyed, user), h.askedPassword(keyed, "never@contoso.com")
		begin := time.Now()
		assert.Equal(t, string(mask(h.raw(none, harbor))), string(mask(h.raw(asked, harbor))))
		assert.Less(t, time.Since(begin), soon)
		assert.Equal(t, i+1, log.of("unreadable hash"), "%v", log.seen)
	}
}
