package handler_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

// Codes are replaced where they wait: of one flow the newest leaves, and no other.
func TestChallenge_AResendTakesThePlaceOfTheCodeThatWaits(t *testing.T) {
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	begun := make(chan struct{}, 100)
	w := newWorld(t, func(c *handler.Config) {
		good := c.Sender
		c.Sender = posted(func(ctx context.Context, m otp.Message) error {
			begun <- struct{}{}
			<-release
			return good.Send(ctx, m)
		})
	})
	const senders = 8
	for n := range senders { // which keep them all busy
		w.signUpChallenge(plain, w.signUpStart(plain, fmt.Sprintf("p%d@contoso.com", n)).ok()).ok()
		<-begun
	}
	token := w.signUpStart(plain, casey).ok()
	for range 3 {
		token = w.signUpChallenge(plain, token).ok()
	}
	free()
	require.NoError(t, w.auth.Shutdown(t.Context()))
	require.Equal(t, senders+1, w.mail.count(), "nothing else has left")
	for n := range senders + 1 {
		if m := w.mail.take(n + 1); m.To == casey {
			w.signUpCode(plain, token, m.Code).ok()
			return
		}
	}
	assert.Fail(t, "the newest has not left")
}
