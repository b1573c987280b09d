// Package peers finds what tests need and Go does not bring: a browser, Node and its
// packages, database servers.
//
// Whoever has none of them still gets a green run, with a line that says what was left
// out. Where nothing may be left out, NATIVEAUTH_REQUIRE_PEERS=1 turns every such line
// into a failure.
package peers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// names lists what a program is called where it is not called by its own name.
var names = map[string][]string{
	"chromium": {"chromium", "chromium-browser", "google-chrome"},
}

// patience is how long an installation may take.
const patience = 3 * time.Minute

// Need returns the path of a program; without it the test ends here.
func Need(t testing.TB, program string) string {
	t.Helper()
	for _, name := range append(names[program], program) {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, program+" is not installed")
	return ""
}

// NeedModules makes sure that dir/node_modules holds what dir/package-lock.json names,
// and lets npm fetch it if not.
func NeedModules(t testing.TB, dir string) {
	t.Helper()
	npm := Need(t, "npm")
	if installed(dir) {
		return
	}
	defer lock(t, dir)()
	if installed(dir) { // by the test that held the lock before
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		missing(t, "npm ci: "+err.Error()+"\n"+strings.TrimSpace(string(out)))
	}
}

// missing is the one place that decides between a skip and a failure.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("NATIVEAUTH_REQUIRE_PEERS") == "1" {
		t.Fatal(what)
	} else {
		t.Skip(what)
	}
}

// installed reports whether npm has finished an installation since the lock file changed:
// its own copy of that file is the last thing it writes.
func installed(dir string) bool {
	wanted, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return false
	}
	have, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json"))
	return err == nil && !have.ModTime().Before(wanted.ModTime())
}

// lock keeps the tests of two packages, which run side by side, from installing into one
// folder at once. It returns the function that unlocks. A lock older than any
// installation may take is what a killed test left behind.
func lock(t testing.TB, dir string) func() {
	t.Helper()
	path := filepath.Join(dir, "node_modules.lock")
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			f.Close()
			return func() { os.Remove(path) }
		}
		if !os.IsExist(err) {
			t.Fatal(err)
		}
		if i, err := os.Stat(path); err == nil && time.Since(i.ModTime()) > patience {
			os.Remove(path)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
