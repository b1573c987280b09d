package trace

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"time"
)

const (
	heartbeat  = 15 * time.Second // how often a stream says that it is there
	writeLimit = 10 * time.Second // how long a reader may take for what it is sent
)

// moment is how far somebody has read.
type moment struct {
	change int // the latest
	call   int // likewise
	oldest int // request that was kept then; not part of a position
}

// position is a moment as the id of an event, by which a page that was cut off goes on (Last-Event-ID).
func (t *Trace) position(m moment) string { return fmt.Sprintf("%s.%d.%d", t.epoch, m.change, m.call) }

// parsePosition reads an id. One of another process, whose requests are gone, is none.
func (t *Trace) parsePosition(id string) (m moment, ok bool) {
	var change, call int
	n, err := fmt.Sscanf(id, t.epoch+".%d.%d", &change, &call)
	return moment{change: change, call: call}, err == nil && n == 2
}

// snapshot returns the flows, and when that was.
func (t *Trace) snapshot() ([]Flow, moment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list(), t.now()
}

func (t *Trace) now() moment {
	m := moment{change: t.changes, call: t.answered}
	if len(t.kept) > 0 {
		m.oldest = t.kept[0].call.ID
	}
	return m
}

// news is what has changed since a moment.
type news struct {
	changes []change
	missed  int // requests that came and went unseen
	until   moment
}

// change is a flow with the one request that is new, or has changed, and how far one has read who has seen it.
type change struct {
	shown
	at moment
}

// since looks for changes. Nothing is queued for anybody: what has gone from memory meanwhile is counted.
func (t *Trace) since(m moment) news {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	n := news{until: m, missed: max(0, now.oldest-m.call-1)}
	var changed []*entry
	for _, e := range t.kept {
		if e.change > m.change {
			changed = append(changed, e)
		}
	}
	if len(changed) == 0 {
		return n
	}
	slices.SortFunc(changed, func(a, b *entry) int { return a.change - b.change })
	flows := map[int]Flow{}
	for _, f := range t.list() {
		flows[f.number] = f
	}
	for _, e := range changed {
		n.until = moment{change: e.change, call: max(n.until.call, e.call.ID)}
		n.changes = append(n.changes, change{shown{flows[e.flow.number], t.cfg.Path, now.oldest, []Call{e.call}}, n.until})
	}
	return n
}

// watch returns a channel that says when there is something new, and a function that ends it.
func (t *Trace) watch() (wake chan struct{}, stop func()) {
	wake = make(chan struct{}, 1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watchers[wake] = true
	return wake, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.watchers, wake)
	}
}

// stream tells a page of each request as it is answered: Server-Sent Events. A page that was cut off is told first what
// it has missed. One that reads too slowly holds nobody up, and is told how much it has not seen.
func (t *Trace) stream(w http.ResponseWriter, r *http.Request) {
	at, known := t.parsePosition(r.Header.Get("Last-Event-ID"))
	if !known {
		at, known = t.parsePosition(r.URL.Query().Get("since"))
	}
	out := streamWriter{w, http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	_ = out.control.SetReadDeadline(time.Time{}) // a server's own is for requests that come slowly
	wake, stop := t.watch()
	defer stop()
	first := "retry: 1000\n\n"
	if !known {
		first += "event: reset\ndata:\n\n" // what the page shows is of another process
	}
	if out.send([]byte(first)) != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		n := t.since(at)
		at = n.until
		if out.send(t.encode(n, known)) != nil {
			return
		}
		known = true
		select {
		case <-wake:
		case <-beat.C:
			if out.send([]byte(":\n\n")) != nil {
				return
			}
		case <-t.ended:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// encode writes news as events, each with the position to go on from. To whom knows nothing yet nothing is missing.
func (t *Trace) encode(n news, known bool) []byte {
	var b bytes.Buffer
	if n.missed > 0 && known {
		fmt.Fprintf(&b, "event: missed\ndata: %d\n\n", n.missed)
	}
	for _, c := range n.changes {
		fmt.Fprintf(&b, "event: call\nid: %s\n", t.position(c.at))
		for line := range bytes.Lines(render("flow", c.shown)) {
			fmt.Fprintf(&b, "data: %s\n", bytes.TrimRight(line, "\r\n"))
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

// streamWriter writes to somebody who may have stopped to read.
type streamWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s streamWriter) send(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(writeLimit)) // where a server has one, it is for all of an answer
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}
