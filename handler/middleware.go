package handler

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/nativeauth/nativeauth/token"
)

// Caller is who calls a protected route: a user, through a client. It comes from an access token
// that RequireToken has checked, or from a session that RequireSession has, which has no scopes.
type Caller struct {
	UserID   string // of store.User
	ClientID string
	Scopes   []string
	Claims   map[string]any // all of the token's, the host's own among them; of a session sub, client_id, auth_time, amr and acr; numbers are float64
}

// callerKey is where a request's context holds its Caller.
type callerKey struct{}

// CallerFrom returns the caller of a request that came through RequireToken or RequireSession; false if it did not.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// RequireToken returns a middleware that lets a request through if it carries, as RFC 6750 §2.1 has
// it, an access token of this API with all the scopes named. Others get the answers of RFC 6750 §3:
// 401 without a good token, 403 without the scopes, 400 for a header that cannot be read; and 503
// with Retry-After while the keys cannot be had. The token must be for the resource that the
// scopes belong to; without scopes of a resource, for the app's own API.
//
// The token alone is looked at, not the user: who was disabled since is refused when the token
// ends. RequireToken panics if a scope is in no resource of the config, or the scopes are of two:
// no token could pass.
func (a *Auth) RequireToken(scopes ...string) func(http.Handler) http.Handler {
	audience, err := a.audienceOf(scopes)
	if err != nil {
		panic("handler: RequireToken: " + err.Error())
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			caller, refused := a.callerOf(r, audience, scopes)
			if refused != nil {
				refused.write(w)
				return
			}
			next.ServeHTTP(w, r.WithContext(a.WithRequest(context.WithValue(r.Context(), callerKey{}, caller), r)))
		})
	}
}

// audienceOf returns the resource that all scopes belong to, which is the app itself if none of
// them says otherwise.
func (a *Auth) audienceOf(scopes []string) (string, error) {
	audience := ""
	for _, s := range scopes {
		if s == "openid" || s == "profile" || s == "email" {
			continue
		}
		i := slices.IndexFunc(a.cfg.Resources, func(r Resource) bool { return slices.Contains(r.Scopes, s) })
		if i < 0 {
			return "", fmt.Errorf("scope %q is in no resource", s)
		}
		if audience != "" && audience != a.cfg.Resources[i].Audience {
			return "", fmt.Errorf("scope %q is of another resource than the ones before", s)
		}
		audience = a.cfg.Resources[i].Audience
	}
	return cmp.Or(audience, a.cfg.Issuer), nil
}

// callerOf checks the token of a request.
func (a *Auth) callerOf(r *http.Request, audience string, scopes []string) (Caller, *refusal) {
	text, refused := bearer(r)
	if refused != nil {
		return Caller{}, refused
	}
	raw, err := a.verify(r, text)
	if err != nil && !errors.Is(err, token.ErrInvalid) {
		a.troubled(r, "nativeauth: token not checked", err)
		if errors.Is(err, errPanic) {
			return Caller{}, refusePanic
		}
		return Caller{}, refuseKeys
	}
	var claims struct {
		Subject  string         `json:"sub"`
		Audience token.Audience `json:"aud"`
		ClientID string         `json:"client_id"`
		Scope    string         `json:"scope"`
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil || !slices.Contains(claims.Audience, audience) || claims.Subject == "" {
		return Caller{}, refuseToken
	}
	c := Caller{UserID: claims.Subject, ClientID: claims.ClientID, Scopes: strings.Fields(claims.Scope)}
	for _, s := range scopes {
		if !slices.Contains(c.Scopes, s) {
			return Caller{}, refuseScope(scopes)
		}
	}
	if json.Unmarshal(raw, &c.Claims) != nil {
		return Caller{}, refuseToken
	}
	return c, nil
}

// verify returns the claims of a token, for which it asks the host's keys.
func (a *Auth) verify(r *http.Request, text string) (claims json.RawMessage, err error) {
	defer recovered(&err)
	ctx, cancel := context.WithTimeout(r.Context(), stepTimeout)
	defer cancel()
	return a.signer.Verify(ctx, token.AccessToken, text, a.cfg.Issuer, a.cfg.Now())
}

// bearer returns the token of a request.
func bearer(r *http.Request) (string, *refusal) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return "", refuseMissing
	}
	scheme, text, _ := strings.Cut(headers[0], " ")
	text = strings.TrimLeft(text, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", refuseMissing
	}
	if len(headers) > 1 || text == "" || strings.ContainsAny(text, " ,") {
		return "", refuseRequest
	}
	return text, nil
}

// refusal is an answer of RFC 6750 §3.
type refusal struct {
	status      int
	code        string // "" where the request carries nothing to be wrong
	description string
	scope       string
	cause       error // for the log, where there is one
}

func (f *refusal) Error() string {
	if f.cause != nil {
		return f.cause.Error()
	}
	return f.description
}

// because returns a copy that knows why.
func (f *refusal) because(err error) *refusal { c := *f; c.cause = err; return &c }

// orNil is an error, or none.
func (f *refusal) orNil() error {
	if f == nil {
		return nil
	}
	return f
}

// word is the error in the body, which has one where the header has none.
func (f *refusal) word() string { return cmp.Or(f.code, "unauthorized") }

var (
	refuseMissing = &refusal{status: http.StatusUnauthorized, description: "An access token is required."}
	refuseRequest = &refusal{status: http.StatusBadRequest, code: "invalid_request", description: "The Authorization header is malformed."}
	refuseToken   = &refusal{status: http.StatusUnauthorized, code: "invalid_token", description: "The access token is not valid, has expired, or is for another API."}
	refusePanic   = &refusal{status: http.StatusInternalServerError, code: "server_error", description: "The server made a mistake."}
	refuseKeys    = &refusal{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", description: "The access token cannot be checked now."}
)

func refuseScope(scopes []string) *refusal {
	return &refusal{http.StatusForbidden, "insufficient_scope", "The access token lacks a scope.", strings.Join(scopes, " "), nil}
}

// challenge is the value of WWW-Authenticate.
func (f *refusal) challenge() string {
	text := `Bearer realm="nativeauth"`
	if f.code != "" {
		text += fmt.Sprintf(`, error=%q, error_description=%q`, f.code, f.description)
	}
	if f.scope != "" {
		text += fmt.Sprintf(`, scope=%q`, f.scope)
	}
	return text
}

func (f *refusal) write(w http.ResponseWriter) {
	if f.status < http.StatusInternalServerError {
		w.Header().Set("WWW-Authenticate", f.challenge())
	}
	f.send(w)
}

// send writes the answer without a challenge.
func (f *refusal) send(w http.ResponseWriter) {
	body := fmt.Sprintf(`{"error":%q,"error_description":%q}`+"\n", f.word(), f.description)
	h := w.Header()
	if f.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(f.status)
	_, _ = w.Write([]byte(body)) // the client has gone: nothing is left to tell it
}
