package otp_test

import (
	"bytes"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

// loggers are the ways in which a host may log.
var loggers = map[string]func(io.Writer) *slog.Logger{
	"text": func(w io.Writer) *slog.Logger {
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	},
	"JSON": func(w io.Writer) *slog.Logger {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	},
}

// codes and notices are all purposes that there are.
var (
	codes   = []otp.Purpose{otp.SignUp, otp.SignIn, otp.Reset, otp.SecondFactor, otp.Registration}
	notices = []otp.Purpose{otp.PasswordChanged, otp.MethodAdded, otp.MethodRemoved, otp.AlreadyRegistered,
		otp.NotRegistered, otp.NoPassword, otp.AccountDisabled}
)

func message(app string) otp.Message {
	return otp.Message{
		Channel: otp.Email, To: "casey@contoso.com", Purpose: otp.SignUp, App: app, Code: "01234567",
		Life: 10 * time.Minute, Expires: time.Date(2026, 3, 1, 10, 25, 0, 0, time.UTC),
	}
}

// messages returns one for each purpose. Those of notices have a code that must not show.
func messages(app string) []otp.Message {
	var list []otp.Message
	for _, p := range slices.Concat(codes, notices) {
		m := message(app)
		m.Purpose, m.At = p, time.Date(2026, 11, 21, 10, 15, 0, 0, time.UTC)
		list = append(list, m)
	}
	return list
}

// shortMessages is messages by SMS.
func shortMessages(app string) []otp.Message {
	list := messages(app)
	for i := range list {
		list[i].Channel, list[i].To = otp.SMS, "+4915112345678"
	}
	return list
}

// apps are names of every length and kind that a config may hold.
func apps() []string {
	list := []string{"", "Contoso", "login.contoso.example", "Zwölf Boxkämpfer", "株式会社コントソ", "Contoso: the shop, for you & me"}
	for n := 1; n <= 80; n++ {
		list = append(list, strings.Repeat("x", n), strings.Repeat("ab ", n/3)+"c")
	}
	return append(list, strings.Repeat("x", 253), strings.Repeat("ü", 100), strings.Repeat("word ", 60))
}

func TestPurpose_TellsCodesFromNotices(t *testing.T) {
	for _, p := range codes {
		assert.True(t, p.HasCode(), p)
	}
	for _, p := range notices {
		assert.False(t, p.HasCode(), p)
	}
	assert.False(t, otp.Purpose("").HasCode())
	assert.ElementsMatch(t, otp.Purposes(), slices.Concat(codes, notices), "what has words, and what these tests know")
}

func TestSubject_ReadsWell(t *testing.T) {
	for purpose, want := range map[otp.Purpose]string{
		otp.SignUp:            "Your Contoso code",
		otp.SignIn:            "Your Contoso code",
		otp.Reset:             "Your Contoso password reset code",
		otp.SecondFactor:      "Your Contoso code",
		otp.Registration:      "Your Contoso code",
		otp.PasswordChanged:   "Your Contoso password was changed",
		otp.MethodAdded:       "A way to confirm sign-ins was added to your Contoso account",
		otp.MethodRemoved:     "A way to confirm sign-ins was removed from your Contoso account",
		otp.AlreadyRegistered: "You already have an account with Contoso",
		otp.NotRegistered:     "You have no Contoso account",
		otp.NoPassword:        "Your Contoso account has no password",
		otp.AccountDisabled:   "Your Contoso account cannot be used",
	} {
		m := message("Contoso")
		m.Purpose = purpose
		assert.Equal(t, want, m.Subject())
	}
}

func TestSubject_NamesTheAppAndNeverTheCode(t *testing.T) {
	for _, app := range apps() {
		for _, m := range messages(app) {
			assert.Contains(t, m.Subject(), app, m.Purpose)
			assert.NotContains(t, m.Subject(), "01234567", m.Purpose)
			assert.NotContains(t, m.Subject(), "\n", m.Purpose)
		}
	}
}

func TestMessage_IsHiddenInLogs(t *testing.T) {
	for _, m := range append(messages("Contoso"), shortMessages("Contoso")...) {
		for name, log := range loggers {
			var b bytes.Buffer
			log(&b).Error("x", "message", m, slog.Group("g", "inner", m), slog.Any("pointer", &m))
			assert.NotContains(t, b.String(), "01234567", name)
			assert.NotContains(t, b.String(), "casey", name)
			assert.NotContains(t, b.String(), "15112345678", name)
			assert.Contains(t, b.String(), string(m.Purpose), name)
		}
	}
}
