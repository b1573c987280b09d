package handler_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// RFC 6749 §2.3, RFC 7523, OpenID Connect Core §9: how clients of the standard endpoints say who they are.

const (
	backend   = "backend" // has two secrets
	signing   = "signing" // has keys
	oldSecret = "old-secret%of+the/backend=0123456789"
	newSecret = "new:secret%of+the/backend=0123456789"
	jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	revoke    = "/oauth2/revoke"
	inspect   = "/oauth2/introspect"
)

// clientKey is the key of the client that has one.
var clientKey = sync.OnceValue(func() jose.JSONWebKey { return es256(&testing.T{}, "mine") })

// withServers adds confidential clients.
func withServers(c *handler.Config) {
	key := clientKey()
	c.Clients = append(c.Clients,
		handler.Client{ID: backend, Secrets: []string{oldSecret, newSecret}},
		handler.Client{ID: signing, Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}}},
		handler.Client{ID: "off-duty", Secrets: []string{oldSecret}, Disabled: true},
	)
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// ask sends a form with an Authorization header; "" means none.
func (w *world) ask(path, authorization string, pairs ...string) answer {
	w.Helper()
	r := request(w.T, w.base+path, form(pairs...))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return w.send(r)
}

// plainly is an error as RFC 6749 §5.2 has it, and nothing of the envelope.
func (a answer) plainly(status int, code string) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%v", a.body)
	assert.Equal(a.t, code, a.body["error"])
	assert.NotEmpty(a.t, a.body["error_description"])
	assert.NotContains(a.t, a.body["error_description"], "AADSTS")
	assert.Len(a.t, a.body, 2, "%v", a.body)
	assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"))
	return a
}

// empty is an answer of 200 that tells nothing.
func (a answer) empty() {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	assert.Empty(a.t, a.body)
	assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"))
}

// inactive is all that is told of a token that is good for nothing.
func (a answer) inactive(why ...any) {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	assert.Equal(a.t, map[string]any{"active": false}, a.body, why...)
}

func (a answer) active() answer {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	require.Equal(a.t, true, a.body["active"], "%v", a.body)
	return a
}

func TestClientAuth_ASecretIsTakenInOneOfTwoPlaces(t *testing.T) {
	w := newWorld(t, withServers)
	for _, row := range []struct {
		name, authorization string
		pairs               []string
		challenged          bool
		status              int
		code                string
	}{
		{"the first secret in the header", basic(backend, oldSecret), nil, false, 200, ""},
		{"the second secret in the header", basic(backend, newSecret), nil, false, 200, ""},
		{"the scheme in another case", "bASIC " + basic(backend, newSecret)[6:], nil, false, 200, ""},
		{"the same client in the body, too", basic(backend, newSecret), []string{"client_id", backend}, false, 200, ""},
		{"the first secret in the body", "", []string{"client_id", backend, "client_secret", oldSecret}, false, 200, ""},
		{"the second secret in the body", "", []string{"client_id", backend, "client_secret", newSecret}, false, 200, ""},

		{"a wrong secret in the header", basic(backend, newSecret+"x"), nil, true, 401, "invalid_client"},
		{"a secret that is not form-encoded", "Basic " + base64.StdEncoding.EncodeToString([]byte(backend+":"+newSecret)), nil, true, 401, "invalid_client"},
		{"the start of a secret", basic(backend, newSecret[:len(newSecret)-1]), nil, true, 401, "invalid_client"},
		{"an empty secret", basic(backend, ""), nil, true, 401, "invalid_client"},
		{"an unknown client in the header", basic("nobody", newSecret), nil, true, 401, "invalid_client"},
		{"a disabled client", basic("off-duty", oldSecret), nil, true, 401, "invalid_client"},
		{"a client that has keys only", basic(signing, newSecret), nil, true, 401, "invalid_client"},
		{"a public client with a secret", basic(plain, newSecret), nil, true, 401, "invalid_client"},
		{"a confidential client without any credential", basic("secretive", newSecret), nil, true, 401, "invalid_client"},
		{"another scheme", "Bearer " + newSecret, nil, true, 401, "invalid_client"},
		{"a header without a secret", "Basic " + base64.StdEncoding.EncodeToString([]byte(backend)), nil, true, 401, "invalid_client"},
		{"a header that is no base64", "Basic ???", nil, true, 401, "invalid_client"},
		{"an empty header of the scheme", "Basic", nil, true, 401, "invalid_client"},
		{"a wrong secret in the body", "", []string{"client_id", backend, "client_secret", "x" + newSecret}, false, 401, "invalid_client"},
		{"an unknown client in the body", "", []string{"client_id", "nobody", "client_secret", newSecret}, false, 401, "invalid_client"},
		{"a confidential client's bare name", "", []string{"client_id", backend}, false, 401, "invalid_client"},
		{"an empty secret in the body is none", "", []string{"client_id", backend, "client_secret", ""}, false, 401, "invalid_client"},
		{"the bare name of one without any credential", "", []string{"client_id", "secretive"}, false, 401, "invalid_client"},
		{"a disabled client's bare name", "", []string{"client_id", "off"}, false, 401, "invalid_client"},
		{"no client", "", nil, false, 401, "invalid_client"},

		{"secrets in both places", basic(backend, newSecret), []string{"client_id", backend, "client_secret", newSecret}, false, 400, "invalid_request"},
		{"another client in the body", basic(backend, newSecret), []string{"client_id", plain}, false, 400, "invalid_request"},
		{"a header beside an assertion", basic(backend, newSecret), []string{"client_assertion_type", jwtBearer, "client_assertion", "x.y.z"}, false, 400, "invalid_request"},
		{"a secret beside an assertion", "", []string{"client_secret", newSecret, "client_assertion_type", jwtBearer, "client_assertion", "x.y.z"}, false, 400, "invalid_request"},
		{"a secret twice", "", []string{"client_id", backend, "client_secret", newSecret, "client_secret", newSecret}, false, 400, "invalid_request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, path := range []string{revoke, inspect} {
				a := w.ask(path, row.authorization, append([]string{"token", "no token"}, row.pairs...)...)
				if row.challenged {
					assert.Equal(t, `Basic realm="nativeauth"`, a.header.Get("WWW-Authenticate"))
				} else {
					assert.Empty(t, a.header.Values("WWW-Authenticate"))
				}
				if row.status == 200 {
					assert.Equal(t, 200, a.status, "%v", a.body)
					continue
				}
				a.plainly(row.status, row.code)
			}
		})
	}
}

func TestClientAuth_TwoHeadersAreTwoWays(t *testing.T) {
	w := newWorld(t, withServers)
	r := request(t, w.base+revoke, form("token", "x"))
	r.Header["Authorization"] = []string{basic(backend, newSecret), basic(backend, newSecret)}
	w.send(r).plainly(400, "invalid_request")
}

func TestClientAuth_APublicClientNamesItself(t *testing.T) {
	w := newWorld(t, withServers)
	w.ask(revoke, "", "client_id", plain, "token", "x").empty()
	w.ask(inspect, "", "client_id", plain, "token", "x").plainly(401, "invalid_client")
}

// assertion signs claims for the client that has keys, with changes in pairs; nil takes one away.
func (w *world) assertion(key jose.JSONWebKey, changes ...any) string {
	w.Helper()
	now := w.clock.now().Unix()
	claims := map[string]any{"iss": signing, "sub": signing, "aud": self, "jti": rand.Text(), "exp": now + 60, "iat": now}
	for i := 0; i < len(changes); i += 2 {
		claims[changes[i].(string)] = changes[i+1]
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(claims)
	require.NoError(w, err)
	var signedBy any = key
	if key.KeyID == "" {
		signedBy = key.Key // names no kid in the header
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: signedBy}, (&jose.SignerOptions{}).WithType("JWT"))
	require.NoError(w, err)
	jws, err := signer.Sign(text)
	require.NoError(w, err)
	compact, err := jws.CompactSerialize()
	require.NoError(w, err)
	return compact
}

func asserted(text string, more ...string) []string {
	return append([]string{"token", "x", "client_assertion_type", jwtBearer, "client_assertion", text}, more...)
}

func TestClientAuth_AnAssertionIsJudgedByEveryClaim(t *testing.T) {
	w := newWorld(t, withServers)
	now := w.clock.now().Unix()
	key := clientKey()
	unnamed, stranger := key, es256(t, "mine")
	unnamed.KeyID = ""
	hmac := jose.JSONWebKey{Key: []byte(strings.Repeat("k", 32)), KeyID: "mine", Algorithm: "HS256"}
	for _, row := range []struct {
		name    string
		key     jose.JSONWebKey
		changes []any
		good    bool
	}{
		{"the issuer as audience", key, nil, true},
		{"the endpoint as audience", key, []any{"aud", self + inspect}, true},
		{"the token endpoint as audience", key, []any{"aud", self + "/oauth2/v2.0/token"}, true},
		{"a list of these", key, []any{"aud", []string{self, self + inspect}}, true},
		{"a header that names no key", unnamed, nil, true},
		{"an end ten minutes away", key, []any{"exp", now + 600}, true},
		{"an end ten minutes away by a clock that is a minute ahead", key, []any{"exp", now + 660}, true},
		{"an end within the leeway", key, []any{"exp", now - 59}, true},
		{"times with a fraction", key, []any{"exp", float64(now) + 60.5}, true},
		{"no issue time", key, []any{"iat", nil}, true},

		{"another audience", key, []any{"aud", "https://id.example"}, false},
		{"another endpoint of ours", key, []any{"aud", self + "/signup/v1.0/start"}, false},
		{"no audience", key, []any{"aud", nil}, false},
		{"an empty list of audiences", key, []any{"aud", []string{}}, false},
		{"an audience beside ours", key, []any{"aud", []string{self, "https://id.example"}}, false},
		{"another issuer", key, []any{"iss", backend}, false},
		{"no issuer", key, []any{"iss", nil}, false},
		{"no subject", key, []any{"sub", nil, "iss", nil}, false},
		{"a client that is not there", key, []any{"sub", "nobody", "iss", "nobody"}, false},
		{"a client without keys", key, []any{"sub", backend, "iss", backend}, false},
		{"no id", key, []any{"jti", nil}, false},
		{"no end", key, []any{"exp", nil}, false},
		{"an end that is past", key, []any{"exp", now - 60}, false},
		{"an end eleven minutes away and a second", key, []any{"exp", now + 661}, false},
		{"an end beyond all times", key, []any{"exp", 1e300}, false},
		{"an end that is text", key, []any{"exp", "never"}, false},
		{"a time of issue to come", key, []any{"iat", now + 61}, false},
		{"a beginning to come", key, []any{"nbf", now + 61}, false},
		{"another key of the same name", stranger, nil, false},
		{"a secret in place of a key", hmac, nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := w.assertion(row.key, row.changes...)
			a := w.ask(inspect, "", asserted(text)...)
			if row.good {
				a.inactive()
				return
			}
			a.plainly(401, "invalid_client")
			assert.Empty(t, a.header.Values("WWW-Authenticate"))
		})
	}
}

func TestClientAuth_AnAssertionHasItsFormAndType(t *testing.T) {
	w := newWorld(t, withServers)
	good := func() string { return w.assertion(clientKey()) }
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + strings.Split(good(), ".")[1] + "."
	for _, row := range []struct {
		name   string
		pairs  []string
		status int
		code   string
	}{
		{"with the client's id", asserted(good(), "client_id", signing), 200, ""},
		{"with another client's id", asserted(good(), "client_id", plain), 401, "invalid_client"},
		{"of another type", []string{"token", "x", "client_assertion", good(), "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, 401, "invalid_client"},
		{"without a type", []string{"token", "x", "client_assertion", good()}, 400, "invalid_request"},
		{"a type alone", []string{"token", "x", "client_assertion_type", jwtBearer, "client_id", plain}, 400, "invalid_request"},
		{"no JWT", asserted("x.y.z"), 401, "invalid_client"},
		{"unsigned", asserted(none), 401, "invalid_client"},
		{"changed", asserted(mutate(good())), 401, "invalid_client"},
		{"twice in one request", asserted(good(), "client_assertion", good()), 400, "invalid_request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := w.ask(inspect, "", row.pairs...)
			if row.status == 200 {
				a.inactive()
				return
			}
			a.plainly(row.status, row.code)
		})
	}
}

func TestClientAuth_AnAssertionIsGoodOnce(t *testing.T) {
	same := withKeys(t)
	twin := func(c *handler.Config) {
		c.Clients = append(c.Clients, c.Clients[len(c.Clients)-2])
		c.Clients[len(c.Clients)-1].ID = "twin"
	}
	w := newWorld(t, same, withServers, twin)
	other := w.sibling(same, withServers)
	text := w.assertion(clientKey(), "jti", "one", "exp", w.clock.now().Add(10*time.Minute).Unix())
	w.ask(inspect, "", asserted(text)...).inactive()
	w.ask(inspect, "", asserted(text)...).plainly(401, "invalid_client")
	other.ask(revoke, "", asserted(text)...).plainly(401, "invalid_client")
	w.ask(revoke, "", asserted(w.assertion(clientKey(), "jti", "one"))...).plainly(401, "invalid_client")
	w.ask(inspect, "", asserted(w.assertion(clientKey(), "jti", "one", "iss", "twin", "sub", "twin"))...).inactive()
	w.clock.pass(10*time.Minute + 59*time.Second)
	w.ask(inspect, "", asserted(text)...).plainly(401, "invalid_client")
	w.ask(inspect, "", asserted(w.assertion(clientKey(), "jti", "two"))...).inactive()
}

// statusesOf sends a body n times at once and counts the statuses of the answers.
func (w *world) statusesOf(n int, path, body string) map[int]int {
	w.Helper()
	var mu sync.Mutex
	statuses := map[int]int{}
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			resp, err := caller.Post(w.base+path, "application/x-www-form-urlencoded", strings.NewReader(body))
			if !assert.NoError(w, err) {
				return
			}
			resp.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			statuses[resp.StatusCode]++
		})
	}
	all.Wait()
	return statuses
}

func TestClientAuth_OfManyUsesOfAnAssertionOneSucceeds(t *testing.T) {
	w := newWorld(t, withServers)
	body := form(asserted(w.assertion(clientKey()))...)
	assert.Equal(t, map[int]int{200: 1, 401: 29}, w.statusesOf(30, inspect, body))
}

func TestClientAuth_ARefusedAssertionIsNotUsedUp(t *testing.T) {
	w := newWorld(t, withServers)
	w.ask(inspect, "", asserted(w.assertion(es256(t, "mine"), "jti", "one"))...).plainly(401, "invalid_client")
	w.ask(inspect, "", asserted(w.assertion(clientKey(), "jti", "one"))...).inactive()
}

func TestClientAuth_AssertionsOfEveryAlgorithmAreTaken(t *testing.T) {
	keys := []jose.JSONWebKey{es256(t, "a"), rs256(t, "b"), eddsa(t, "c")}
	w := newWorld(t, func(c *handler.Config) {
		var set jose.JSONWebKeySet
		for _, k := range keys {
			set.Keys = append(set.Keys, k.Public())
		}
		c.Clients = append(c.Clients, handler.Client{ID: signing, Keys: set})
	})
	for _, k := range keys {
		w.ask(inspect, "", asserted(w.assertion(k))...).inactive()
		k.KeyID = ""
		w.ask(inspect, "", asserted(w.assertion(k))...).inactive()
	}
	crossed := keys[0]
	crossed.KeyID = "b"
	w.ask(inspect, "", asserted(w.assertion(crossed))...).plainly(401, "invalid_client")
}

// The contract's row 550022, whatever makes a client confidential.
func TestClientAuth_ConfidentialClientsStayOutOfTheNativeAPI(t *testing.T) {
	w := newWorld(t, withServers)
	for _, path := range endpoints {
		for _, id := range []string{backend, signing, "secretive"} {
			w.ask(path, "", "client_id", id, "username", casey, "challenge_type", native).refused(400, "invalid_client", "", 550022)
			w.ask(path, basic(id, newSecret), "client_id", id, "client_secret", newSecret).refused(400, "invalid_client", "", 550022)
		}
	}
}

func TestClientAuth_NoSecretIsLogged(t *testing.T) {
	var log lines
	w := newWorld(t, withServers, func(c *handler.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Logger.Info("config", "client", c.Clients[len(c.Clients)-3])
	})
	good := w.assertion(clientKey())
	canaries := []string{newSecret, oldSecret, "a-wrong-secret-of-32-characters-or-more", basic(backend, newSecret)[6:], good, "the-token"}
	for _, s := range canaries[:3] {
		w.ask(inspect, basic(backend, s), "token", "the-token")
		w.ask(inspect, basic(backend, s), "token", "the-token", "client_secret", s)
		w.ask(inspect, "", "client_id", backend, "client_secret", s, "token", "the-token")
	}
	w.ask(inspect, "", asserted(good)...).inactive()
	w.ask(inspect, "", asserted(good)...).plainly(401, "invalid_client")
	assert.Contains(t, log.String(), "wrong secret")
	for _, s := range canaries {
		assert.NotContains(t, log.String(), s)
		assert.NotContains(t, log.String(), url.QueryEscape(s))
	}
}

func TestConfig_CredentialsOfClientsAreChecked(t *testing.T) {
	public := clientKey()
	public = public.Public()
	small, private := rs256(t, "small"), es256(t, "private")
	for _, row := range []struct {
		client  handler.Client
		problem string
	}{
		{handler.Client{ID: "a", Secrets: []string{newSecret, strings.Repeat("x", 31)}}, "Clients[0]: Secrets[1] has 31 characters: set 32 to 1024, random ones"},
		{handler.Client{ID: "a", Secrets: []string{strings.Repeat("x", 1025)}}, "Clients[0]: Secrets[0] has 1025 characters: set 32 to 1024, random ones"},
		{handler.Client{ID: "a", Secrets: []string{newSecret + " "}}, "Clients[0]: Secrets[0] holds blanks or characters beyond printable ASCII"},
		{handler.Client{ID: "a", Secrets: []string{strings.Repeat("é", 32)}}, "Clients[0]: Secrets[0] holds blanks or characters beyond printable ASCII"},
		{clientWith(private), `Clients[0]: Keys: token: verification key "private" is not a public key`},
		{clientWith(jose.JSONWebKey{Key: public.Key, Algorithm: "ES256"}), `Clients[0]: Keys: token: verification key id "" is empty or used twice`},
		{clientWith(jose.JSONWebKey{Key: public.Key, KeyID: "a"}), `Clients[0]: Keys: token: key "a" has algorithm "": set one of [ES256 RS256 EdDSA], the one it is for`},
		{clientWith(jose.JSONWebKey{Key: public.Key, KeyID: "a", Algorithm: "RS256"}), `Clients[0]: Keys: token: key "a" has algorithm "RS256": set one of [ES256 RS256 EdDSA], the one it is for`},
		{clientWith(jose.JSONWebKey{Key: []byte(newSecret), KeyID: "a", Algorithm: "HS256"}), `Clients[0]: Keys: token: verification key "a" is not a public key`},
		{clientWith(small.Public()), ""},
		{handler.Client{ID: "a", Secrets: []string{strings.Repeat("x", 32)}}, ""},
		{handler.Client{ID: "a", Confidential: true}, ""},
	} {
		c := complete(t)
		c.Clients = []handler.Client{row.client}
		err := c.Validate()
		if row.problem == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, row.problem)
		for _, s := range row.client.Secrets {
			assert.NotContains(t, err.Error(), s)
		}
	}
}

func clientWith(k jose.JSONWebKey) handler.Client {
	return handler.Client{ID: "a", Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k}}}
}

func TestDiscovery_SaysHowClientsAuthenticate(t *testing.T) {
	w := newWorld(t, withServers)
	d := w.method("GET", documents[0]).body
	confidential := []any{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	assert.Equal(t, append([]any{"none"}, confidential...), d["token_endpoint_auth_methods_supported"])
	assert.Equal(t, append([]any{"none"}, confidential...), d["revocation_endpoint_auth_methods_supported"])
	assert.Equal(t, confidential, d["introspection_endpoint_auth_methods_supported"])
	assert.Equal(t, self+inspect, d["introspection_endpoint"])
	for _, name := range []string{"token", "revocation", "introspection"} {
		assert.Equal(t, []any{"ES256", "RS256", "EdDSA"}, d[name+"_endpoint_auth_signing_alg_values_supported"], name)
	}
	secrets := newWorld(t, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: backend, Secrets: []string{newSecret}})
	}).method("GET", documents[0]).body
	assert.Equal(t, []any{"client_secret_basic", "client_secret_post"}, secrets["introspection_endpoint_auth_methods_supported"])
	assert.NotContains(t, secrets, "introspection_endpoint_auth_signing_alg_values_supported")
}

// What holds for every endpoint holds for these, in their own shape.
func TestStandard_TransportIsAsEverywhere(t *testing.T) {
	w := newWorld(t, withServers, withOrigins)
	auth := basic(backend, newSecret)
	for _, path := range []string{revoke, inspect} {
		for _, m := range []string{"GET", "PUT", "DELETE"} {
			a := w.method(m, path).plainly(405, "invalid_request")
			assert.Equal(t, "POST, OPTIONS", a.header.Get("Allow"))
		}
		for name, row := range map[string]struct {
			contentType, body string
			status            int
		}{
			"JSON":                     {"application/json", `{"token":"x"}`, 415},
			"a large body":             {"application/x-www-form-urlencoded", strings.Repeat("x", 65<<10), 413},
			"a long token":             {"application/x-www-form-urlencoded", form("token", strings.Repeat("x", 16385)), 400},
			"the longest token":        {"application/x-www-form-urlencoded", form("token", strings.Repeat("x", 16384)), 200},
			"a token twice":            {"application/x-www-form-urlencoded", "token=x&token=x", 400},
			"a hint twice":             {"application/x-www-form-urlencoded", "token=x&token_type_hint=a&token_type_hint=a", 400},
			"no token":                 {"application/x-www-form-urlencoded", "token_type_hint=refresh_token", 400},
			"an empty token":           {"application/x-www-form-urlencoded", "token=", 400},
			"a control character":      {"application/x-www-form-urlencoded", "token=%00", 400},
			"65 parameters":            {"application/x-www-form-urlencoded", "token=x" + strings.Repeat("&a=b", 64), 400},
			"an unknown hint":          {"application/x-www-form-urlencoded", "token=x&token_type_hint=pepper", 200},
			"no content type":          {"", "token=x", 200},
			"unknown ones are ignored": {"application/x-www-form-urlencoded", "token=x&a=b&a=c", 200},
		} {
			r := request(t, w.base+path, row.body)
			r.Header.Set("Authorization", auth)
			r.Header.Set("Origin", appOrigin)
			r.Header.Del("Content-Type")
			if row.contentType != "" {
				r.Header.Set("Content-Type", row.contentType)
			}
			a := w.send(r)
			assert.Equal(t, row.status, a.status, "%s: %v", name, a.body)
			assert.Equal(t, appOrigin, a.header.Get("Access-Control-Allow-Origin"), name)
			if row.status != 200 {
				a.plainly(row.status, "invalid_request")
			}
		}
		h := w.preflight(path, appOrigin).Header
		assert.Equal(t, "POST, OPTIONS", h.Get("Access-Control-Allow-Methods"))
		noCORS(t, w.preflight(path, "https://evil.example").Header, path)
		assert.Equal(t, 401, w.ask(path+"?"+form("client_id", backend, "client_secret", newSecret), "", "token", "x").status, "the URL is not read")
	}
}

// unreachable checks that a part that is out of order is told as such, and no more.
func unreachable(t *testing.T, r reply, m mode, what string) {
	t.Helper()
	require.NoError(t, r.err, what)
	status, code := 503, "temporarily_unavailable"
	if m == panics {
		status, code = 500, "server_error"
	} else {
		assert.NotEmpty(t, r.header.Get("Retry-After"), what)
	}
	assert.Equal(t, status, r.status, "%s: %s", what, r.text)
	assert.Less(t, r.took, soon, what)
	assert.Equal(t, "no-store", r.header.Get("Cache-Control"), what)
	assert.Empty(t, r.header.Get("WWW-Authenticate"), what)
	var e map[string]any
	require.NoError(t, json.Unmarshal(r.text, &e), "%s: %s", what, r.text)
	assert.Equal(t, code, e["error"], what)
	assert.Len(t, e, 2, what)
	for _, word := range leaks {
		assert.NotContains(t, string(r.text), word, what)
	}
}
