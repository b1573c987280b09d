package peers

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// verdict remembers how a test ended. The embedded nil panics on anything unforeseen.
type verdict struct {
	testing.TB
	ended string
}

func (*verdict) Helper()        {}
func (v *verdict) Skip(...any)  { v.ended = "skipped" }
func (v *verdict) Fatal(...any) { v.ended = "failed" }

func TestNeed_AMissingProgramSkipsUnlessPeersAreRequired(t *testing.T) {
	for value, want := range map[string]string{"": "skipped", "0": "skipped", "1": "failed"} {
		t.Setenv("NATIVEAUTH_REQUIRE_PEERS", value)
		v := &verdict{TB: nil}
		Need(v, "no-program-has-this-name")
		if v.ended != want {
			t.Errorf("NATIVEAUTH_REQUIRE_PEERS=%q: got %q, want %q", value, v.ended, want)
		}
	}
}

func TestNeed_ABrowserGoesBySeveralNames(t *testing.T) {
	bin := t.TempDir()
	want := filepath.Join(bin, "chromium-browser")
	if err := os.WriteFile(want, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	if got := Need(t, "chromium"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInstalled_AnInstallationOlderThanTheLockFileIsStale(t *testing.T) {
	dir := t.TempDir()
	wanted := filepath.Join(dir, "package-lock.json")
	have := filepath.Join(dir, "node_modules", ".package-lock.json")
	now := time.Now()
	write := func(path string, at time.Time) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}

	write(wanted, now)
	if installed(dir) {
		t.Error("nothing is installed")
	}
	write(have, now)
	if !installed(dir) {
		t.Error("the installation is current")
	}
	write(wanted, now.Add(time.Second))
	if installed(dir) {
		t.Error("the lock file has changed since")
	}
}
