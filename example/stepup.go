package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// recentEnough is how long after signing in people may change what signs them in. Somebody who finds a
// device unlocked, or a token, is too late.
const recentEnough = 10 * time.Minute

// twoFactors is the acr of tokens for which two factors have passed.
const twoFactors = "2"

// stepUp says that a token is good, and the sign-in behind it not enough for what is asked (RFC 9470).
type stepUp struct{ second bool }

func (s *stepUp) Error() string { return "a new sign-in is required" }

// enough judges a sign-in. An account with second factors keeps them from whoever has passed the first
// alone: an app that asks for none would be a way around them.
func enough(c handler.Caller, u store.User, now time.Time) error {
	at, _ := c.Claims["auth_time"].(float64)
	acr, _ := c.Claims["acr"].(string)
	second := len(u.Methods) > 0 && acr != twoFactors
	if second || now.Sub(time.Unix(int64(at), 0)) > recentEnough {
		return &stepUp{second}
	}
	return nil
}

// recently answers those only whose sign-in is enough.
func recently(answer answerFunc) answerFunc {
	return func(r *http.Request, c handler.Caller, u store.User) (any, error) {
		if err := enough(c, u, time.Now()); err != nil {
			return nil, err
		}
		return answer(r, c, u)
	}
}

// write says which sign-in would be enough (RFC 9470 §3).
func (s *stepUp) write(w http.ResponseWriter) {
	const code = "insufficient_user_authentication"
	body := map[string]any{"error": code, "max_age": recentEnough.Seconds()}
	challenge := fmt.Sprintf(`Bearer error=%q, error_description="A new sign-in is required.", max_age="%.0f"`, code, recentEnough.Seconds())
	if s.second {
		body["acr_values"] = twoFactors
		challenge += fmt.Sprintf(`, acr_values=%q`, twoFactors)
	}
	w.Header().Set("WWW-Authenticate", challenge)
	reply(w, http.StatusUnauthorized, body)
}
