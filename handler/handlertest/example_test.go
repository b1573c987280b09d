package handlertest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/nativeauth/nativeauth/handler/handlertest"
)

// A test of an app that signs people in: no mailbox, no sleeping.
func Example() {
	t, end := testOfAnApp()
	defer end()

	s := handlertest.New(t)
	s.AddUser(handlertest.User{Username: "ada@example.com"})

	// What the app does.
	step := call(s.URL+"/oauth2/v2.0/initiate", "username", "ada@example.com", "challenge_type", "oob redirect")
	step = call(s.URL+"/oauth2/v2.0/challenge", "continuation_token", step["continuation_token"])

	// What the person does, who has ten seconds to read their mail.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	code, err := s.Inbox.WaitCode(ctx, "ada@example.com")
	fmt.Println(len(code), "digits, error", err)

	// What the app does when the server is out of order.
	s.Fail("/oauth2/v2.0/token", handlertest.Answer{Error: "temporarily_unavailable", Status: http.StatusServiceUnavailable}, 1)
	tokens := call(s.URL+"/oauth2/v2.0/token", "grant_type", "oob", "continuation_token", step["continuation_token"], "oob", code)
	fmt.Println(tokens["error"])
	tokens = call(s.URL+"/oauth2/v2.0/token", "grant_type", "oob", "continuation_token", step["continuation_token"], "oob", code)
	fmt.Println(tokens["token_type"])
	// Output:
	// 8 digits, error <nil>
	// temporarily_unavailable
	// Bearer
}

// call posts a form, and returns the texts of the answer.
func call(to string, pairs ...string) map[string]string {
	form := url.Values{"client_id": {handlertest.ClientID}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.PostForm(to, form)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	var members map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&members); err != nil {
		panic(err)
	}
	texts := map[string]string{}
	for name, value := range members {
		texts[name] = fmt.Sprint(value)
	}
	return texts
}

// example is the *testing.T that an example does not have.
type example struct {
	testing.TB
	cleanup []func()
}

func testOfAnApp() (t testing.TB, end func()) {
	e := &example{}
	return e, func() {
		for _, f := range e.cleanup {
			f()
		}
	}
}

func (e *example) Helper()                      {}
func (e *example) Name() string                 { return "Example" }
func (e *example) Cleanup(f func())             { e.cleanup = append(e.cleanup, f) }
func (e *example) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }
func (e *example) Logf(string, ...any)          {}
