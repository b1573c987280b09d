package docs

import (
	"fmt"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

const module = "github.com/nativeauth/nativeauth/"

// public are the packages for others to import, by the names that pages call them by.
var public = map[string]string{
	"handler": "handler", "handlertest": "handler/handlertest", "store": "store", "storetest": "store/storetest",
	"otp": "otp", "token": "token", "attrs": "attrs", "password": "password",
	"memory": "adapters/memory", "sqlstore": "adapters/sqlstore", "redisstore": "adapters/redisstore", "scsstore": "adapters/scsstore",
	"smtpmail": "adapters/smtpmail", "httpsms": "adapters/httpsms", "consolemail": "adapters/consolemail", "devmail": "adapters/devmail",
	"keyfile": "adapters/keyfile",
}

// shorthand is what pages write for a type, without its package or as a variable.
var shorthand = map[string]string{
	"auth": "handler.Auth", "Auth": "handler.Auth", "Auth0": "handler.Auth0", "Config": "handler.Config", "Client": "handler.Client", "Limits": "handler.Limits",
	"Legacy": "handler.Legacy", "Resource": "handler.Resource", "AuthSource": "handler.AuthSource", "User": "store.User",
	"KeysConfig": "sqlstore.KeysConfig", "Messages": "otp.Messages",
}

var (
	span = regexp.MustCompile("`([^`]+)`")
	name = regexp.MustCompile(`^(\w+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
)

func TestNames_OfGoAreThere(t *testing.T) {
	w := worldOf(t)
	found := 0
	for _, p := range pages(t) {
		for _, m := range span.FindAllStringSubmatch(p.prose, -1) {
			known, err := w.lookUp(m[1])
			if known {
				found++
			}
			assert.NoError(t, err, "%s: `%s`", p.name, m[1])
		}
	}
	assert.Greater(t, found, 150)
}

func TestNames_ThatAreNotThereAreFound(t *testing.T) {
	w := worldOf(t)
	for _, wrong := range []string{"handler.Nothing", "Config.Nothing", "auth.Nothing(ctx)", "otp.Messages.Nothing", "handler.Config.Nothing", "sqlstore.Nothing"} {
		_, err := w.lookUp(wrong)
		assert.Error(t, err, wrong)
	}
}

// lookUp tells whether text is a name of a public package, and what is wrong with it.
func (w *world) lookUp(text string) (known bool, err error) {
	m := name.FindStringSubmatch(text)
	if m == nil {
		return false, nil
	}
	path := slices.DeleteFunc(m[1:], func(s string) bool { return s == "" })
	if long, ok := shorthand[path[0]]; ok {
		path = append(strings.Split(long, "."), path[1:]...)
	}
	folder, ok := public[path[0]]
	if !ok {
		return false, nil
	}
	pkg, err := w.importer.Import(module + folder)
	if err != nil {
		return true, err
	}
	object := pkg.Scope().Lookup(path[1])
	if object == nil {
		return true, fmt.Errorf("package %s has no %s", path[0], path[1])
	}
	for _, member := range path[2:] {
		if found, _, _ := types.LookupFieldOrMethod(object.Type(), true, pkg, member); found == nil {
			return true, fmt.Errorf("%s.%s has no %s", path[0], path[1], member)
		}
	}
	return true, nil
}

var (
	endpoint  = regexp.MustCompile("`(/(?:signup|oauth2?|resetpassword|register|otp|mfa|devicecode|device|userinfo|discovery|\\.well-known)/?[\\w./-]*)`")
	requested = regexp.MustCompile(`(?:\$API|POST )(/[\w./-]+)`)
)

// The tables of the endpoints are held to the routes by a test of package handler.
func TestPaths_OfTheAPIAreInTheReference(t *testing.T) {
	reference := read(t, root+"/docs/reference.md")
	found := 0
	for _, p := range pages(t) {
		paths := endpoint.FindAllStringSubmatch(p.prose, -1)
		for _, b := range p.blocks {
			if b.language == "go" { // routes of an app
				continue
			}
			paths = append(paths, requested.FindAllStringSubmatch(b.text, -1)...)
		}
		for _, m := range paths {
			found++
			assert.True(t, strings.Contains(reference.prose, "`"+m[1]+"`"), "%s names %s", p.name, m[1])
		}
	}
	assert.Greater(t, found, 50)
}

// Whoever searches for the number of an error finds what to do about it.
func TestErrors_AreAllInTheGuide(t *testing.T) {
	guide := read(t, root+"/docs/errors.md")
	numbers := map[int]bool{}
	for _, e := range handler.Errors() {
		numbers[e.Code] = true
	}
	require.NotEmpty(t, numbers)
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		assert.True(t, guide.anchors()[fmt.Sprintf("error-%d", n)], "%d", n)
	}
	for _, m := range regexp.MustCompile(`(?m)^## Why ([0-9]+)(?: or ([0-9]+))?$`).FindAllStringSubmatch(guide.prose, -1) {
		for _, n := range m[1:] {
			assert.True(t, n == "" || guide.anchors()["error-"+n], "why %s, which is no number of the table", n)
		}
	}
}
