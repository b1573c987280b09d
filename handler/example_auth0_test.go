package handler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// An app that was written for Auth0's resource owner password flow goes on with another domain.
func ExampleAuth0() {
	users := memory.New()
	mux := http.NewServeMux()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer:    "http://127.0.0.1:8080",
		Users:     users,
		Resources: []handler.Resource{{Audience: "https://api.example.com", Scopes: []string{"read:orders", "write:orders"}, OfflineAccess: true}},
		Clients: []handler.Client{{
			ID: "legacy", Passwords: true,
			GrantTypes: []string{handler.GrantPassword, handler.GrantRefreshToken},
			Auth0:      &handler.Auth0{Audience: "https://api.example.com"},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = users.CreateUser(context.Background(), store.User{ID: "1", Username: "ada@example.com", Email: "ada@example.com"})
	_ = auth.SetPassword(context.Background(), "1", "a quiet harbour")
	server := httptest.NewServer(mux)
	defer server.Close()

	for _, password := range []string{"a guess", "a quiet harbour"} {
		resp, err := http.Post(server.URL+"/oauth/token", "application/json", strings.NewReader(`{"grant_type":"password",
			"client_id":"legacy","username":"ada@example.com","password":"`+password+`","scope":"offline_access"}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		var answer struct {
			Description  string `json:"error_description"`
			TokenType    string `json:"token_type"`
			Scope        string `json:"scope"`
			RefreshToken string `json:"refresh_token"`
		}
		_ = json.NewDecoder(resp.Body).Decode(&answer)
		resp.Body.Close()
		fmt.Println(resp.StatusCode, answer.Description+answer.TokenType, answer.Scope, answer.RefreshToken != "")
	}
	// Output:
	// 403 Wrong email or password.  false
	// 200 Bearer read:orders write:orders offline_access true
}
