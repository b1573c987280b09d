// Package arrows holds the test that keeps the packages of this module apart: which of them may
// import which, and which may import what from outside.
package arrows

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/nativeauth/nativeauth/"

// allowed lists, for each package, the packages of this module and the foreign modules that it may
// import. What is not listed imports the standard library only; what is listed with "*" may import
// anything.
var allowed = map[string][]string{
	"store":                  {},
	"attrs":                  {},
	"internal/guid":          {},
	"internal/keyed":         {},
	"internal/kdf":           {"golang.org/x/crypto"},
	"internal/devpage":       {},
	"internal/figures":       {},
	"internal/figures/table": {},
	"otp":                    {"store", "internal/keyed", "golang.org/x/net/idna", "golang.org/x/text"},
	"password":               {"internal/kdf", "golang.org/x/crypto", "golang.org/x/text"},
	"token":                  {"store", "internal/keyed", "github.com/go-jose/go-jose/v4", "golang.org/x/crypto/chacha20poly1305"},
	"internal/flow":          {"store", "otp", "token", "attrs", "password", "internal/guid", "internal/keyed"},

	// One suite holds an adapter to all contracts, also to that of token.Keys.
	"store/storetest": {"store", "token", "github.com/go-jose/go-jose/v4", "github.com/stretchr/testify"},

	// Two of the adapters are what an issuer on loopback gets where the host brings nothing; scsstore is what
	// NewSessions puts sessions into.
	"handler": {
		"internal/flow", "internal/guid", "token", "attrs", "store", "otp", "password", "adapters/memory", "adapters/consolemail",
		"adapters/scsstore", "github.com/alexedwards/scs/v2", "github.com/gorilla/schema", "github.com/go-jose/go-jose/v4",
	},

	// Servers for tests, of hosts and of stand-ins.
	"internal/script": {"handler", "internal/guid"},
	"handler/handlertest": {
		"handler", "internal/script", "internal/guid", "adapters/memory", "otp", "password", "store", "token", "github.com/go-jose/go-jose/v4",
	},

	"adapters/memory":      {"store"},
	"adapters/sqlstore":    {"store", "token", "github.com/go-jose/go-jose/v4"},
	"adapters/redisstore":  {"store", "github.com/redis/go-redis/v9"},
	"adapters/scsstore":    {"store", "github.com/alexedwards/scs/v2"},
	"adapters/consolemail": {"otp"},
	"adapters/devmail":     {"otp", "internal/devpage"},
	"adapters/httpsms":     {"otp"},
	"adapters/smtpmail":    {"otp", "github.com/wneessen/go-mail"},
	"adapters/keyfile":     {"token", "github.com/go-jose/go-jose/v4"},

	"example":             {"*"},
	"example/emulator":    {"*"},
	"example/forms":       {"*"},
	"example/localca":     {},
	"example/trace":       {"handler", "internal/devpage", "internal/guid"},
	"internal/arrows":     {"*"}, // tests, all five
	"internal/clienttest": {"*"},
	"internal/docs":       {"*"},
	"internal/mutants":    {"*"},
	"internal/peers":      {"*"},
	"internal/proofs":     {"*"},
}

// core is what a program that imports handler and adapters/memory may be built from.
var core = []string{
	"github.com/gorilla/schema", "github.com/go-jose/go-jose/v4", "github.com/alexedwards/scs/v2", "github.com/stretchr/testify",
	"golang.org/x/crypto", "golang.org/x/text", "golang.org/x/net", "golang.org/x/sys",
}

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Standard     bool
	Module       *struct{ Path string }
}

// list returns what go list says of packages.
func list(t *testing.T, args ...string) (pkgs []pkg) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,TestImports,XTestImports,Standard,Module"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	require.NoError(t, err)
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		require.NoError(t, err)
		pkgs = append(pkgs, p)
	}
}

func TestImports_FollowTheArrows(t *testing.T) {
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module)
		may, known := allowed[name]
		assert.True(t, known, "package %s is new: say in this test what it may import", name)
		for _, i := range p.Imports {
			assert.True(t, isStandard(i) || isAllowed(i, may), "%s imports %s", name, i)
		}
	}
}

func TestAdapters_AreImportedByExampleAndTestsOnly(t *testing.T) {
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module)
		if name == "example" || name == "example/emulator" || name == "example/forms" || strings.HasPrefix(name, "handler") { // handler: see allowed
			continue
		}
		for _, i := range p.Imports {
			assert.NotContains(t, i, module+"adapters/", "%s imports it", name)
		}
	}
}

func TestCore_IsBuiltFromTheModulesThatEmbeddersAccept(t *testing.T) {
	found := map[string]bool{}
	for _, p := range list(t, "-deps", "./handler", "./adapters/memory") {
		if p.Module != nil && !strings.HasPrefix(p.ImportPath, module) {
			assert.Contains(t, core, p.Module.Path, "of package %s", p.ImportPath)
			found[p.Module.Path] = true
		}
	}
	assert.NotEmpty(t, found)
}

func TestIsAllowed_RefusesWhatIsNotListed(t *testing.T) {
	assert.False(t, isAllowed(module+"adapters/memory", allowed["internal/flow"]))
	assert.False(t, isAllowed(module+"handler", allowed["internal/flow"]))
	assert.False(t, isAllowed("github.com/go-jose/go-jose/v4", allowed["otp"]))
	assert.True(t, isAllowed("github.com/go-jose/go-jose/v4/json", allowed["token"]))
	assert.False(t, isAllowed(module+"store/storetest", allowed["otp"]), "a package is not its neighbour beneath")
}

// isAllowed tells whether an import path is on a list: a package of this module by its name, one
// from outside by its module.
func isAllowed(path string, may []string) bool {
	if name, ours := strings.CutPrefix(path, module); ours {
		return slices.Contains(may, name) || slices.Contains(may, "*")
	}
	return slices.ContainsFunc(may, func(m string) bool {
		return m == "*" || path == m || strings.Contains(m, ".") && strings.HasPrefix(path, m+"/")
	})
}

// isStandard tells whether a path is of the standard library: no module without a dot in its first
// element can be fetched.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func TestKDF_IsReplacedByTestsOnly(t *testing.T) {
	found, err := filepath.Glob("../kdf/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, found, "the package has moved")
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		assert.NotContains(t, string(text), "kdf.Replace", path)
		return err
	}))
}
