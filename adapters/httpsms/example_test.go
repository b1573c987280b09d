package httpsms_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/nativeauth/nativeauth/adapters/httpsms"
	"github.com/nativeauth/nativeauth/otp"
)

func ExampleNew() {
	// What an app writes to connect its provider: it gets the message, and hands it on.
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(r.Method, r.URL, r.Header.Get("Authorization"))
		fmt.Println(string(body))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer gateway.Close()

	sms, err := httpsms.New(httpsms.Config{URL: gateway.URL + "/sms", Token: "2YotnFZFEjr1zCsicMWpAA"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var sender otp.Sender = otp.ByChannel{otp.SMS: sms} // and otp.Email: a smtpmail.Sender
	err = sender.Send(context.Background(), otp.Message{
		Channel: otp.SMS, To: "+4915112345678", Purpose: otp.SignIn, App: "Engine", Code: "31415926",
		Life: 10 * time.Minute, Expires: time.Date(2026, 3, 1, 10, 25, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// POST /sms Bearer 2YotnFZFEjr1zCsicMWpAA
	// {"channel":"sms","to":"+4915112345678","text":"31415926 is your code to sign in to Engine, good for 10 minutes. Do not share it.","app":"Engine","purpose":"sign-in","code":"31415926","expires_at":"2026-03-01T10:25:00Z"}
}
