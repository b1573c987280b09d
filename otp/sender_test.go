package otp_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

func TestByChannel_LeavesEachMessageToItsSender(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "the caller's")
	got := map[string]otp.Message{}
	down := errors.New("down")
	named := func(name string, err error) otp.Sender {
		return sender(func(ctx context.Context, m otp.Message) error {
			assert.Equal(t, "the caller's", ctx.Value(key{}))
			got[name] = m
			return err
		})
	}
	var both otp.Sender = otp.ByChannel{otp.Email: named("mail", nil), otp.SMS: named("phone", down)}
	mail, sms := message("Contoso"), shortMessages("Contoso")[0]

	assert.NoError(t, both.Send(ctx, mail))
	assert.Equal(t, map[string]otp.Message{"mail": mail}, got)
	assert.ErrorIs(t, both.Send(ctx, sms), down)
	assert.Equal(t, map[string]otp.Message{"mail": mail, "phone": sms}, got)
}

func TestByChannel_FailsForAChannelItLacks(t *testing.T) {
	mail := otp.ByChannel{otp.Email: sender(func(context.Context, otp.Message) error { return nil })}
	m := shortMessages("Contoso")[0]
	for _, s := range []otp.ByChannel{mail, {otp.SMS: nil}, {}, nil} {
		assert.EqualError(t, s.Send(t.Context(), m), `otp: there is no sender for channel "sms"`)
	}
	m = message("Contoso")
	m.Channel = ""
	assert.EqualError(t, mail.Send(t.Context(), m), `otp: there is no sender for channel ""`)
}
