package otp_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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

func message(app string) otp.Message {
	return otp.Message{
		Channel: otp.Email, To: "casey@contoso.com", Purpose: otp.SignUp, App: app, Code: "01234567",
		Life: 10 * time.Minute, Expires: time.Date(2026, 3, 1, 10, 25, 0, 0, time.UTC),
	}
}

// apps are names of every length and kind that a config may hold.
func apps() []string {
	list := []string{"", "Contoso", "login.contoso.example", "Zwölf Boxkämpfer", "株式会社コントソ", "Contoso: the shop, for you & me"}
	for n := 1; n <= 80; n++ {
		list = append(list, strings.Repeat("x", n), strings.Repeat("ab ", n/3)+"c")
	}
	return append(list, strings.Repeat("x", 253), strings.Repeat("ü", 100), strings.Repeat("word ", 60))
}

func TestSubject_NamesTheAppAndNeverTheCode(t *testing.T) {
	assert.Equal(t, "Your Contoso code", message("Contoso").Subject())
	for _, app := range apps() {
		subject := message(app).Subject()
		assert.NotContains(t, subject, "01234567")
		assert.NotContains(t, subject, "0123 4567")
		assert.NotContains(t, subject, "\n")
	}
}

func TestText_ReadsWell(t *testing.T) {
	assert.Equal(t, `Your code for Contoso:

    01234567

Type it where you were asked for it, to finish your sign-up.
It is good for 10 minutes and works once.

Nobody from Contoso will ever ask you for this code. If you did not ask
for it, you can ignore this message; nothing happens without the code.
`, message("Contoso").Text())
}

func TestText_KeepsItsLinesShort(t *testing.T) {
	for _, app := range apps() {
		text := message(app).Text()
		for line := range strings.SplitSeq(text, "\n") {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), 72, "app %q", app)
			assert.Equal(t, strings.TrimRight(line, " "), line, "app %q", app)
		}
		assert.True(t, strings.HasSuffix(text, ".\n"), "app %q", app)
		assert.Contains(t, text, "\n    01234567\n", "app %q", app)
		assert.True(t, utf8.ValidString(text))
	}
}

func TestText_HoldsTheCodeOnceAndNoLink(t *testing.T) {
	for _, purpose := range []otp.Purpose{otp.SignUp, otp.SignIn} {
		m := message("Contoso")
		m.Purpose = purpose
		text := m.Text()
		assert.Equal(t, 1, strings.Count(text, "01234567"))
		assert.Contains(t, text, string(purpose))
		for _, part := range []string{"://", "www.", "http", "mailto:", "<", ">", "casey", "contoso.com", "@", "\r", "\t"} {
			assert.NotContains(t, text, part)
		}
	}
}

func TestText_SaysHowLongTheCodeIsGoodFor(t *testing.T) {
	for life, want := range map[time.Duration]string{
		10 * time.Minute: "for 10 minutes and", time.Minute: "for 1 minute and", 2 * time.Minute: "for 2 minutes and",
		90 * time.Second: "for 90 seconds and", 30 * time.Second: "for 30 seconds and", time.Second: "for 1 second and",
	} {
		m := message("Contoso")
		m.Life = life
		assert.Contains(t, m.Text(), want)
	}
}

func TestMessage_IsHiddenInLogs(t *testing.T) {
	m := message("Contoso")
	for name, log := range loggers {
		var b bytes.Buffer
		log(&b).Error("x", "message", m, slog.Group("g", "inner", m), slog.Any("pointer", &m))
		assert.NotContains(t, b.String(), "01234567", name)
		assert.NotContains(t, b.String(), "casey", name)
		assert.Contains(t, b.String(), "sign-up", name)
	}
}
