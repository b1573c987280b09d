package flow

import (
	"context"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/otp"
)

// Limits of text messages, which cost money, in a day.
const (
	textsPerAccount = 10
	textsPerNumber  = 5
	// claimsPerNumber is how many of those may go to register the number. Whoever registers one need not own
	// it; what is left is for whoever has, or its owner could be kept from signing in.
	claimsPerNumber = 3
	textsLife       = 24 * time.Hour
)

// countTexts counts a text message to a number. The count of the account that causes it comes first: one
// that is beyond its own limit uses up nothing of others'.
func (e *Engine) countTexts(ctx context.Context, f *flow, number accountID) error {
	if err := e.countText(ctx, accountOf(f.id).key("texted"), textsPerAccount); err != nil {
		return err
	}
	if f.purpose() == otp.Registration {
		if err := e.countText(ctx, number.key("claims"), claimsPerNumber); err != nil {
			return err
		}
	}
	return e.countText(ctx, number.key("texts"), textsPerNumber)
}

// countText counts a text message, for good.
func (e *Engine) countText(ctx context.Context, key string, most int64) error {
	n, err := e.State.Add(ctx, key, 1, textsLife)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if n.Value > most {
		return &TooSoonError{Wait: n.TTL, OfDay: true, Limit: fmt.Sprintf("text messages are counted for a day: %d of an account, %d to a number, %d of them to register it", textsPerAccount, textsPerNumber, claimsPerNumber)}
	}
	return nil
}
