package handler_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// watched is a store.State that takes no more than the contract of stores promises, counts the calls
// and remembers what it was given.
type watched struct {
	store.State
	mu     sync.Mutex
	calls  int
	values bytes.Buffer
}

func (s *watched) note(key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.values.WriteString(key + "\n")
	s.values.Write(value)
	s.values.WriteString("\n")
	if len(key) > 200 || len(value) > 8<<10 {
		return errors.New("more than a store promises to take")
	}
	return nil
}

func (s *watched) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := s.note(key, nil); err != nil {
		return store.Entry{}, err
	}
	return s.State.Get(ctx, key)
}

func (s *watched) Put(ctx context.Context, key string, e store.Entry) error {
	if err := s.note(key, e.Value); err != nil {
		return err
	}
	return s.State.Put(ctx, key, e)
}

func (s *watched) Delete(ctx context.Context, key string, version int64) error {
	if err := s.note(key, nil); err != nil {
		return err
	}
	return s.State.Delete(ctx, key, version)
}

func (s *watched) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if err := s.note(key, nil); err != nil {
		return store.Count{}, err
	}
	return s.State.Add(ctx, key, delta, ttl)
}

func (s *watched) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *watched) config(c *handler.Config) {
	s.State = c.State
	c.State = s
}

// F1 of the security requirements.
func TestStore_WhatATokenTellsByItselfIsNotLookedUp(t *testing.T) {
	s := &watched{}
	w := newWorld(t, s.config)
	w.signUp(casey)
	start := w.signInStart(plain, casey).ok()
	refresh := w.signIn(casey).text("refresh_token")
	before := s.count()
	for _, forged := range []string{"forged", start[:40] + "AAAA" + start[44:], refresh, strings.Repeat("A", len(start)), start + "A"} {
		w.signInChallenge(plain, forged).badToken()
		w.signUpChallenge(plain, forged).badToken()
		w.redeemCode(plain, forged, "12345678").badToken()
		w.redeemToken(plain, forged).badToken()
		if forged != refresh {
			w.refresh(plain, forged).badRefresh()
		}
	}
	w.signInChallenge(asking, start).badToken()
	w.signUpChallenge(plain, start).badToken()
	w.redeemToken(plain, start).badToken()
	w.refresh(asking, refresh).badRefresh()
	w.clock.pass(15 * time.Minute) // nearer to its end the store's clock is asked
	w.signInChallenge(plain, start).refused(400, "expired_token", "", 552003)
	w.clock.pass(14 * day)
	w.refresh(plain, refresh).refused(400, "invalid_grant", "bad_token", 700082)
	assert.Equal(t, before, s.count())
}

// C7, F1 and R1 of the security requirements, and G1 for the log.
func TestStore_AndLogHoldNothingThatCanBeUsed(t *testing.T) {
	var log bytes.Buffer
	s := &watched{}
	w := newWorld(t, s.config, withInterval(time.Second), func(c *handler.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	const user, city = "canary.person@contoso.com", "Canaryville"
	var secrets []string
	keep := func(a answer) answer {
		for _, name := range []string{"continuation_token", "access_token", "id_token", "refresh_token"} {
			if text, ok := a.body[name].(string); ok {
				secrets = append(secrets, text)
			}
		}
		return a
	}
	start := keep(w.signUpStart(asking, user)).ok()
	sent := keep(w.signUpChallenge(asking, start)).ok()
	code := w.mail.take(1).Code
	keep(w.signUpCode(asking, sent, otherCode(code))).wrongCode()
	asked := keep(w.signUpCode(asking, sent, code))
	bad := `{"city":"` + city + `1"}`
	w.signUpAttributes(asking, asked.text("continuation_token"), bad).refused(400, "invalid_grant", "attribute_validation_failed", 901014)
	done := keep(w.signUpAttributes(asking, asked.text("continuation_token"), "{"+strings.Replace(required, "Bern", city, 1)+"}")).ok()
	tokens := keep(w.redeemToken(asking, done, "username", user))
	keep(w.refresh(asking, tokens.text("refresh_token")))
	w.clock.pass(time.Minute)
	keep(w.refresh(asking, tokens.text("refresh_token"))).badRefresh()
	w.redeemToken(asking, done, "username", user).badToken()
	w.signUpStart(asking, user).refused(400, "user_already_exists", "", 1003037)
	w.raw("/signup/canary.person@contoso.com", "").refused(404, "invalid_request", "", 90023)
	secrets = append(secrets, code, code[:4]+" "+code[4:])
	for _, secret := range secrets {
		assert.NotContains(t, s.values.String(), secret, "in the store")
		assert.NotContains(t, log.String(), secret, "in the log")
	}
	for _, personal := range []string{user, "canary", city} {
		assert.NotContains(t, strings.ToLower(log.String()), strings.ToLower(personal), "in the log")
	}
	assert.NotEmpty(t, log.String())
}

func TestStore_AttributesOfAnySizeFitIntoIt(t *testing.T) {
	var schema attrs.Schema
	for i := range 50 {
		schema = append(schema, attrs.Attribute{Name: fmt.Sprintf("a%d", i)})
	}
	schema = append(schema[:49], attrs.Attribute{Name: "last", Required: true})
	s := &watched{}
	w := newWorld(t, s.config, func(c *handler.Config) { c.Clients[1].Attributes = schema })
	values := func(from, n int, value string) string {
		var list []string
		for i := from; i < from+n; i++ {
			list = append(list, fmt.Sprintf(`"a%d":"%s"`, i, value))
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	user := strings.Repeat("u", 50) + "@" + strings.Repeat(strings.Repeat("d", 48)+".", 4) + "com"
	types := "oob redirect" + strings.Repeat(" oob", 60)
	begin := func(attributes string) answer {
		return w.post(endpoints[0], "client_id", asking, "username", user, "challenge_type", types, "attributes", attributes)
	}
	tooLong := func(a answer, name string) {
		a.refused(400, "invalid_grant", "attribute_validation_failed", 901014)
		assert.Equal(t, []string{name}, a.names("invalid_attributes"))
	}
	begin(values(0, 5, strings.Repeat("x", 1024))).ok()
	tooLong(begin(values(0, 15, strings.Repeat("x", 1024))), "a0")
	tooLong(begin(values(0, 2, strings.Repeat("<", 1024))), "a0") // six bytes each as it is written
	tooLong(begin(values(0, 49, strings.Repeat("é", 150))), "a0")

	token := begin(values(0, 5, strings.Repeat("x", 1024))).ok()
	tooLong(w.signUpAttributes(asking, token, values(5, 5, strings.Repeat("x", 1024))), "a0")
	token, code := w.nextCode(func() answer { return w.signUpChallenge(asking, token) })
	tooLong(w.signUpAttributes(asking, token, values(5, 5, strings.Repeat("x", 1024))), "a0")
	token = w.signUpCode(asking, token, code).refused(400, "attributes_required", "", 55106).text("continuation_token")
	all := strings.Replace(values(5, 5, strings.Repeat("x", 1024)), "{", `{"last":"x",`, 1)
	tooLong(w.signUpAttributes(asking, token, all), "a0")
	_, err := w.store.UserByUsername(t.Context(), user)
	require.ErrorIs(t, err, store.ErrNotFound)
	w.signUpAttributes(asking, token, `{"last":"x","a7":"y"}`).ok() // the token is as good as before
}
