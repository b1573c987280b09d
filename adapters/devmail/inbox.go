// Package devmail is an inbox for development: mail and SMS land in memory and on a web page instead
// of in a mailbox or on a phone.
//
// Whoever sees the page can sign in as anybody. It therefore answers to the machine it runs on and
// to nobody else, and it belongs into no build that goes anywhere near real users.
//
//	inbox := devmail.New()
//	mux.Handle("/dev/inbox", inbox) // also JSON, for tests: GET /dev/inbox?to=ada@example.com&format=json
//	cfg.Sender = inbox
//
// Preview is a page that shows every message in every language.
package devmail

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/otp"
)

// capacity is the number of messages an Inbox keeps.
const capacity = 200

// Message is a message as it was handed to Send.
type Message struct {
	ID      int         `json:"-"` // counts up from 1 in the order of arrival
	Channel otp.Channel `json:"channel"`
	To      otp.Address `json:"to"`
	Subject string      `json:"subject,omitempty"` // none of an SMS
	Text    string      `json:"text"`
	HTML    string      `json:"html,omitempty"` // none of an SMS
	Code    string      `json:"code,omitempty"` // none in a notice
	Purpose otp.Purpose `json:"purpose"`
	SentAt  time.Time   `json:"sent_at"` // when it arrived here, UTC
}

// Inbox keeps the newest 200 messages in memory. It is an otp.Sender and, as an http.Handler, the
// page that shows them. It is safe for concurrent use; make one with New.
type Inbox struct {
	mu       sync.Mutex
	messages []Message // oldest first
	arrived  int

	links []link
}

// link leads from the page to another one.
type link struct{ Path, Name string }

var _ otp.Sender = (*Inbox)(nil)

// New returns an empty Inbox.
func New() *Inbox { return &Inbox{} }

// LinkTo shows a link to another page at the top of this one, after those that are there. Call it before the inbox
// serves.
func (i *Inbox) LinkTo(path, name string) { i.links = append(i.links, link{path, name}) }

// Send puts m into the inbox. It never fails.
func (i *Inbox) Send(_ context.Context, m otp.Message) error {
	landed := Message{Channel: m.Channel, To: m.To, Code: m.Code, Purpose: m.Purpose, SentAt: time.Now().UTC()}
	if m.Channel == otp.SMS {
		landed.Text = m.Short()
	} else {
		landed.Subject, landed.Text, landed.HTML = m.Subject(), m.Text(), m.HTML()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.messages) == capacity {
		i.messages = slices.Delete(i.messages, 0, 1)
	}
	i.arrived++
	landed.ID = i.arrived
	i.messages = append(i.messages, landed)
	return nil
}

// Messages returns the messages to an address or a number, newest first. Every spelling that
// otp.ParseAddress or otp.ParseNumber accepts will do; what neither does has no messages. "" means all.
func (i *Inbox) Messages(to string) []Message {
	var address otp.Address
	if to != "" {
		var err error
		if address, err = parse(to); err != nil {
			return nil
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	var found []Message
	for _, m := range slices.Backward(i.messages) {
		if to == "" || m.To == address {
			found = append(found, m)
		}
	}
	return found
}

// Clear drops all messages. Those that come go on counting.
func (i *Inbox) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.messages = nil
}

// parse returns the canonical form of an address or a number.
func parse(to string) (otp.Address, error) {
	if address, err := otp.ParseAddress(to); err == nil {
		return address, nil
	}
	return otp.ParseNumber(to)
}
