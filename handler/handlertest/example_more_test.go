package handlertest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/handler/handlertest"
	"github.com/nativeauth/nativeauth/store"
)

// A route of the app is called with a token that nobody had to sign in for.
func ExampleServer_Tokens() {
	t, end := testOfAnApp()
	defer end()
	s := handlertest.New(t, func(c *handler.Config) { c.Resources = []handler.Resource{{Scopes: []string{"Orders.Read"}}} })
	ada := s.AddUser(handlertest.User{Username: "ada@example.com"})
	s.Mux.Handle("GET /orders", s.Auth.RequireToken("Orders.Read")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, _ := handler.CallerFrom(r.Context())
		fmt.Println("called by Ada:", caller.UserID == ada.ID)
	})))

	for _, scope := range []string{"Orders.Read", "openid"} {
		r := httptest.NewRequest(http.MethodGet, "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+s.Tokens("ada@example.com", handlertest.ClientID, scope).AccessToken)
		answer := httptest.NewRecorder()
		s.Mux.ServeHTTP(answer, r)
		fmt.Println(scope, answer.Code)
	}
	// Output:
	// called by Ada: true
	// Orders.Read 200
	// openid 403
}

// A code that is known beforehand, and one that has expired.
func ExampleServer_FixCode() {
	t, end := testOfAnApp()
	defer end()
	s := handlertest.New(t)
	s.AddUser(handlertest.User{Username: "ada@example.com"})
	s.FixCode("ada@example.com", "12345678")

	signIn := func(wait time.Duration) string {
		step := call(s.URL+"/oauth2/v2.0/initiate", "username", "ada@example.com", "challenge_type", "oob redirect")
		step = call(s.URL+"/oauth2/v2.0/challenge", "continuation_token", step["continuation_token"])
		s.Clock.Advance(wait)
		step = call(s.URL+"/oauth2/v2.0/token", "grant_type", "oob", "continuation_token", step["continuation_token"], "oob", "12345678")
		return step["token_type"] + step["error"]
	}
	fmt.Println(signIn(0))
	fmt.Println(signIn(11 * time.Minute))
	// Output:
	// Bearer
	// expired_token
}

// Going back to how things were, and to nothing.
func ExampleServer_Snapshot() {
	t, end := testOfAnApp()
	defer end()
	s := handlertest.New(t)
	s.AddUser(handlertest.User{Username: "ada@example.com"})
	snap := s.Snapshot()

	there := func() bool {
		_, err := s.Store.UserByUsername(context.Background(), "ada@example.com")
		return err == nil
	}
	s.Reset()
	fmt.Println(there())
	s.Restore(snap)
	fmt.Println(there(), s.User("ada@example.com").Username)
	// Output:
	// false
	// true ada@example.com
}

// One test's calls are answered as it says, by their correlation id.
func ExampleServer_Answer() {
	t, end := testOfAnApp()
	defer end()
	s := handlertest.New(t)
	s.Answer("7f1e6ad6-64a5-4f0c-9d5e-6d1c1a6c4d0a", handlertest.Answer{Error: "user_already_exists"})

	r, _ := http.NewRequest(http.MethodPost, s.URL+"/signup/v1.0/start", nil)
	r.Header.Set("client-request-id", "7f1e6ad6-64a5-4f0c-9d5e-6d1c1a6c4d0a")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode)
	// Output: 400
}

// A store that fails twice, one that dawdles, and one that is gone.
func ExampleFault() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	twice := handlertest.State{State: memory.New(), Fault: handlertest.FailsTimes(2, "Get")}
	for range 3 {
		_, err := twice.Get(context.Background(), "key")
		fmt.Println(errors.Is(err, handlertest.ErrFault), errors.Is(err, store.ErrNotFound))
	}
	slow := handlertest.Users{Users: memory.New(), Fault: handlertest.Slow(time.Hour)}
	_, err := slow.UserByID(ctx, "ada")
	fmt.Println(errors.Is(err, context.DeadlineExceeded))

	gone := handlertest.State{State: memory.New(), Fault: handlertest.Fails()}
	_, err = gone.Add(context.Background(), "tries", 1, time.Minute)
	fmt.Println(errors.Is(err, handlertest.ErrFault))
	// Output:
	// true false
	// true false
	// false true
	// true
	// true
}
