package emulator

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var row = regexp.MustCompile("(?m)^\\| `(/[^`]+)` \\|")

// beside are the paths that Entra does not have, which the page names in a sentence.
var beside = []string{"/userinfo", "/oauth2/userinfo", "/oauth2/revoke", "/oauth2/introspect", "/.well-known/openapi.json"}

func TestDocs_SayOfEveryPathWhatDiffers(t *testing.T) {
	text, err := os.ReadFile("../../docs/emulator.md")
	require.NoError(t, err)
	rows := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		assert.False(t, rows[m[1]], "%s has two rows", m[1])
		rows[m[1]] = true
	}
	paths := serveSample(t).paths
	require.Greater(t, len(paths), 15)
	for _, path := range beside {
		assert.Contains(t, paths, path)
		assert.Contains(t, string(text), "`"+path+"`")
		rows[path] = true
	}
	for path := range paths {
		assert.True(t, rows[path], "no row for %s", path)
	}
	assert.Len(t, rows, len(paths), "and a row for nothing else")
}
