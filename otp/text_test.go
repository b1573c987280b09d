package otp_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

func TestText_ReadsWell(t *testing.T) {
	assert.Equal(t, `Your code is 01234567

Type it where you were asked for it, to finish signing up for Contoso.
It is good for 10 minutes and works once.

Nobody from Contoso will ever ask you for this code. If you did not ask
for it, you can ignore this message; nothing happens without the code.
`, message("Contoso").Text())

	m := message("Contoso")
	m.Purpose, m.At = otp.PasswordChanged, time.Date(2026, 11, 21, 10, 15, 0, 0, time.UTC)
	assert.Equal(t, `The password of your Contoso account was changed on 21 November 2026 at
10:15 UTC.

If it was you, there is nothing to do.

If it was not you, open the app and reset the password now, and make
sure that nobody else can read your mail.
`, m.Text())
}

func TestText_OfASecondFactorSaysWhoMayHaveAskedForIt(t *testing.T) {
	m := message("Contoso")
	m.Purpose = otp.SecondFactor
	assert.Equal(t, `Your code is 01234567

Type it where you were asked for it, to finish signing in to Contoso. It
is good for 10 minutes and works once.

Nobody from Contoso will ever ask you for this code. If you did not ask
for it, somebody has passed the first step of signing in to your
account, perhaps with your password. They cannot finish without the
code. If the account has a password, reset it in the app now.
`, m.Text())
}

func TestText_OfARegistrationSaysWhatIsAdded(t *testing.T) {
	m := message("Contoso")
	m.Purpose = otp.Registration
	assert.Contains(t, m.Text(), "to add this address to your Contoso\naccount.")
	m.Channel = otp.SMS
	assert.Contains(t, m.Text(), "to add this number to your Contoso\naccount.")
}

func TestText_OfAMethodThatCameOrWentSaysWhatToDo(t *testing.T) {
	m := message("Contoso")
	m.Purpose, m.At = otp.MethodAdded, time.Date(2026, 11, 21, 10, 15, 0, 0, time.UTC)
	assert.Equal(t, `A way to confirm sign-ins was added to your Contoso account on 21
November 2026 at 10:15 UTC.

If it was you, there is nothing to do.

If it was not you, somebody else can get into your account. If it has a
password, reset it in the app now, make sure that nobody else can read
your mail, and ask the support of Contoso to remove what was added.
`, m.Text())

	m.Purpose, m.At = otp.MethodRemoved, time.Time{}
	assert.Equal(t, `A way to confirm sign-ins was removed from your Contoso account.

If it was you, there is nothing to do.

If it was not you, somebody else can get into your account. If it has a
password, reset it in the app now, make sure that nobody else can read
your mail, and ask the support of Contoso for help.
`, m.Text())
}

func TestText_KeepsItsLinesShort(t *testing.T) {
	for _, app := range apps() {
		for _, m := range messages(app) {
			text := m.Text()
			for line := range strings.SplitSeq(text, "\n") {
				assert.LessOrEqual(t, utf8.RuneCountInString(line), 72, "app %q, %s", app, m.Purpose)
				assert.Equal(t, strings.TrimRight(line, " "), line, "app %q, %s", app, m.Purpose)
			}
			assert.True(t, strings.HasSuffix(text, ".\n"), "app %q, %s", app, m.Purpose)
			assert.True(t, utf8.ValidString(text))
		}
	}
}

func TestText_BeginsWithTheCodeOnALineThatPhonesKnow(t *testing.T) {
	for _, app := range apps() {
		for _, m := range messages(app) {
			assert.Equal(t, m.Purpose.HasCode(), strings.HasPrefix(m.Text(), "Your code is 01234567\n\n"), m.Purpose)
		}
	}
}

// bodies returns what goes into a mail.
func bodies(m otp.Message) map[string]string {
	return map[string]string{"text": m.Text(), "HTML": m.HTML()}
}

func TestBodies_HoldACodeOnceAndANoticeNone(t *testing.T) {
	for _, m := range messages("Contoso") {
		want := 0
		if m.Purpose.HasCode() {
			want = 1
		}
		for name, body := range bodies(m) {
			assert.Equal(t, want, strings.Count(body, "01234567"), "%s of %s", name, m.Purpose)
			assert.Equal(t, want, strings.Count(m.Text(), "good for 10 minutes"), "%s of %s", name, m.Purpose)
			assert.Contains(t, body, "Contoso", "%s of %s", name, m.Purpose)
			assert.Regexp(t, "[Ii]f (you did not ask|it was not you)", body, "the warning in %s of %s", name, m.Purpose)
		}
	}
}

func TestBodies_HoldNoLinkAndNoAddress(t *testing.T) {
	for _, m := range messages("Contoso") {
		for name, body := range bodies(m) {
			for _, part := range []string{"://", "www", "http", "mailto:", "href", "src=", "url(", "casey", "contoso.com", "@", "\r", "\t"} {
				assert.NotContains(t, body, part, "%s of %s", name, m.Purpose)
			}
		}
	}
}

func TestBodies_AreFilledInOnce(t *testing.T) {
	for _, m := range messages("{life}{when}{app}") {
		for name, body := range bodies(m) {
			assert.Contains(t, body, "{life}{when}{app}", "%s of %s: the name stays a name", name, m.Purpose)
		}
	}
	for _, m := range messages("Contoso") {
		for name, body := range bodies(m) {
			assert.NotContains(t, m.Subject()+body, "{", "%s of %s", name, m.Purpose)
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

func TestText_SaysInUTCWhenThePasswordWasChanged(t *testing.T) {
	m := message("Contoso")
	m.Purpose = otp.PasswordChanged
	assert.Contains(t, m.Text(), "account was changed.\n", "no time is known")
	m.At = time.Date(2026, 11, 1, 1, 5, 59, 0, time.FixedZone("", 2*60*60))
	assert.Contains(t, m.Text(), "was changed on 31 October 2026 at\n23:05 UTC.")
}
