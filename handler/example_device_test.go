package handler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// A television shows a code. Ada, who is signed in to the app on her phone, types it there and allows the
// television to use her account.
func Example_deviceAuthorization() {
	users := memory.New()
	_ = users.CreateUser(context.Background(), store.User{ID: "ada", Username: "ada@example.com", Email: "ada@example.com"})
	mux := http.NewServeMux()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer:     "http://127.0.0.1:8080/auth",
		DevicePage: "https://app.example.com/tv", // a page of the app
		Users:      users,
		Clients: []handler.Client{
			{ID: "tv", Name: "Television", GrantTypes: []string{handler.GrantDeviceCode}},
			{ID: "phone", Passwords: true, GrantTypes: []string{handler.GrantPassword}, ApprovesDevices: true},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = auth.SetPassword(context.Background(), "ada", "harbor quilt lantern")
	server := httptest.NewServer(mux)
	defer server.Close()
	post := func(path string, pairs ...string) map[string]any {
		values := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		resp, err := http.PostForm(server.URL+"/auth"+path, values)
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		var answer map[string]any
		_ = json.NewDecoder(resp.Body).Decode(&answer)
		return answer
	}

	device := post("/oauth2/v2.0/devicecode", "client_id", "tv", "scope", "openid offline_access")
	userCode := device["user_code"].(string)
	fmt.Println(device["verification_uri"], len(userCode), device["interval"])
	poll := func() map[string]any {
		return post("/oauth2/v2.0/token", "client_id", "tv", "grant_type", handler.GrantDeviceCode, "device_code", device["device_code"].(string))
	}
	fmt.Println(poll()["error"])

	ada := post("/oauth2/v2.0/token", "client_id", "phone", "grant_type", "password", "username", "ada@example.com", "password", "harbor quilt lantern")
	decide := func(action string) map[string]any {
		return post("/oauth2/v2.0/device", "access_token", ada["access_token"].(string), "user_code", strings.ToLower(userCode), "action", action)
	}
	fmt.Println(decide("")["client_name"])
	fmt.Println(decide("approve")["status"])
	fmt.Println(poll()["token_type"])
	// Output:
	// https://app.example.com/tv 9 5
	// authorization_pending
	// Television
	// approved
	// Bearer
}
