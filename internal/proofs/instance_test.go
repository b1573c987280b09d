//go:build unix

package proofs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// site is a store, a mailbox, and the instances that share them.
type site struct {
	testing.TB
	settings
	box *inbox
}

func newSite(t testing.TB, p place, change ...func(*settings)) *site {
	s := &site{TB: t, box: newInbox(t)}
	s.settings = settings{Place: p, Inbox: s.box.url, KeyFile: filepath.Join(t.TempDir(), "keys.json"), Resend: -1}
	for _, c := range change {
		c(&s.settings)
	}
	return s
}

// instance is a process of its own that serves the API.
type instance struct {
	base string
	cmd  *exec.Cmd
	in   io.Closer
	log  *logbook
	over chan struct{} // closed when the process has ended
}

// start starts an instance and waits until it serves. wrap is a command to run it under, if any.
func (s *site) start(wrap ...string) *instance {
	s.Helper()
	i, err := s.tryStart(wrap...)
	require.NoError(s, err)
	s.Cleanup(i.kill)
	return i
}

// tryStart is start for goroutines, and for stores that may be down. Who calls it kills the instance.
func (s *site) tryStart(wrap ...string) (*instance, error) {
	text, err := json.Marshal(s.settings)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append(slices.Clone(wrap), self)
	i := &instance{cmd: exec.Command(args[0], args[1:]...), log: &logbook{}, over: make(chan struct{})}
	i.cmd.Env = append(os.Environ(), instanceVariable+"="+string(text))
	i.cmd.Stderr = i.log
	if i.in, err = i.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := i.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := i.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		_ = i.cmd.Wait()
		close(i.over)
	}()
	if err != nil {
		i.kill()
		return nil, &neverServed{i.log.tail()}
	}
	i.base = "http://" + strings.TrimSpace(line) + prefix
	return i, nil
}

type neverServed struct{ log string }

func (e *neverServed) Error() string { return "the instance does not start:\n" + e.log }

// three starts three instances.
func (s *site) three() []*instance {
	s.Helper()
	return []*instance{s.start(), s.start(), s.start()}
}

// kill ends an instance as kill -9 does. It may be called twice.
func (i *instance) kill() {
	_ = i.cmd.Process.Kill()
	<-i.over
}

// condemn makes the instance die, as if it were killed, the next time it has done something.
func (i *instance) condemn(t testing.TB, after string) {
	t.Helper()
	a := get(strings.TrimSuffix(i.base, prefix) + "/proofs/die?" + after)
	require.True(t, a.ok(), "%v", a)
}

// stop ends an instance as an operator does.
func (i *instance) stop(t testing.TB) {
	require.NoError(t, i.in.Close())
	select {
	case <-i.over:
	case <-time.After(15 * time.Second):
		require.Fail(t, "the instance does not stop", i.log.tail())
	}
	assert.Zero(t, i.cmd.ProcessState.ExitCode(), i.log.tail())
}

// logbook is what an instance has logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// tail returns the last lines.
func (l *logbook) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.text.Bytes()
	return string(b[max(0, len(b)-4000):])
}

// causes counts the log's lines by what they give as the cause.
func (l *logbook) causes() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := map[string]int{}
	for line := range bytes.Lines(l.text.Bytes()) {
		var entry struct{ Cause string }
		if json.Unmarshal(line, &entry) == nil {
			found[entry.Cause]++
		}
	}
	return found
}
