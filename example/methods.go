package main

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// methods is the app's own API by which people look after their second factors. It stands behind
// RequireToken.
type methods struct {
	auth  *handler.Auth
	users store.Users
}

// mount registers the routes. protect lets those through who have a token.
func (m methods) mount(mux handler.Mux, protect func(http.Handler) http.Handler) {
	for pattern, answer := range map[string]answerFunc{
		"GET /api/methods":               m.list,
		"POST /api/methods/totp":         recently(m.newTOTP),
		"POST /api/methods/totp/confirm": recently(m.confirmTOTP),
		"POST /api/methods/recovery":     recently(m.newRecovery),
		"DELETE /api/methods/{id}":       recently(m.remove),
	} {
		mux.Handle(pattern, protect(m.endpoint(answer)))
	}
}

// answerFunc answers a request of a user, whom the token names.
type answerFunc func(r *http.Request, c handler.Caller, u store.User) (any, error)

// endpoint finds the caller of the token, and says in JSON what comes of the request.
func (m methods) endpoint(answer answerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := handler.CallerFrom(r.Context())
		if !ok { // mounted without RequireToken
			reply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
			return
		}
		u, err := m.users.UserByID(r.Context(), c.UserID)
		if err == nil && u.Disabled {
			err = store.ErrNotFound // tokens go on until they end, and not the right to change anything
		}
		var body any
		if err == nil {
			body, err = answer(r, c, u)
		}
		if err != nil {
			refuse(w, r, err)
			return
		}
		reply(w, http.StatusOK, body)
	})
}

// refusals are the errors that a caller can do something about.
var refusals = map[error]struct {
	status int
	code   string
}{
	store.ErrNotFound:      {http.StatusNotFound, "user_not_found"}, // no longer
	handler.ErrNoMethod:    {http.StatusNotFound, "method_not_found"},
	handler.ErrWrongCode:   {http.StatusBadRequest, "wrong_code"},
	handler.ErrMethodsFull: {http.StatusConflict, "too_many_methods"},
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	if s, ok := errors.AsType[*stepUp](err); ok {
		s.write(w)
		return
	}
	for known, refusal := range refusals {
		if errors.Is(err, known) {
			reply(w, refusal.status, map[string]string{"error": refusal.code})
			return
		}
	}
	slog.ErrorContext(r.Context(), "methods", "error", err)
	reply(w, http.StatusServiceUnavailable, map[string]string{"error": "temporarily_unavailable"})
}

// methodAnswer is a method as its owner sees it.
type methodAnswer struct {
	ID      string           `json:"id"`
	Kind    store.MethodKind `json:"kind"`
	Target  string           `json:"target,omitempty"`
	Left    int              `json:"codes_left,omitempty"`
	AddedAt time.Time        `json:"added_at"`
}

func (m methods) list(_ *http.Request, _ handler.Caller, u store.User) (any, error) {
	list := []methodAnswer{} // [] and not null
	for _, method := range u.Methods {
		list = append(list, methodAnswer{method.ID, method.Kind, method.Target, len(method.Codes), method.AddedAt})
	}
	return map[string]any{"methods": list}, nil
}

func (m methods) newTOTP(r *http.Request, _ handler.Caller, u store.User) (any, error) {
	secret, err := m.auth.NewTOTP(r.Context(), u.ID)
	return map[string]string{"otpauth_uri": secret.URI, "secret": secret.Text}, err
}

// longestCode is more than any code takes, in bytes of a form.
const longestCode = 1 << 10

func (m methods) confirmTOTP(r *http.Request, _ handler.Caller, u store.User) (any, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, longestCode)
	codes, err := m.auth.ConfirmTOTP(r.Context(), u.ID, r.PostFormValue("code"))
	return recoveryAnswer(codes), err
}

func (m methods) newRecovery(r *http.Request, _ handler.Caller, u store.User) (any, error) {
	codes, err := m.auth.NewRecoveryCodes(r.Context(), u.ID)
	return recoveryAnswer(codes), err
}

func recoveryAnswer(codes []string) any {
	if codes == nil {
		codes = []string{} // the account has some already
	}
	return map[string][]string{"recovery_codes": codes}
}

func (m methods) remove(r *http.Request, _ handler.Caller, u store.User) (any, error) {
	return struct{}{}, m.auth.RemoveMethod(r.Context(), u.ID, r.PathValue("id"))
}
