package emulator

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"github.com/nativeauth/nativeauth/adapters/memory"
)

// asInFile is the name of the snapshot that a reset goes back to unless it names another.
const asInFile = ""

const mostSnapshots = 20 // beside that one

// snapshot is what there was at one moment: users, flows, tokens and counters, and the clock.
type snapshot struct {
	stored *memory.Snapshot
	asked  map[string]bool
	clock  setting
}

// snap keeps the present under a name. Calls that are under way may be half in it.
func (e *Emulator) snap(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.snapshots[name] = snapshot{e.kept.Snapshot(), maps.Clone(e.asked), e.clock.setting()}
}

var snapshotName = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

func (e *Emulator) saveSnapshot(ctx context.Context, r *http.Request) (any, error) {
	if err := e.inMemory("a snapshot"); err != nil {
		return nil, err
	}
	if err := decode(r, &struct{}{}); err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	names := e.names()
	switch {
	case !snapshotName.MatchString(name):
		return nil, wrong(http.StatusBadRequest, "the name %q is not 1 to 64 letters, digits and . _ -", name)
	case len(names) >= mostSnapshots && !slices.Contains(names, name):
		return nil, wrong(http.StatusConflict, "there are %d snapshots: save over one of them", mostSnapshots)
	}
	e.snap(name)
	return e.listSnapshots(ctx, r)
}

func (e *Emulator) listSnapshots(context.Context, *http.Request) (any, error) { return e.names(), nil }

// names are those of the snapshots that somebody has saved.
func (e *Emulator) names() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := slices.AppendSeq([]string{}, maps.Keys(e.snapshots)) // [] and not null
	names = slices.DeleteFunc(names, func(name string) bool { return name == asInFile })
	slices.Sort(names)
	return names
}

// reset goes back to a snapshot. Mail, and failures that are still to come, are dropped.
func (e *Emulator) reset(_ context.Context, r *http.Request) (any, error) {
	if err := e.inMemory("reset"); err != nil {
		return nil, err
	}
	var back struct {
		To string `json:"to"`
	}
	if err := decode(r, &back); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s, ok := e.snapshots[back.To]
	if !ok {
		return nil, wrong(http.StatusNotFound, "there is no snapshot %q: GET /dev/api/snapshots lists them; leave to out for what the file says", back.To)
	}
	e.plans.Reset()
	e.clock.restore(s.clock)
	e.kept.Restore(s.stored) // after the clock, by which it measures what is left of lives
	e.asked = maps.Clone(s.asked)
	e.inbox.Clear()
	return struct{}{}, nil
}
