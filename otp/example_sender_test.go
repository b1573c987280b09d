package otp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/nativeauth/nativeauth/otp"
)

// service hands mails to a provider with an HTTP API, and says what became of them.
type service struct{ client *http.Client }

func (s service) Send(ctx context.Context, m otp.Message) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://mail.example.com/send", bytes.NewBufferString(m.Text()))
	if err != nil {
		return otp.Rejected(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err // nobody knows whether it has arrived, so no code is sent twice
	}
	defer resp.Body.Close()
	switch err := fmt.Errorf("mail service: %s", resp.Status); {
	case resp.StatusCode < 300:
		return nil
	case resp.StatusCode == http.StatusTooManyRequests:
		return otp.Temporary(err)
	case resp.StatusCode < 500:
		return otp.Rejected(err)
	default:
		return err
	}
}

// roundTrip is a provider that answers with a status.
type roundTrip int

func (status roundTrip) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: int(status), Status: http.StatusText(int(status)), Body: http.NoBody}, nil
}

// A Sender of one's own. What its errors are marked with decides whether a message is sent again.
func ExampleSender() {
	for _, status := range []int{202, 429, 400, 500} {
		sender := service{&http.Client{Transport: roundTrip(status)}}
		err := sender.Send(context.Background(), otp.Message{Channel: otp.Email, Purpose: otp.SignIn, Code: "01234567"})
		fmt.Println(status, "again:", errors.Is(err, otp.ErrTemporary), "for good:", errors.Is(err, otp.ErrRejected))
	}
	// Output:
	// 202 again: false for good: false
	// 429 again: true for good: false
	// 400 again: false for good: true
	// 500 again: false for good: false
}
