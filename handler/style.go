package handler

import (
	"context"

	"github.com/nativeauth/nativeauth/otp"
)

// localesKey is where the context of a step holds ui_locales, if the call has it.
type localesKey struct{}

// withLocales returns the context of a call that names the languages in which its person wants to read.
func withLocales(ctx context.Context, locales string) context.Context {
	if locales == "" {
		return ctx
	}
	return context.WithValue(ctx, localesKey{}, locales)
}

// styleOf finds how a message is written that a call causes. One that the host causes, without a request, is in the
// default language.
func styleOf(styles *otp.Styles) func(ctx context.Context) otp.Style {
	return func(ctx context.Context) otp.Style {
		locales, _ := ctx.Value(localesKey{}).(string)
		accepted := ""
		if r := requestFrom(ctx); r != nil {
			accepted = r.Header.Get("Accept-Language")
		}
		return styles.For(locales, accepted)
	}
}
