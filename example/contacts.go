package main

import (
	"context"
	"strings"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

// countries are where SMS may go, if it can be sent at all: the United States and Canada, France,
// Switzerland, Austria, the United Kingdom, Germany, China. An app lists those that its people live in, since
// each message costs money.
var countries = otp.Countries{"+1", "+33", "+41", "+43", "+44", "+49", "+86"}

// blockedDomain and blockedNumbers stand for contacts of ill repute, to see what comes of them: mailboxes
// of a domain that nobody can have (RFC 2606 §2), and what begins as the numbers do that cost extra.
const (
	blockedDomain  = "@blocked.example"
	blockedNumbers = "+1900"
)

// gate keeps codes from contacts of ill repute. A real app asks a service that knows them.
func gate(_ context.Context, r handler.GateRequest) error {
	if to := string(r.To); strings.HasSuffix(to, blockedDomain) || strings.HasPrefix(to, blockedNumbers) {
		return handler.ErrContactBlocked
	}
	return nil
}
