//go:build unix

package proofs

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// caller gives up where a server does not answer at all.
var caller = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
}

// answer is what came back of a call.
type answer struct {
	status int
	header http.Header
	text   []byte
	body   map[string]any
	took   time.Duration
	err    error // no answer at all
}

func (a answer) ok() bool { return a.err == nil && a.status == http.StatusOK }

func (a answer) field(name string) string {
	s, _ := a.body[name].(string)
	return s
}

// number is the code of the contract's error catalogue, or 0.
func (a answer) number() int {
	if list, ok := a.body["error_codes"].([]any); ok && len(list) == 1 {
		n, _ := list[0].(float64)
		return int(n)
	}
	return 0
}

func (a answer) String() string { return fmt.Sprintf("%d %s %v", a.status, a.text, a.err) }

// post calls an endpoint. It may be used by any goroutine.
func post(base, path string, pairs ...string) answer {
	form := url.Values{"client_id": {app}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	begin := time.Now()
	resp, err := caller.Post(base+path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	return read(resp, err, begin)
}

func get(url string) answer {
	begin := time.Now()
	resp, err := caller.Get(url)
	return read(resp, err, begin)
}

func read(resp *http.Response, err error, begin time.Time) (a answer) {
	if err != nil {
		return answer{err: err, took: time.Since(begin)}
	}
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header
	a.text, a.err = io.ReadAll(resp.Body)
	a.took = time.Since(begin)
	if a.err == nil && len(a.text) > 0 {
		a.err = json.Unmarshal(a.text, &a.body)
	}
	return a
}

// step is one of the calls that a person's way through the API is made of.
type step int

const (
	signUpStart step = iota
	signUpChallenge
	signUpCode
	signUpTokens
	signInStart
	signInChallenge
	signInCode
	refresh
	allSteps
)

var steps = [allSteps]struct {
	name, path string
	pairs      func(j *journey) []string
}{
	{"sign-up start", "/signup/v1.0/start", func(j *journey) []string {
		return []string{"username", j.user, "challenge_type", "oob redirect", "attributes", attributes}
	}},
	{"sign-up challenge", "/signup/v1.0/challenge", (*journey).withToken},
	{"sign-up code", "/signup/v1.0/continue", (*journey).withCode},
	{"tokens for a sign-up", "/oauth2/v2.0/token", func(j *journey) []string {
		return append(j.withToken(), "grant_type", "continuation_token")
	}},
	{"sign-in start", "/oauth2/v2.0/initiate", func(j *journey) []string {
		return []string{"username", j.user, "challenge_type", "oob redirect"}
	}},
	{"sign-in challenge", "/oauth2/v2.0/challenge", (*journey).withToken},
	{"tokens for a code", "/oauth2/v2.0/token", (*journey).withCode},
	{"refresh", "/oauth2/v2.0/token", func(j *journey) []string {
		return []string{"grant_type", "refresh_token", "refresh_token", j.refresh}
	}},
}

const (
	displayName = "Casey Jensen"
	attributes  = `{"displayName":"` + displayName + `"}`
)

// journey is a person's way through sign-up, sign-in and refresh.
type journey struct {
	box                  *inbox
	user                 string
	token, code, refresh string
	mails                int // that have come so far
}

func (s *site) journey(user string) *journey {
	return &journey{box: s.box, user: user, mails: s.box.count(user)}
}

func (j *journey) withToken() []string { return []string{"continuation_token", j.token} }
func (j *journey) withCode() []string {
	return append(j.withToken(), "grant_type", "oob", "oob", j.code)
}

// call makes a call at the instance with this base, and goes on from a good answer.
func (j *journey) call(base string, n step) answer {
	a := post(base, steps[n].path, steps[n].pairs(j)...)
	if !a.ok() {
		return a
	}
	j.token, j.refresh = a.field("continuation_token"), a.field("refresh_token")
	if n == signUpChallenge || n == signInChallenge {
		j.code, j.mails = j.box.next(j.user, j.mails)
	}
	return a
}

// travel makes several calls, the one that n stands for first, and the last one before end.
func (j *journey) travel(t testing.TB, base string, n, end step) {
	t.Helper()
	for ; n < end; n++ {
		a := j.call(base, n)
		require.True(t, a.ok(), "%s: %v", steps[n].name, a)
	}
}

// atOnce makes n calls at the same time, the i-th one at bases[i % len(bases)].
func atOnce(n int, bases []*instance, call func(i int, base string) answer) []answer {
	answers := make([]answer, n)
	gate := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		base := bases[i%len(bases)].base
		all.Go(func() {
			<-gate
			answers[i] = call(i, base)
		})
	}
	close(gate)
	all.Wait()
	return answers
}
