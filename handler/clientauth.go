package handler

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/token"
)

// The ways in which a client authenticates: OpenID Connect Core §9.
const (
	authNone   = "none"
	authBasic  = "client_secret_basic"
	authPost   = "client_secret_post"
	authJWT    = "private_key_jwt"
	jwtBearer  = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 §2.2
	basicRealm = `Basic realm="nativeauth"`
)

// errClientAuth says that a client is not who it says, or does not say. What is wrapped around it is for
// the log: a caller learns no more.
var errClientAuth = errors.New("the client is not authenticated")

// The kinds of it that the token endpoint tells apart, as Entra does.
var (
	errCredentialMissing = noClient("no credential of a confidential client")
	errSecretWrong       = noClient("wrong secret")
	errAssertionBad      = noClient("the assertion is not good")
	errCredentialOfNone  = noClient("a public client has no credential")
)

func noClient(reason string) error { return fmt.Errorf("%w: %s", errClientAuth, reason) }

// confidential tells whether a client has to authenticate, and so is none of the native API.
func (c Client) confidential() bool {
	return c.Confidential || len(c.Secrets) > 0 || len(c.Keys.Keys) > 0
}

// LogValue keeps secrets out of logs, whoever logs a Client.
func (c Client) LogValue() slog.Value { return slog.GroupValue(slog.String("id", c.ID)) }

// hashes are what a secret is compared by.
func (c Client) hashes() [][sha256.Size]byte {
	list := make([][sha256.Size]byte, len(c.Secrets))
	for i, s := range c.Secrets {
		list[i] = sha256.Sum256([]byte(s))
	}
	return list
}

// credential is how a request says who its client is.
type credential struct {
	id        string
	method    string
	secret    string
	assertion token.Assertion
}

// authenticate returns the client that a request comes from, once it has proven that: RFC 6749 §2.3,
// RFC 7523 §2.2. A public client only names itself. No endpoint but those of the native API, which are for
// public clients alone, finds its client in another way.
func (x *exchange) authenticate(ctx context.Context, f form) (client, error) {
	cred, err := readCredential(x.r, f)
	if err != nil {
		return client{}, err
	}
	c, err := x.auth.find(cred.id)
	if err != nil {
		return client{}, fmt.Errorf("%w: %w", errClientAuth, err)
	}
	if err := x.prove(ctx, c, cred); err != nil {
		return client{}, err
	}
	x.known(c.config.ID)
	x.server.Store(c.config.confidential())
	return c, nil
}

// prove checks the credential of a client.
func (x *exchange) prove(ctx context.Context, c client, cred credential) error {
	named := cred.method == authNone
	switch {
	case c.config.confidential() && named:
		return errCredentialMissing
	case !c.config.confidential() && !named:
		return errCredentialOfNone
	case cred.method == authJWT:
		return x.proveByKey(ctx, c, cred.assertion)
	case !named && !c.hasSecret(cred.secret):
		return errSecretWrong
	}
	return nil
}

// hasSecret compares a secret with each of the client's, however many are before the right one.
func (c client) hasSecret(text string) bool {
	sum, found := sha256.Sum256([]byte(text)), 0
	for _, s := range c.secrets {
		found |= subtle.ConstantTimeCompare(sum[:], s[:])
	}
	return found == 1
}

// proveByKey verifies an assertion, and uses it up.
func (x *exchange) proveByKey(ctx context.Context, c client, a token.Assertion) error {
	cfg := x.auth.cfg
	us := []string{cfg.Issuer, cfg.Issuer + x.tenant + x.path, cfg.Issuer + pathToken}
	if c.config.Auth0 != nil { // whose libraries write an issuer with a slash at its end
		us = append(us, cfg.Issuer+"/")
	}
	if err := a.Verify(c.config.Keys, us, cfg.Now()); err != nil {
		return fmt.Errorf("%w: %w", errAssertionBad, err)
	}
	err := x.auth.engine.UseAssertion(ctx, c.config.ID, a.ID())
	if errors.Is(err, flow.ErrAssertionUsed) {
		return fmt.Errorf("%w: %w", errAssertionBad, err)
	}
	return err
}

// readCredential reads how a request says who its client is, in one way and no more (RFC 6749 §2.3).
func readCredential(r *http.Request, f form) (credential, error) {
	headers := r.Header.Values("Authorization")
	ways := len(headers)
	if f.ClientSecret != "" {
		ways++
	}
	if f.Assertion != "" || f.AssertionType != "" {
		ways++
	}
	switch {
	case ways > 1:
		return credential{}, malformed("the client authenticates in more than one way")
	case len(headers) == 1:
		return readBasic(headers[0], f.ClientID)
	case f.Assertion != "" || f.AssertionType != "":
		return readAssertion(f)
	case f.ClientID == "":
		return credential{}, fmt.Errorf("%w: %w", errClientAuth, errClientID)
	case f.ClientSecret != "":
		return credential{id: f.ClientID, method: authPost, secret: f.ClientSecret}, nil
	}
	return credential{id: f.ClientID, method: authNone}, nil
}

// readBasic reads an Authorization header, whose parts are form-encoded: RFC 6749 §2.3.1.
func readBasic(header, inBody string) (credential, error) {
	scheme, text, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return credential{}, noClient("another scheme than Basic")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimLeft(text, " "))
	id, secret, ok := strings.Cut(string(raw), ":")
	if err != nil || !ok {
		return credential{}, noClient("a Basic header that cannot be read")
	}
	id, err = url.QueryUnescape(id)
	if err != nil {
		return credential{}, noClient("a Basic header that is not form-encoded")
	}
	secret, err = url.QueryUnescape(secret)
	if err != nil {
		return credential{}, noClient("a Basic header that is not form-encoded")
	}
	if inBody != "" && inBody != id {
		return credential{}, malformed("client_id is another than in the Authorization header")
	}
	return credential{id: id, method: authBasic, secret: secret}, nil
}

func readAssertion(f form) (credential, error) {
	switch f.AssertionType {
	case "":
		return credential{}, &flow.MissingError{Parameter: "client_assertion_type"}
	case jwtBearer:
	default:
		return credential{}, noClient("an assertion of another type")
	}
	if f.Assertion == "" {
		return credential{}, &flow.MissingError{Parameter: "client_assertion"}
	}
	a, err := token.ParseAssertion(f.Assertion)
	if err != nil {
		return credential{}, fmt.Errorf("%w: %w", errAssertionBad, err)
	}
	if f.ClientID != "" && f.ClientID != a.Client() { // RFC 7521 §4.2
		return credential{}, fmt.Errorf("%w: client_id is another", errAssertionBad)
	}
	return credential{id: a.Client(), method: authJWT, assertion: a}, nil
}

// authMethods are the ways in which the clients there are authenticate, for the discovery document.
// Public ones do not.
func (a *Auth) authMethods() (confidential []string) {
	var secrets, keys bool
	for _, c := range a.clients {
		secrets = secrets || len(c.secrets) > 0
		keys = keys || len(c.config.Keys.Keys) > 0
	}
	if secrets {
		confidential = append(confidential, authBasic, authPost)
	}
	if keys {
		confidential = append(confidential, authJWT)
	}
	return confidential
}
