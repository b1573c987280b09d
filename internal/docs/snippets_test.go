package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// beside are packages that snippets use and that those of this module do not lead to.
var beside = []string{
	"github.com/coreos/go-oidc/v3/oidc", "crypto/sha1", "encoding/hex", "html/template", "net/http/httptest", "os/signal", "syscall", "testing",
}

// world is what snippets are compiled with: packages that are built already.
type world struct {
	files    *token.FileSet
	importer types.Importer
	paths    map[string]string // by the name of the package
}

var builtWorld = sync.OnceValues(buildWorld)

func worldOf(t *testing.T) *world {
	t.Helper()
	w, err := builtWorld()
	require.NoError(t, err)
	return w
}

func buildWorld() (*world, error) {
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Name,Export", "./..."}, beside...)...)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	w := &world{files: token.NewFileSet(), paths: map[string]string{}}
	exports := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Name, Export string }
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		w.name(p.Name, p.ImportPath)
	}
	w.importer = importer.ForCompiler(w.files, "gc", func(path string) (io.ReadCloser, error) {
		export, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("%s is not among the packages of this test: see beside", path)
		}
		return os.Open(export)
	})
	return w, nil
}

// name remembers what a reader means by the name of a package: one of ours, or else the best known.
func (w *world) name(name, path string) {
	const ours = "github.com/nativeauth/nativeauth/"
	known := map[string]string{"template": "html/template", "rand": "crypto/rand", "sql": "database/sql", "redis": "github.com/redis/go-redis/v9"}
	switch {
	case strings.Contains(path, "/internal/") || strings.HasPrefix(path, "internal/") || strings.HasPrefix(path, "vendor/"):
	case known[name] != "":
		w.paths[name] = known[name]
	case strings.HasPrefix(path, ours) || w.paths[name] == "":
		w.paths[name] = path
	case !strings.HasPrefix(w.paths[name], ours) && strings.Count(path, "/") < strings.Count(w.paths[name], "/"):
		w.paths[name] = path
	}
}

// reader is what somebody who reads the pages has already, and what they leave to them.
const reader = `
var (
	ctx       context.Context
	t         *testing.T
	s         *handlertest.Server
	w         http.ResponseWriter
	r         *http.Request
	mux       *http.ServeMux
	cfg       handler.Config
	auth      *handler.Auth
	flows     *handler.Flows
	step      handler.FlowStep
	db        *sqlstore.Store
	users     store.Users
	mail      otp.Sender
	keys      token.Keys
	secret    []byte
	caller    handler.Caller
	rows      *sql.Rows
	publicKeys jose.JSONWebKeySet
	err       error
	orders, newsletter http.Handler
	userID, uuid, openID, objectID, displayName, mailOfTheUser, mobile, clientSecret, typed, current, next string
)

func show(...string) {}
func draw(http.ResponseWriter, handler.FlowStep, error) {}
func alert(context.Context, ...string) {}
func verifyCaptcha(context.Context, string) (bool, error) { return false, nil }
func rolesOf(context.Context, string) ([]string, error) { return nil, nil }
func inBreaches(context.Context, string) (bool, error) { return false, nil }
func readCard(context.Context, string) (string, bool) { return "", false }

type app struct{}

func newApp(string) app        { return app{} }
func (app) askForCode(string)  {}
func (app) signIn(string)      {}
`

func TestSnippets_Compile(t *testing.T) {
	w := worldOf(t)
	snippets := 0
	for _, p := range pages(t) {
		var files []*ast.File
		for _, b := range p.blocks {
			if b.language == "go" {
				files = append(files, w.parse(t, p, b))
				snippets++
			}
		}
		w.compile(t, p.name, files)
	}
	assert.Greater(t, snippets, 60)
}

// A test of snippets that lets everything pass would be worth nothing.
func TestSnippets_ThatAreWrongDoNotCompile(t *testing.T) {
	w := worldOf(t)
	for _, wrong := range []string{
		"cfg.Sender = 1\n", "cfg.NoSuchField = nil\n", "handler.NoSuchFunction()\n", "err = auth.SetPassword(ctx, userID)\n", "nobody.Knows(it)\n",
		"import \"os\"\n\nfunc f() {}\n", "import \"os\"\n\nfunc f() { fmt.Println(os.Args) }\n", "import \"no.such/package\"\n",
	} {
		f := w.parse(t, page{name: "wrong.md"}, block{language: "go", text: wrong})
		assert.NotEmpty(t, w.mistakes("wrong.md", []*ast.File{f}), wrong)
	}
}

// parse reads a snippet: the declarations of a file, or else statements.
func (w *world) parse(t *testing.T, p page, b block) *ast.File {
	t.Helper()
	at := fmt.Sprintf("%s:%d", p.name, b.line)
	formatted, err := format.Source([]byte(b.text))
	if assert.NoError(t, err, at) {
		assert.Equal(t, string(formatted), b.text, "%s is not as gofmt has it", at)
	}
	f, err := parser.ParseFile(w.files, at, "package p\n"+b.text, parser.SkipObjectResolution)
	if err != nil {
		f, err = parser.ParseFile(w.files, at, "package p\nfunc _() {\n"+b.text+"\n}\n", parser.SkipObjectResolution)
		require.NoError(t, err, at)
		useLiterals(f)
	}
	w.addImports(f)
	return f
}

// useLiterals makes statements of values that a page shows by themselves.
func useLiterals(f *ast.File) {
	body := f.Decls[0].(*ast.FuncDecl).Body
	for i, s := range body.List {
		if e, ok := s.(*ast.ExprStmt); ok {
			if literal, ok := e.X.(*ast.CompositeLit); ok {
				body.List[i] = &ast.AssignStmt{Lhs: []ast.Expr{ast.NewIdent("_")}, TokPos: literal.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{literal}}
			}
		}
	}
}

// addImports imports what a snippet uses, unless it has imports of its own.
func (w *world) addImports(f *ast.File) {
	if len(f.Imports) > 0 {
		return
	}
	var has []string
	var specs []ast.Spec
	ast.Inspect(f, func(n ast.Node) bool {
		x, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name, ok := x.X.(*ast.Ident)
		if !ok || slices.Contains(mine, name.Name) {
			return true
		}
		if path := w.paths[name.Name]; path != "" && !slices.Contains(has, path) {
			has = append(has, path)
			specs = append(specs, &ast.ImportSpec{Path: &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(path)}})
		}
		return true
	})
	if len(specs) > 0 {
		f.Decls = append([]ast.Decl{&ast.GenDecl{Tok: token.IMPORT, Specs: specs}}, f.Decls...)
	}
}

// mine are variables of snippets, and of their reader, that are called as packages are.
var mine = []string{"auth", "mail", "user", "users"}

// compile fails the test for what is wrong with the snippets of a page.
func (w *world) compile(t *testing.T, name string, files []*ast.File) {
	t.Helper()
	for _, err := range w.mistakes(name, files) {
		assert.NoError(t, err)
	}
}

// mistakes are what the compiler says of the snippets of a page, which see one another's declarations. That a
// snippet does not go on to use its variables is no mistake.
func (w *world) mistakes(name string, files []*ast.File) (found []error) {
	prelude, err := parser.ParseFile(w.files, name+":reader", "package p\n"+reader, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	w.addImports(prelude)
	config := types.Config{Importer: w.importer, Error: func(err error) {
		e, ok := errors.AsType[types.Error](err)
		if !ok || !e.Soft || strings.Contains(e.Msg, "imported and not used") {
			found = append(found, err)
		}
	}}
	_, _ = config.Check(name, w.files, append(files, prelude), nil) // Error has been told
	return found
}
