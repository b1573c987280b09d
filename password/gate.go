package password

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"time"
)

// ErrBusy says that too much hashing is under way and waiting. It passes: ask to come back in a few
// seconds (HTTP 503 with Retry-After).
var ErrBusy = errors.New("password: too many hashes at once")

const (
	// What work may hold at once. A single piece of work that needs more gets it, alone.
	mostHeld = 128 << 20
	// What work may hold together with what it has left to the garbage collector.
	mostTaken = 256 << 20

	mostWaiting = 256
	mostPatient = time.Second
)

// cost is what a piece of work holds while it runs.
type cost struct {
	threads int
	memory  int64
}

// gate lets work begin in the order in which it came, as much at once as there are processors and
// memory for. Not more than mostWaiting wait, none longer than mostPatient.
//
// The memory that counts is not only what is in use. Every hash allocates its memory anew, and what
// it leaves behind stays until the garbage collector has been; left to its own pace, which allows
// for that heap to double and for more while it is at work, 13 hashes of 19 MiB at once were seen
// to take 570 MiB. So memory is free again only once a collection has ended that began after the
// work did, and if work has to wait for that, a collection is started. A host whose heap is large
// has room for garbage anyway: for as much as its own pace (GOGC) allows, nothing is started.
type gate struct {
	threads int // as many as there may be

	mu         sync.Mutex
	held       cost
	left       []garbage
	condemned  int64 // garbage that the running collection is going to free
	collecting bool
	waiting    []*waiter
}

// waiter is somebody before the gate. ready is closed when it has been let in.
type waiter struct {
	cost  cost
	ready chan struct{}
}

// garbage is memory that was left to the collector when it had completed some number of cycles.
type garbage struct {
	memory int64
	cycle  uint64
}

func newGate() *gate { return &gate{threads: runtime.GOMAXPROCS(0)} }

// do runs work when its turn has come. It returns ErrBusy or the error of ctx if that takes too
// long, and whatever way work ends, its place is free again.
func (g *gate) do(ctx context.Context, c cost, work func()) error {
	c.threads = min(c.threads, g.threads)
	c.memory = min(c.memory, mostTaken)
	if err := g.enter(ctx, c); err != nil {
		return err
	}
	defer g.leave(c)
	work()
	return nil
}

func (g *gate) enter(ctx context.Context, c cost) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("password: wait for a turn: %w", err)
	}
	w := &waiter{c, make(chan struct{})}
	if !g.line(w) {
		return ErrBusy
	}
	patience := time.NewTimer(mostPatient)
	defer patience.Stop()
	var err error
	select {
	case <-w.ready:
		return nil
	case <-patience.C:
		err = ErrBusy
	case <-ctx.Done():
		err = fmt.Errorf("password: wait for a turn: %w", ctx.Err())
	}
	if g.giveUp(w) {
		return err
	}
	return nil // let in at the same moment
}

// line puts w in the line, unless that is full.
func (g *gate) line(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) >= mostWaiting {
		return false
	}
	g.waiting = append(g.waiting, w)
	g.admit()
	return true
}

// giveUp takes w out of the line, if it is there. Others may have waited behind it that need less.
func (g *gate) giveUp(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, w)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	g.admit()
	return true
}

func (g *gate) leave(c cost) {
	cycles, _ := collector()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held.threads -= c.threads
	g.held.memory -= c.memory
	if c.memory > 0 {
		g.left = append(g.left, garbage{c.memory, cycles})
	}
	g.admit()
}

// admit lets in whoever is first in line as long as there is room. g.mu is held.
func (g *gate) admit() {
	for len(g.waiting) > 0 {
		w := g.waiting[0]
		held := cost{g.held.threads + w.cost.threads, g.held.memory + w.cost.memory}
		if held.threads > g.threads || held.memory > max(mostHeld, w.cost.memory) {
			return // until somebody leaves
		}
		if w.cost.memory > 0 && !g.isClean(held.memory) {
			g.collect()
			return
		}
		g.held = held
		g.waiting[0] = nil
		g.waiting = g.waiting[1:]
		close(w.ready)
	}
}

// isClean tells whether there is room for the garbage beside that much memory in use. g.mu is held.
func (g *gate) isClean(held int64) bool {
	taken := held + g.condemned
	for _, l := range g.left {
		taken += l.memory
	}
	if taken <= mostTaken {
		return true
	}
	cycles, headroom := collector()
	for len(g.left) > 0 && cycles >= g.left[0].cycle+2 { // one may have been under way already
		taken -= g.left[0].memory
		g.left = g.left[1:]
	}
	return taken <= max(mostTaken, headroom)
}

// collect has all garbage freed that there is now, and then lets in who waits for that. g.mu is
// held.
func (g *gate) collect() {
	if g.collecting {
		return
	}
	g.collecting = true
	for _, l := range g.left {
		g.condemned += l.memory
	}
	g.left = nil
	go func() {
		runtime.GC()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.collecting = false
		g.condemned = 0
		g.admit()
	}()
}

// collector returns how many cycles the garbage collector has completed, and how much it lets the
// heap grow between two.
func collector() (cycles uint64, headroom int64) {
	samples := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/goal:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	goal, live := samples[1].Value.Uint64(), samples[2].Value.Uint64()
	if goal > live {
		headroom = int64(min(goal-live, math.MaxInt64))
	}
	return samples[0].Value.Uint64(), headroom
}
