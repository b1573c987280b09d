package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// verdict remembers how a test ended. An embedded nil panics on anything unforeseen.
type verdict struct {
	testing.TB
	ended string
	said  string
}

func (*verdict) Helper()             {}
func (v *verdict) Skip(said ...any)  { v.ended, v.said = "skipped", fmt.Sprint(said...) }
func (v *verdict) Fatal(said ...any) { v.ended, v.said = "failed", fmt.Sprint(said...) }

func TestNeed_AMissingProgramSkipsUnlessPeersAreRequired(t *testing.T) {
	for value, want := range map[string]string{"": "skipped", "0": "skipped", "1": "failed"} {
		t.Setenv("NATIVEAUTH_REQUIRE_PEERS", value)
		var v verdict
		Need(&v, "no-program-has-this-name")
		assert.Equal(t, want, v.ended, "NATIVEAUTH_REQUIRE_PEERS=%q", value)
	}
}

func TestNeed_ABrowserGoesBySeveralNames(t *testing.T) {
	bin := t.TempDir()
	want := filepath.Join(bin, "chromium-browser")
	require.NoError(t, os.WriteFile(want, []byte("#!/bin/sh\n"), 0o700))
	t.Setenv("PATH", bin)
	assert.Equal(t, want, Need(t, "chromium"))
}

func TestDatabases_AServerThatIsNotThereSkipsUnlessPeersAreRequired(t *testing.T) {
	t.Setenv("NATIVEAUTH_POSTGRES", "postgres://nobody:secret@127.0.0.1:1/none?sslmode=disable")
	t.Setenv("NATIVEAUTH_MYSQL", "nobody:secret@tcp(127.0.0.1:1)/none")
	for value, want := range map[string]string{"": "skipped", "1": "failed"} {
		t.Setenv("NATIVEAUTH_REQUIRE_PEERS", value)
		for variable, ask := range map[string]func(testing.TB) string{"NATIVEAUTH_POSTGRES": Postgres, "NATIVEAUTH_MYSQL": MySQL} {
			v := verdict{TB: t}
			assert.Empty(t, ask(&v))
			assert.Equal(t, want, v.ended, variable)
			assert.Contains(t, v.said, variable)
			assert.NotContains(t, v.said, "secret")
		}
	}
}

func TestInstalled_AnInstallationOlderThanTheLockFileIsStale(t *testing.T) {
	dir := t.TempDir()
	wanted := filepath.Join(dir, "package-lock.json")
	have := filepath.Join(dir, "node_modules", ".package-lock.json")
	now := time.Now()
	write := func(path string, at time.Time) {
		t.Helper()
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chtimes(path, at, at))
	}

	write(wanted, now)
	assert.False(t, installed(dir), "nothing is installed")
	write(have, now)
	assert.True(t, installed(dir), "the installation is current")
	write(wanted, now.Add(time.Second))
	assert.False(t, installed(dir), "the lock file has changed since")
}
