package devmail_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ExampleInbox_Messages() {
	inbox := devmail.New() // the Sender of the app under test
	err := inbox.Send(context.Background(), message("ada@example.com", "31415926"))
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(inbox.Messages("Ada@Example.COM")[0].Code)
	// Output: 31415926
}

func TestMessages_AreWholeAndNewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := devmail.New()
		first := message("ada@example.com", "11111111")
		send(t, inbox, first)
		time.Sleep(time.Second)
		send(t, inbox, message("grace@example.com", "22222222"))
		got := inbox.Messages("")
		require.Len(t, got, 2)
		assert.Equal(t, "22222222", got[0].Code)
		assert.Equal(t, devmail.Message{ID: 1, Channel: otp.Email, To: "ada@example.com", Subject: first.Subject(), Text: first.Text(), HTML: first.HTML(),
			Code: "11111111", Purpose: otp.SignIn, SentAt: time.Now().UTC().Add(-time.Second)}, got[1])
	})
}

func TestMessages_ANoticeHasNoCode(t *testing.T) {
	inbox := devmail.New()
	notice := notice("ada@example.com")
	send(t, inbox, notice)
	got := inbox.Messages("")
	require.Len(t, got, 1)
	assert.Equal(t, otp.PasswordChanged, got[0].Purpose)
	assert.Equal(t, notice.Text(), got[0].Text)
	assert.Empty(t, got[0].Code)
}

func TestMessages_FiltersByAnySpellingOfAnAddress(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, message("ada@example.com", "11111111"))
	send(t, inbox, message("ada@xn--bcher-kva.example", "22222222"))
	for to, want := range map[string][]string{
		"":                    {"22222222", "11111111"},
		" ADA@example.COM ":   {"11111111"},
		"ada@Bücher.example":  {"22222222"},
		"grace@example.com":   nil,
		"ada":                 nil,
		"ada@example.com, x@": nil,
	} {
		var codes []string
		for _, m := range inbox.Messages(to) {
			codes = append(codes, m.Code)
		}
		assert.Equal(t, want, codes, to)
	}
}

func TestMessages_AnSMSIsItsShortText(t *testing.T) {
	inbox := devmail.New()
	m := sms("+4915112345678", "11111111")
	send(t, inbox, m)
	got := inbox.Messages("")
	require.Len(t, got, 1)
	assert.Equal(t, devmail.Message{ID: 1, Channel: otp.SMS, To: "+4915112345678", Text: m.Short(), Code: "11111111",
		Purpose: otp.SignIn, SentAt: got[0].SentAt}, got[0])
}

func TestMessages_FiltersByAnySpellingOfANumber(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, sms("+4915112345678", "11111111"))
	send(t, inbox, sms("+18005550199", "22222222"))
	send(t, inbox, message("+4915112345678@example.com", "33333333"))
	for to, want := range map[string][]string{
		"":                     {"33333333", "22222222", "11111111"},
		"+4915112345678":       {"11111111"},
		" +49 (151) 1234-5678": {"11111111"},
		"+1.800.555.0199":      {"22222222"},
		"+4915112345679":       nil,
		"+491511234567":        nil,
		"4915112345678":        nil,
		"015112345678":         nil,
	} {
		var codes []string
		for _, m := range inbox.Messages(to) {
			codes = append(codes, m.Code)
		}
		assert.Equal(t, want, codes, to)
	}
}

func TestSend_KeepsTheNewest200(t *testing.T) {
	inbox := devmail.New()
	for i := range 203 {
		send(t, inbox, message("ada@example.com", fmt.Sprint(i+1)))
	}
	got := inbox.Messages("")
	require.Len(t, got, 200)
	assert.Equal(t, "203", got[0].Code)
	assert.Equal(t, 203, got[0].ID)
	assert.Equal(t, "4", got[199].Code)
}

func TestInbox_IsSafeForConcurrentUse(t *testing.T) {
	inbox := devmail.New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				send(t, inbox, message("ada@example.com", "1"))
				_ = inbox.Messages("")[0].Code
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 400, inbox.Messages("")[0].ID)
}

func TestClear_DropsMessagesAndGoesOnCounting(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, message("ada@example.com", "11111111"))
	inbox.Clear()
	assert.Empty(t, inbox.Messages(""))
	send(t, inbox, message("ada@example.com", "22222222"))
	assert.Equal(t, 2, inbox.Messages("")[0].ID)
}

func message(to otp.Address, code string) otp.Message {
	return otp.Message{Channel: otp.Email, To: to, Purpose: otp.SignIn, App: "Engine", Code: code, Life: 10 * time.Minute}
}

func sms(to otp.Address, code string) otp.Message {
	m := message(to, code)
	m.Channel = otp.SMS
	return m
}

func notice(to otp.Address) otp.Message {
	return otp.Message{Channel: otp.Email, To: to, Purpose: otp.PasswordChanged, App: "Engine"}
}

func send(t *testing.T, inbox *devmail.Inbox, m otp.Message) {
	t.Helper()
	assert.NoError(t, inbox.Send(t.Context(), m))
}
