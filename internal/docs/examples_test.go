package docs

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var notLinked = regexp.MustCompile(`\[[A-Za-z]\w*(\.[A-Z]\w*)*\]`)

// A name in brackets that leads nowhere is shown with its brackets.
func TestPackageDocs_LinkToNamesThatAreThere(t *testing.T) {
	for name, path := range public {
		pkg, _ := parse(t, path)
		text := new(comment.Printer).Text(pkg.Parser().Parse(pkg.Doc))
		assert.Empty(t, notLinked.FindAllString(string(text), -1), "package %s", name)
		assert.NotEmpty(t, text, "package %s", name)
	}
}

// notEntries are exported and not where anybody begins, with the reason.
var notEntries = map[string]string{
	"handler.Mux":           "what Mount takes: http.ServeMux is one",
	"handler.SessionOption": "made by SignInPage",
	"redisstore.Option":     "made by the functions that begin with With",
	"sqlstore.Option":       "the same",
}

// inHand are types that a host holds, whose methods are entries, too.
var inHand = []string{"handler.Auth", "handler.Flows", "handlertest.Server"}

// folder is a public package with what its examples show.
type folder struct {
	entries  []string        // functions, interfaces, types of functions, and the methods of those in hand
	examples map[string]bool // by the names of what they are for: "", "Mount", "Auth.SignOut"
	calls    map[string]bool // what they call: "handler.New", ".SignOut"
}

// Whoever reads about a package finds each of its entry points in code that runs.
func TestExamples_ShowEveryEntryPoint(t *testing.T) {
	for name, path := range public {
		f := examine(t, name, path)
		assert.NotEmpty(t, f.examples, "package %s has no example", name)
		for _, entry := range f.entries {
			full := name + "." + entry
			_, excepted := notEntries[full]
			assert.Equal(t, !excepted, f.shows(name, entry), "%s: is it in an example of its package, or else an exception?", full)
		}
	}
}

// shows tells whether an example is for an entry, or calls it.
func (f folder) shows(name, entry string) bool {
	_, method, ofType := strings.Cut(entry, ".")
	if ofType {
		return f.examples[entry] || f.calls["."+method]
	}
	return f.examples[entry] || f.calls[name+"."+entry]
}

// parse reads the package in a folder, and its tests.
func parse(t *testing.T, path string) (pkg *doc.Package, tests []*ast.File) {
	t.Helper()
	files := token.NewFileSet()
	var sources []*ast.File
	paths, err := filepath.Glob(root + "/" + path + "/*.go")
	require.NoError(t, err)
	for _, p := range paths {
		file, err := parser.ParseFile(files, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		if strings.HasSuffix(p, "_test.go") {
			tests = append(tests, file)
		} else {
			sources = append(sources, file)
		}
	}
	pkg, err = doc.NewFromFiles(files, sources, module+path)
	require.NoError(t, err)
	return pkg, tests
}

func examine(t *testing.T, name, path string) folder {
	t.Helper()
	pkg, tests := parse(t, path)
	f := folder{entries: entries(name, pkg), examples: map[string]bool{}, calls: map[string]bool{}}
	for _, e := range doc.Examples(tests...) {
		f.examples[strings.ReplaceAll(e.Name, "_", ".")] = true
		ast.Inspect(e.Code, func(n ast.Node) bool {
			if x, ok := n.(*ast.SelectorExpr); ok {
				of, _ := x.X.(*ast.Ident)
				if of != nil && of.Name == name {
					f.calls[name+"."+x.Sel.Name] = true
				} else {
					f.calls["."+x.Sel.Name] = true
				}
			}
			return true
		})
	}
	return f
}

// entries are where people begin with a package.
func entries(name string, pkg *doc.Package) (all []string) {
	for _, f := range pkg.Funcs {
		all = append(all, f.Name)
	}
	for _, ty := range pkg.Types {
		for _, f := range ty.Funcs {
			all = append(all, f.Name)
		}
		switch ty.Decl.Specs[0].(*ast.TypeSpec).Type.(type) {
		case *ast.InterfaceType, *ast.FuncType:
			all = append(all, ty.Name)
		}
		if slices.Contains(inHand, name+"."+ty.Name) {
			for _, m := range ty.Methods {
				all = append(all, ty.Name+"."+m.Name)
			}
		}
	}
	return all
}
