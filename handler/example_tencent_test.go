package handler_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

// An app that was written for Tencent CIAM signs somebody up, and in, with a code by mail.
func ExampleAuthSource() {
	mail := newMailbox()
	mux := http.NewServeMux()
	if _, err := handler.Mount(mux, handler.Config{
		Issuer: "http://127.0.0.1:8080/auth",
		Sender: mail,
		Clients: []handler.Client{{
			ID:          "shop",
			GrantTypes:  []string{handler.GrantOTPEmail},
			AuthSources: []handler.AuthSource{{ID: "mail", Channel: otp.Email}},
		}},
	}); err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(mux)
	defer server.Close()

	call := func(path, body string) (answer map[string]any) {
		resp, err := http.Post(server.URL+"/auth"+path, "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return nil
		}
		defer resp.Body.Close()
		_ = json.NewDecoder(resp.Body).Decode(&answer)
		return answer
	}
	sent := call("/otp/send", `{"client_id":"shop","email":"casey@example.com","auth_source_id":"mail"}`)
	redeem := func(code string) map[string]any {
		return call("/oauth2/token", fmt.Sprintf(`{"client_id":"shop","grant_type":%q,"auth_source_id":"mail",
			"email":"casey@example.com","otp_token":%q,"otp":%q,"auto_signup":"true"}`, handler.GrantOTPEmail, sent["otp_token"], code))
	}
	fmt.Println(redeem("not the code")["error_description"])
	fmt.Println(redeem(mail.take(1).Code)["token_type"])
	// Output:
	// Unknown or expired OTP
	// Bearer
}
