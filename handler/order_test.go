package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Section 3.3 of the contract: of two mistakes, that of the earlier rule is told. Each row makes
// both, and says which wins.

type mistake struct {
	name           string
	call           func(w *world) answer
	status         int
	code, suberror string
	number         int
}

func eachMistake(t *testing.T, rows []mistake) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, func(c *handler.Config) { c.Clients[0].Scopes = []string{"Orders.Read"} })
			row.call(w).refused(row.status, row.code, row.suberror, row.number)
		})
	}
}

const unknownType, noRedirect = "sms redirect", "oob"

func start(client, user, types string, more ...string) func(w *world) answer {
	return func(w *world) answer {
		return w.post(endpoints[0], append([]string{"client_id", client, "username", user, "challenge_type", types}, more...)...)
	}
}

func TestOrder_Transport(t *testing.T) {
	typed := func(method, path, contentType, body string) func(w *world) answer {
		return func(w *world) answer {
			r := request(w.T, w.base+path, body)
			r.Method = method
			r.Header.Set("Content-Type", contentType)
			return w.send(r)
		}
	}
	const formType = "application/x-www-form-urlencoded"
	large := strings.Repeat("x", 65<<10)
	eachMistake(t, []mistake{
		{"the path before the method", typed("GET", "/signup/nothing", formType, ""), 404, "invalid_request", "", 90023},
		{"the method before the media type", typed("PUT", endpoints[0], "text/plain", ""), 405, "invalid_request", "", 900561},
		{"the media type before the size", typed("POST", endpoints[0], "text/plain", large), 415, "invalid_request", "", 90023},
		{"the size before the form", typed("POST", endpoints[0], formType, "%"+large), 413, "invalid_request", "", 90023},
		{"the form before the client", typed("POST", endpoints[0], formType, "client_id=&x=%zz"), 400, "invalid_request", "", 90023},
		{"a doubled parameter before the client", typed("POST", endpoints[0], formType, "client_id=?&scope=a&scope=b"), 400, "invalid_request", "", 90023},
		{"a long parameter before the client", typed("POST", endpoints[0], formType, "oob="+strings.Repeat("1", 33)), 400, "invalid_request", "", 90023},
	})
}

func TestOrder_SignUpStart(t *testing.T) {
	taken := func(call func(w *world) answer) func(w *world) answer {
		return func(w *world) answer { w.signUp(casey); return call(w) }
	}
	eachMistake(t, []mistake{
		{"the client's form before the user name", start("?", "", native), 400, "invalid_request", "", 90100},
		{"an unknown client before the user name", start("nobody", "", native), 400, "unauthorized_client", "", 700016},
		{"a disabled client before the user name", start("off", "", native), 400, "invalid_client", "nativeauthapi_disabled", 7000112},
		{"a confidential client before the user name", start("secretive", "", native), 400, "invalid_client", "", 550022},
		{"the user name before missing challenge types", start(plain, "", ""), 400, "invalid_request", "", 90100},
		{"the user name before challenge types", start(plain, "casey", unknownType), 400, "invalid_request", "", 90100},
		{"the user name before redirect", start(plain, "casey", noRedirect), 400, "invalid_request", "", 90100},
		{"the user name before attributes", start(asking, "casey", native, "attributes", "{"), 400, "invalid_request", "", 90100},
		{"an unknown type before a missing redirect", start(plain, casey, "sms"), 400, "invalid_request", "", 901007},
		{"missing challenge types before attributes", start(asking, casey, "", "attributes", "{"), 400, "invalid_request", "", 900144},
		{"challenge types before attributes", start(asking, casey, unknownType, "attributes", "{"), 400, "invalid_request", "", 901007},
		{"redirect before attributes", start(asking, casey, noRedirect, "attributes", `{"city":"1"}`), 400, "unsupported_challenge_type", "", 901007},
		{"challenge types before the account", taken(start(plain, casey, unknownType)), 400, "invalid_request", "", 901007},
		{"the attributes' form before the account", taken(start(asking, casey, native, "attributes", "{")), 400, "invalid_request", "", 90023},
		{"the attributes' rules before the account", taken(start(asking, casey, native, "attributes", `{"city":"1"}`)), 400, "invalid_grant", "attribute_validation_failed", 901014},
		{"the account before a redirect for want of a method", taken(start(plain, casey, "password redirect")), 400, "user_already_exists", "", 1003037},
		{"attributes before a redirect for want of a method", start(asking, casey, "password redirect", "attributes", "{"), 400, "invalid_request", "", 90023},
	})
}

func TestOrder_SignInStart(t *testing.T) {
	initiate := func(client, user, types string) func(w *world) answer {
		return func(w *world) answer {
			return w.post(endpoints[3], "client_id", client, "username", user, "challenge_type", types)
		}
	}
	eachMistake(t, []mistake{
		{"the client before the user name", initiate("nobody", "", ""), 400, "unauthorized_client", "", 700016},
		{"the user name before missing challenge types", initiate(plain, "", ""), 400, "invalid_request", "", 90100},
		{"the user name before challenge types", initiate(plain, "casey", unknownType), 400, "invalid_request", "", 90100},
		{"missing challenge types before the account", initiate(plain, casey, ""), 400, "invalid_request", "", 900144},
		{"challenge types before the account", initiate(plain, casey, unknownType), 400, "invalid_request", "", 901007},
		{"redirect before the account", initiate(plain, casey, noRedirect), 400, "unsupported_challenge_type", "", 901007},
		{"the account before a redirect for want of a method", initiate(plain, casey, "password redirect"), 400, "user_not_found", "", 50034},
	})
}

func TestOrder_Challenges(t *testing.T) {
	challenge := func(path string, open func(w *world) string, client, types string, later time.Duration) func(w *world) answer {
		return func(w *world) answer {
			token := open(w)
			w.clock.pass(later)
			return w.post(path, "client_id", client, "continuation_token", token, "challenge_type", types)
		}
	}
	none := func(*world) string { return "" }
	forged := func(*world) string { return "forged" }
	for path, open := range map[string]func(w *world) string{
		endpoints[1]: func(w *world) string { return w.signUpStart(plain, casey).ok() },
		endpoints[4]: func(w *world) string { w.signUp(casey); return w.signInStart(plain, casey).ok() },
	} {
		eachMistake(t, []mistake{
			{"the client before the token", challenge(path, forged, "nobody", native, 0), 400, "unauthorized_client", "", 700016},
			{"a missing token before challenge types", challenge(path, none, plain, unknownType, 0), 400, "invalid_request", "", 900144},
			{"a forged token before challenge types", challenge(path, forged, plain, unknownType, 0), 400, "invalid_request", "", 55200},
			{"another client's token before its age", challenge(path, open, asking, native, time.Hour), 400, "invalid_request", "", 55200},
			{"an expired token before challenge types", challenge(path, open, plain, unknownType, 10*time.Minute), 400, "expired_token", "", 552003},
			{"an expired token before redirect", challenge(path, open, plain, noRedirect, 10*time.Minute), 400, "expired_token", "", 552003},
			{"an unknown type before a missing redirect", challenge(path, open, plain, "sms", 0), 400, "invalid_request", "", 901007},
		})
	}
}

func TestOrder_SignUpContinue(t *testing.T) {
	give := func(client, grant string, later time.Duration, more ...string) func(w *world) answer {
		return func(w *world) answer {
			token, code := w.signUpSent(asking, casey)
			w.clock.pass(later)
			for i := range more {
				more[i] = strings.NewReplacer("CODE", code, "WRONG", otherCode(code)).Replace(more[i])
			}
			return w.post(endpoints[2], append([]string{"client_id", client, "continuation_token", token, "grant_type", grant}, more...)...)
		}
	}
	forged := func(grant string, more ...string) func(w *world) answer {
		return func(w *world) answer {
			return w.post(endpoints[2], append([]string{"client_id", asking, "continuation_token", "forged", "grant_type", grant}, more...)...)
		}
	}
	eachMistake(t, []mistake{
		{"the client before the grant type", give("nobody", "sms", 0), 400, "unauthorized_client", "", 700016},
		{"a missing grant type before the token", forged(""), 400, "invalid_request", "", 900144},
		{"an unknown grant type before the token", forged("sms"), 400, "invalid_grant", "", 70003},
		{"an unknown grant type before an expired token", give(asking, "sms", time.Hour), 400, "invalid_grant", "", 70003},
		{"the token before a missing code", forged("oob"), 400, "invalid_request", "", 55200},
		{"the token before missing attributes", forged("attributes"), 400, "invalid_request", "", 55200},
		{"the step before the token's age", give(asking, "password", time.Hour), 400, "invalid_request", "", 55200},
		{"the token's client before its age", give(plain, "oob", time.Hour, "oob", "CODE"), 400, "invalid_request", "", 55200},
		{"the token's age before a missing code", give(asking, "oob", 10*time.Minute), 400, "expired_token", "", 552003},
		{"the token's age before a wrong code", give(asking, "oob", 10*time.Minute, "oob", "WRONG"), 400, "expired_token", "", 552003},
		{"the token's age before attributes", give(asking, "attributes", 10*time.Minute, "attributes", "{"), 400, "expired_token", "", 552003},
		{"the code before the account", func(w *world) answer {
			token, code := w.signUpSent(plain, casey)
			w.signUp(casey)
			return w.signUpCode(plain, token, otherCode(code))
		}, 400, "invalid_grant", "invalid_oob_value", 50181},
		{"attributes before the account", func(w *world) answer {
			token := w.asked(casey).text("continuation_token")
			w.signUp(casey)
			return w.signUpAttributes(asking, token, `{"city":"1"}`)
		}, 400, "invalid_grant", "attribute_validation_failed", 901014},
		{"missing attributes before the account", func(w *world) answer {
			token := w.asked(casey).text("continuation_token")
			w.signUp(casey)
			return w.signUpAttributes(asking, token, `{"city":"Bern"}`)
		}, 400, "attributes_required", "", 55106},
	})
}

func TestOrder_Token(t *testing.T) {
	redeem := func(client, grant string, later time.Duration, more ...string) func(w *world) answer {
		return func(w *world) answer {
			w.signUp(casey)
			token, code := w.signInSent(plain, casey)
			w.clock.pass(later)
			for i := range more {
				more[i] = strings.NewReplacer("CODE", code, "WRONG", otherCode(code)).Replace(more[i])
			}
			return w.post(endpoints[5], append([]string{"client_id", client, "continuation_token", token, "grant_type", grant}, more...)...)
		}
	}
	disabled := func(more ...string) func(w *world) answer {
		return func(w *world) answer {
			w.signUp(casey)
			token, code := w.signInSent(plain, casey)
			w.update(casey, func(u *store.User) { u.Disabled = true })
			return w.redeemCode(plain, token, otherCode(code), more...)
		}
	}
	eachMistake(t, []mistake{
		{"the client before the grant type", redeem("nobody", "sms", 0), 400, "unauthorized_client", "", 700016},
		{"an unknown grant type before the token", redeem(asking, "sms", time.Hour), 400, "unsupported_grant_type", "", 70003},
		{"the step before the token's age", redeem(plain, "password", time.Hour), 400, "invalid_request", "", 55200},
		{"the token before a missing code", redeem(asking, "oob", 0), 400, "invalid_request", "", 55200},
		{"the token's age before a missing code", redeem(plain, "oob", 10*time.Minute), 400, "expired_token", "", 552003},
		{"the token's age before the scope", redeem(plain, "oob", 10*time.Minute, "oob", "CODE", "scope", "No"), 400, "expired_token", "", 552003},
		{"a missing code before the scope", redeem(plain, "oob", 0, "scope", "No"), 400, "invalid_request", "", 900144},
		{"the scope before the code", redeem(plain, "oob", 0, "oob", "WRONG", "scope", "No"), 400, "invalid_scope", "", 70011},
		{"consent before the code", redeem(plain, "oob", 0, "oob", "WRONG", "scope", "Orders.Write"), 400, "invalid_grant", "", 65001},
		{"the code before the user name", redeem(plain, "oob", 0, "oob", "WRONG", "username", "sam@contoso.com"), 400, "invalid_grant", "invalid_oob_value", 50181},
		{"the code before a disabled account", disabled(), 400, "invalid_grant", "invalid_oob_value", 50181},
		{"the scope before a disabled account", disabled("scope", "No"), 400, "invalid_scope", "", 70011},
		{"a missing refresh token before the scope", func(w *world) answer { return w.refresh(plain, "", "scope", "No") }, 400, "invalid_request", "", 900144},
		{"a bad refresh token before the scope", func(w *world) answer { return w.refresh(plain, "forged", "scope", "No") }, 400, "invalid_grant", "bad_token", 70000},
	})
}
