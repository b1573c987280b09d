package httpsms

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/nativeauth/nativeauth/otp"
)

var (
	errChannel = errors.New("message is not an SMS: give mail a sender of its own, with otp.ByChannel")
	// errRecipient does not quote the number: who gets SMS is nobody's business.
	errRecipient = errors.New("recipient is not a canonical number")
)

// body is what is posted, as the package's documentation says.
type body struct {
	Channel   otp.Channel `json:"channel"`
	To        otp.Address `json:"to"`
	Text      string      `json:"text"`
	App       string      `json:"app"`
	Purpose   otp.Purpose `json:"purpose"`
	Code      string      `json:"code,omitempty"`
	ExpiresAt string      `json:"expires_at,omitempty"`
}

// compose turns m into JSON.
func compose(m otp.Message) ([]byte, error) {
	if m.Channel != otp.SMS {
		return nil, errChannel
	}
	if to, err := otp.ParseNumber(string(m.To)); err != nil || to != m.To {
		return nil, errRecipient
	}
	b := body{Channel: m.Channel, To: m.To, Text: m.Short(), App: m.App, Purpose: m.Purpose}
	if !m.Expires.IsZero() {
		b.ExpiresAt = m.Expires.UTC().Format(time.RFC3339)
	}
	if m.Purpose.HasCode() {
		b.Code = m.Code
	}
	return json.Marshal(b)
}
