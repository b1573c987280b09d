//go:build !race

package mutants

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hands is how many bugs are tried at once: most of the time goes into compiling.
var hands = make(chan struct{}, 2)

// T26 of the security requirements.
func TestT26_EveryPlantedBugIsFound(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(table), 15)
	for _, m := range table {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			hands <- struct{}{}
			defer func() { <-hands }()
			out, err := m.run(t, root)
			if !assert.Error(t, err, "the bug is not found:\n%s", out) {
				return
			}
			assert.Contains(t, out, "--- FAIL: ", "no test failed:\n%s", out)
			assert.NotContains(t, out, "[build failed]")
			assert.NotContains(t, out, "[setup failed]")
		})
	}
}

func TestTable_EachBugHasOnePlaceAndATest(t *testing.T) {
	names := map[string]bool{}
	for _, m := range table {
		assert.False(t, names[m.name], "twice: %s", m.name)
		names[m.name] = true
		assert.NotEqual(t, m.old, m.new, m.name)
		text, err := os.ReadFile(filepath.Join("../..", m.file))
		require.NoError(t, err)
		assert.Equal(t, 1, strings.Count(string(text), m.old), "%s: the source has changed: plant it where it belongs now", m.name)
		files, err := filepath.Glob(filepath.Join("../..", m.pkg, "*_test.go"))
		require.NoError(t, err)
		tests := ""
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			tests += string(text)
		}
		top, _, _ := strings.Cut(m.test, "/")
		for name := range strings.SplitSeq(top, "|") {
			assert.True(t, strings.Contains(tests, "\nfunc "+name), "%s: there is no test %s", m.name, name)
		}
	}
}

// run plants the bug and runs its test.
func (m mutant) run(t *testing.T, root string) (out string, err error) {
	path := filepath.Join(root, filepath.FromSlash(m.file))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(text), m.old)
	dir := t.TempDir()
	planted := filepath.Join(dir, filepath.Base(path))
	require.NoError(t, os.WriteFile(planted, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: planted}})
	require.NoError(t, err)
	list := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(list, overlay, 0o600))

	cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", list, "-vet=off", "-ldflags=-s -w", "-count=1", "-timeout=2m", "-failfast", "-run", m.pattern(), "./"+m.pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=") // those of a run with all tests are not meant for this one
	all, err := cmd.CombinedOutput()
	return string(all), err
}

// pattern is what go test -run selects by: the alternatives of a name, each from its beginning.
func (m mutant) pattern() string {
	top, sub, deep := strings.Cut(m.test, "/")
	p := "^(" + top + ")"
	if deep {
		p += "/" + regexp.QuoteMeta(sub)
	}
	return p
}
