package trace

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	engine "github.com/nativeauth/nativeauth/internal/flow"
)

func TestSteps_AreThoseOfTheFlows(t *testing.T) {
	var names []string
	for _, s := range handler.Steps() {
		names = append(names, s.Name)
		grant := s.GrantType
		assert.Equal(t, s.Name, stepOf("/tenant"+s.Path+"/", grant, true), "%s %s", s.Path, grant)
	}
	assert.ElementsMatch(t, engine.Calls(), names)
	for _, s := range beside {
		assert.Equal(t, s.Name, stepOf(s.Path, s.GrantType, false), "%s %s", s.Path, s.GrantType)
	}
}

func TestStepOf_TellsWhatIsNoStep(t *testing.T) {
	for path, want := range map[string]string{
		"/tenant/signup/v1.0/begin": unknownStep, "/": unknownStep, "": unknownStep, "/oauth2/v2.0/token": "token",
	} {
		assert.Equal(t, want, stepOf(path, "", false), path)
	}
	assert.Equal(t, "token", stepOf("/oauth2/v2.0/token", "<script>", true))
	assert.Equal(t, "token for a password", stepOf("/oauth2/v2.0/token", "password", true))
	assert.Equal(t, nameAndPassword, stepOf("/oauth2/v2.0/token", "password", false))
}

// answering is an API that gives each request a token of its own.
func answering(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	body := fmt.Sprintf(`{"continuation_token":"token of %s"}`, r.URL.Path)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write([]byte(body))
}

// full is a form with as much in it as is kept of one, and more.
var full = strings.Repeat("username="+strings.Repeat("x", 300)+"&token=a%20token&", 35)

// call sends a form.
func call(h http.Handler, path, form string) {
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(form)))
}

func TestTrace_KeepsTheNewestAndForgetsAllOfTheOthers(t *testing.T) {
	tr := New(Config{Path: "/dev/flows"})
	api := tr.Wrap(http.HandlerFunc(answering))
	for n := range 10_000 {
		form := ""
		if n >= 10_000-Capacity {
			form = full
		}
		call(api, fmt.Sprintf("/%d?token=%d", n, n/7), form)
	}
	flows := tr.Flows()
	kept := 0
	for _, f := range flows {
		for _, c := range f.Calls {
			kept++
			require.Len(t, c.Parameters, mostFields+1, "the last says how many more there were")
			for _, p := range c.Parameters {
				assert.LessOrEqual(t, len(p.Name)+len(p.Value), longestName+longestValue+len("……"))
			}
		}
	}
	assert.Equal(t, Capacity, kept)
	assert.Equal(t, 10_000, flows[0].Last().ID)
	assert.Len(t, tr.kept, Capacity)
	assert.Len(t, tr.flows, len(flows))
	assert.LessOrEqual(t, len(tr.flowOf), Capacity*2*mostTokens)
	for k, l := range tr.flowOf {
		assert.Greater(t, l.call, 10_000-Capacity, k.short())
	}
}

// stuck is a page that has stopped to read, until somebody lets it.
type stuck struct {
	*httptest.ResponseRecorder
	reading, read chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	s.reading <- struct{}{}
	<-s.read
	return s.ResponseRecorder.Write(p)
}

func TestStream_AReaderThatIsStuckHoldsNobodyUpAndIsTold(t *testing.T) {
	tr := New(Config{Path: "/dev/flows"})
	api := tr.Wrap(http.HandlerFunc(answering))
	call(api, "/before", "")
	_, at := tr.snapshot()

	reader := &stuck{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/dev/flows/events?since="+tr.position(at), nil)
	r.RemoteAddr = "127.0.0.1:5000"
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tr.ServeHTTP(reader, r)
	}()
	<-reader.reading // it has begun to write, and gets nowhere
	for n := range 2 * Capacity {
		call(api, fmt.Sprintf("/%d", n), "")
	}
	reader.read <- struct{}{}
	<-reader.reading // what there is now
	tr.Close()
	reader.read <- struct{}{}
	<-ended

	body := reader.Body.String()
	require.Contains(t, body, "event: missed\ndata: 500\n\n")
	assert.Equal(t, Capacity, strings.Count(body, "event: call\n"))
	assert.Empty(t, tr.watchers)
}

func TestNews_ComeInTheOrderOfTheChanges(t *testing.T) {
	tr := New(Config{Path: "/dev/flows"})
	var first *entry
	api := tr.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first == nil {
			first = r.Context().Value(entryKey{}).(*entry)
		}
		answering(w, r)
	}))
	call(api, "/a?token=1", "")
	call(api, "/b?token=2", "")
	_, at := tr.snapshot()
	assert.Empty(t, tr.since(at).changes)
	call(api, "/c?token=3", "")
	tr.Event(context.WithValue(t.Context(), entryKey{}, first), handler.Event{Name: handler.EventCodeSent})
	n := tr.since(at)
	assert.Zero(t, n.missed)
	var paths []string
	for _, c := range n.changes {
		paths = append(paths, c.Rows[0].Path)
	}
	assert.Equal(t, []string{"/c", "/a"}, paths)
	assert.True(t, slices.ContainsFunc(n.changes[1].Rows[0].Caused, func(e Effect) bool { return e.Name == "code_sent" }))
	assert.Equal(t, moment{change: 3, call: 3}, n.changes[0].at)
	assert.Equal(t, moment{change: 4, call: 3}, n.until)
	assert.Len(t, tr.since(n.changes[0].at).changes, 1, "who was cut off in the middle gets the rest")
}
