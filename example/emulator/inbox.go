package emulator

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/otp"
)

// longestWait is how long a call may wait.
const longestWait = time.Minute

// unhurried gives a call the time to wait in, which is more than the server has for others. Where it cannot be had the call
// ends sooner.
func unhurried(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Now().Add(longestWait + 10*time.Second))
}

// message is one of the inbox.
type message struct {
	ID int `json:"id"` // counts up
	devmail.Message
}

// filter says which messages a call wants.
type filter struct {
	to      string
	purpose otp.Purpose
	after   int
	wait    time.Duration
}

func filterOf(r *http.Request) (f filter, err error) {
	q := r.URL.Query()
	f.purpose = otp.Purpose(q.Get("purpose"))
	if f.to = q.Get("to"); strings.HasPrefix(f.to, " ") {
		f.to = "+" + f.to[1:] // in a query a plus stands for a blank, and by hand nobody writes %2B
	}
	if f.to != "" {
		if _, err := otp.ParseContact(f.to); err != nil {
			return f, wrong(http.StatusBadRequest, "to=%s is neither an address nor a number with its country's code", f.to)
		}
	}
	if text := q.Get("after"); text != "" {
		if f.after, err = strconv.Atoi(text); err != nil {
			return f, wrong(http.StatusBadRequest, "after=%s is not the id of a message", text)
		}
	}
	if text := q.Get("wait"); text != "" {
		if f.wait, err = time.ParseDuration(text); err != nil || f.wait <= 0 || f.wait > longestWait {
			return f, wrong(http.StatusBadRequest, "wait=%s is not a time with its unit, of %v at most, as 10s", text, longestWait)
		}
	}
	return f, nil
}

// readInbox lists messages. Asked to wait, it does until there is one; that is one with a code unless a purpose is named.
func (e *Emulator) readInbox(ctx context.Context, r *http.Request) (any, error) {
	f, err := filterOf(r)
	if err != nil {
		return nil, err
	}
	late := time.After(f.wait)
	for {
		more := e.arrival() // before looking, or one that comes meanwhile would be missed
		if found := e.find(f); f.wait == 0 || len(found) > 0 {
			return found, nil
		}
		select {
		case <-more:
		case <-late:
			return nil, wrong(http.StatusNotFound, "no such message has come within %v: has a code been asked for? GET /dev/api/inbox lists all", f.wait)
		case <-ctx.Done():
			return nil, wrong(http.StatusServiceUnavailable, "the server is about to end")
		}
	}
}

// find returns the messages that are wanted, the newest first.
func (e *Emulator) find(f filter) []message {
	found := []message{}
	for _, m := range e.inbox.Messages(f.to) {
		wanted := m.Purpose == f.purpose || f.purpose == "" && (f.wait == 0 || m.Code != "")
		if m.ID > f.after && wanted {
			found = append(found, message{m.ID, m})
		}
	}
	return found
}

func (e *Emulator) clearInbox(context.Context, *http.Request) (any, error) {
	e.inbox.Clear()
	return struct{}{}, nil
}
