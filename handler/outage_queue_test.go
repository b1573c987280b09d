//go:build !race

package handler_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

func TestOutage_AFullQueueIsSaidAndTheCallMayBeRepeated(t *testing.T) {
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	s := newTrip(t, func(c *handler.Config) {
		good := c.Sender
		c.Sender = posted(func(ctx context.Context, m otp.Message) error { <-release; return good.Send(ctx, m) })
	})
	s.travel(0, 1)
	start := s.token
	first := start
	full := false
	for n := 0; n < 12_000 && !full; n++ {
		start = s.signUpStart(plain, fmt.Sprintf("p%d@contoso.com", n)).ok()
		a := s.signUpChallenge(plain, start)
		if full = a.status == 503; !full {
			a.ok()
		}
	}
	require.True(t, full)
	s.token = first
	outage(t, s.call(1), fails, "a full queue")
	s.token = first
	outage(t, s.call(1), fails, "a full queue, again")
	free()
	sent := s.mail.take(9_000)
	require.NotEmpty(t, sent)
	require.Eventually(t, func() bool { return s.mail.count() >= 9_008 }, 30*time.Second, time.Millisecond)
	s.mails = s.mail.count()
	s.travel(1, len(legs))
}
