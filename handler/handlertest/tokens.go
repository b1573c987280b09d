package handlertest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/nativeauth/nativeauth/handler"
)

// Tokens are what a sign-in ends in.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
	ExpiresIn    int    `json:"expires_in"` // seconds
}

// Tokens gives somebody tokens of a client without a sign-in, for the scopes that are named or, if none is, those that
// the client gets unasked. They are real ones. No second factor is asked for, so where a policy wants one a refresh is refused.
// A client with Cookies has none to give, and neither has one that authenticates with a key.
func (s *Server) Tokens(username, clientID string, scopes ...string) Tokens {
	s.t.Helper()
	form := url.Values{"client_id": {clientID}, "grant_type": {s.mint}, "user": {s.User(username).ID}}
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	for _, c := range s.cfg.Clients {
		if c.ID == clientID && len(c.Secrets) > 0 {
			form.Set("client_secret", c.Secrets[0])
		}
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.URL+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatalf("handlertest: Tokens: %v", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(mintHeader, s.mint)
	tokens, err := send(s.server.Client(), r)
	if err != nil {
		s.t.Fatalf("handlertest: Tokens for %s: %v", username, err)
	}
	return tokens
}

// send makes the call.
func send(c *http.Client, r *http.Request) (Tokens, error) {
	resp, err := c.Do(r)
	if err != nil {
		return Tokens{}, err
	}
	defer resp.Body.Close()
	var body struct {
		Tokens
		refusal
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		return Tokens{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return Tokens{}, body.refusal
	}
	return body.Tokens, nil
}

// refusal is an error of the API.
type refusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (r refusal) Error() string { return r.Code + ": " + r.Description }

// mintHeader marks the calls by which Tokens are given.
const mintHeader = "X-Handlertest-Mint"

// withMint adds to the config the grant by which Tokens are given, to all clients that can have it.
func withMint(cfg handler.Config, name string) handler.Config {
	grants := map[string]handler.Grant{name: handler.GrantFunc(mint)}
	for n, g := range cfg.Grants {
		grants[n] = g
	}
	cfg.Grants, cfg.SecondFactor = grants, unlessMinted(cfg.SecondFactor, name)
	cfg.Clients = append([]handler.Client(nil), cfg.Clients...)
	for i := range cfg.Clients {
		c := &cfg.Clients[i]
		c.SecondFactor = unlessMinted(c.SecondFactor, name)
		if !c.Cookies {
			c.GrantTypes = append([]string{name}, c.GrantTypes...)
		}
	}
	return cfg
}

func mint(_ context.Context, r handler.GrantRequest) (handler.GrantResult, error) {
	return handler.GrantResult{UserID: r.Parameters.Get("user"), AMR: []string{"otp"}}, nil
}

// unlessMinted is a policy that asks nobody whom the test gives tokens.
func unlessMinted(ask handler.SecondFactor, name string) handler.SecondFactor {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, r handler.SecondFactorRequest) (bool, error) {
		if r.Request != nil && r.Request.Header.Get(mintHeader) == name {
			return false, nil
		}
		return ask(ctx, r)
	}
}
