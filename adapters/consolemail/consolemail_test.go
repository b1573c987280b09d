package consolemail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nativeauth/nativeauth/adapters/consolemail"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/stretchr/testify/assert"
)

var message = otp.Message{Channel: otp.Email, To: "ada@example.com", Purpose: otp.SignIn,
	App: "Engine", Code: "31415926", Life: 10 * time.Minute}

// Not run: the words of a message belong to otp and may change.
func ExampleNew() {
	var sender otp.Sender = consolemail.New(os.Stderr)
	if err := sender.Send(context.Background(), message); err != nil {
		fmt.Println(err)
	}
}

func TestSend_PrintsTheWholeMessageInOneWrite(t *testing.T) {
	notice := message
	notice.Purpose, notice.Code = otp.NotRegistered, ""
	for _, m := range []otp.Message{message, notice} {
		var w writes
		assert.NoError(t, consolemail.New(&w).Send(t.Context(), m))
		if assert.Len(t, w.got, 1) {
			assert.Contains(t, w.got[0], "development")
			assert.Contains(t, w.got[0], "\nTo:      ada@example.com\nSubject: "+m.Subject()+"\n\n"+m.Text())
		}
	}
}

func TestSend_PrintsAnSMSAsItsShortText(t *testing.T) {
	sms, notice := message, message
	sms.Channel, sms.To = otp.SMS, "+4915112345678"
	notice.Channel, notice.To, notice.Purpose = otp.SMS, "+4915112345678", otp.NotRegistered
	for _, m := range []otp.Message{sms, notice} {
		var w writes
		assert.NoError(t, consolemail.New(&w).Send(t.Context(), m))
		if assert.Len(t, w.got, 1) {
			assert.Contains(t, w.got[0], "SMS for development")
			assert.Contains(t, w.got[0], "\nTo:      +4915112345678\n\n"+m.Short()+"\n===")
			assert.NotContains(t, w.got[0], "Subject")
		}
	}
}

func TestSend_KeepsMessagesApart(t *testing.T) {
	var w writes // not safe for concurrent use: the race detector sees two writes at once
	sender := consolemail.New(&w)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { assert.NoError(t, sender.Send(t.Context(), message)) })
	}
	wg.Wait()
	assert.Len(t, w.got, 20)
}

func TestSend_ReportsAWriterThatFails(t *testing.T) {
	full := errors.New("disk is full")
	err := consolemail.New(&writes{err: full}).Send(t.Context(), message)
	assert.ErrorIs(t, err, full)
	assert.NotContains(t, fmt.Sprint(err), message.Code)
}

// writes remembers what each call of Write was given.
type writes struct {
	got []string
	err error
}

func (w *writes) Write(p []byte) (int, error) {
	w.got = append(w.got, string(bytes.Clone(p)))
	return len(p), w.err
}
