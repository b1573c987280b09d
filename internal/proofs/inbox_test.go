//go:build unix

package proofs

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// inbox takes the mail of all instances of a site.
type inbox struct {
	url string

	mu    sync.Mutex
	mails map[string][]string // the codes to an address, as they came
	came  chan struct{}       // closed, and replaced, whenever mail comes
}

func newInbox(t testing.TB) *inbox {
	b := &inbox{mails: map[string][]string{}, came: make(chan struct{})}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var l letter
	if json.NewDecoder(r.Body).Decode(&l) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails[l.To] = append(b.mails[l.To], l.Code)
	close(b.came)
	b.came = make(chan struct{})
}

// patience is how long mail may take. It is lost with a process that is killed.
const patience = 2 * time.Second

// next waits for more mail than was there before. It returns the newest code, or "", and how many
// there are now.
func (b *inbox) next(user string, before int) (code string, now int) {
	deadline := time.After(patience)
	for {
		b.mu.Lock()
		codes, came := b.mails[user], b.came
		b.mu.Unlock()
		if len(codes) > before {
			return codes[len(codes)-1], len(codes)
		}
		select {
		case <-came:
		case <-deadline:
			return "", before
		}
	}
}

func (b *inbox) count(user string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.mails[user])
}
