package handler_test

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// A grant type of one's own: staff of a shop sign in at the till with the card that the till reads and
// vouches for.
func ExampleGrant() {
	users := memory.New()
	_ = users.CreateUser(context.Background(), store.User{ID: "till-7", Username: "ada"})

	const card = "https://shop.example.com/grants/card"
	till := handler.GrantFunc(func(_ context.Context, r handler.GrantRequest) (handler.GrantResult, error) {
		secret := r.Parameters.Get("till_secret")
		if subtle.ConstantTimeCompare([]byte(secret), []byte("a secret of the till, a long one")) != 1 {
			return handler.GrantResult{}, handler.ErrGrantRefused
		}
		return handler.GrantResult{UserID: r.Parameters.Get("card"), AMR: []string{"swk"}}, nil
	})

	mux := http.NewServeMux()
	if _, err := handler.Mount(mux, handler.Config{
		Issuer:  "http://127.0.0.1:8080/auth",
		Users:   users,
		Grants:  map[string]handler.Grant{card: till},
		Clients: []handler.Client{{ID: "till", GrantTypes: []string{card}}},
	}); err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(mux)
	defer server.Close()

	for _, secret := range []string{"a guess", "a secret of the till, a long one"} {
		resp, err := http.PostForm(server.URL+"/auth/oauth2/v2.0/token", url.Values{
			"client_id": {"till"}, "grant_type": {card}, "card": {"till-7"}, "till_secret": {secret},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		var answer struct {
			Error     string `json:"error"`
			TokenType string `json:"token_type"`
		}
		_ = json.NewDecoder(resp.Body).Decode(&answer)
		resp.Body.Close()
		fmt.Println(resp.StatusCode, answer.Error+answer.TokenType)
	}
	// Output:
	// 400 invalid_grant
	// 200 Bearer
}
