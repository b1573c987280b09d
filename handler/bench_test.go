package handler_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/token"
)

// BenchmarkSignUp is a complete sign-up, from the address to the tokens: four calls and a mail.
func BenchmarkSignUp(b *testing.B) {
	api := newBenchAPI(b)
	c := dial(b, api.url)
	measure(b, func(i int) { api.signUp(b, c, fmt.Sprintf("user%d@contoso.com", i)) })
}

// BenchmarkSignIn is a complete sign-in: three calls and a mail.
func BenchmarkSignIn(b *testing.B) {
	api := newBenchAPI(b)
	c := dial(b, api.url)
	api.signUp(b, c, casey)
	measure(b, func(int) { api.signIn(b, c) })
}

// BenchmarkSignInInProcess is the same without HTTP: two calls and a mail.
func BenchmarkSignInInProcess(b *testing.B) {
	api := newBenchAPI(b)
	api.signUp(b, dial(b, api.url), casey)
	flows, err := api.auth.Flows(plain)
	require.NoError(b, err)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/sign-in", nil)
	measure(b, func(int) {
		ctx := api.auth.WithRequest(b.Context(), r)
		step, err := flows.SignIn(ctx, casey)
		require.NoError(b, err)
		step, err = flows.Code(ctx, step.State, <-api.codes)
		require.NoError(b, err)
		require.NotNil(b, step.Tokens)
	})
}

// BenchmarkSignInFloor is the least that three such calls can cost: parse the form, make a random
// token, keep it in a map, sign two tokens of the same size at the third, write JSON.
func BenchmarkSignInFloor(b *testing.B) {
	floor := newFloor(b)
	c := dial(b, floor.URL)
	measure(b, func(int) { floorSignIn(b, c) })
}

// BenchmarkSignInOverFloor runs the two in turns and reports how many times the floor's processor
// time a sign-in takes, and what it takes beside it.
func BenchmarkSignInOverFloor(b *testing.B) {
	api, floor := newBenchAPI(b), newFloor(b)
	ours, theirs := dial(b, api.url), dial(b, floor.URL)
	api.signUp(b, ours, casey)
	var used, least time.Duration
	b.ResetTimer()
	for i := 0; i < b.N; i += 50 { // turns short enough that noise hits both alike
		n := min(50, b.N-i)
		used += processorTime(func() {
			for range n {
				api.signIn(b, ours)
			}
		})
		least += processorTime(func() {
			for range n {
				floorSignIn(b, theirs)
			}
		})
	}
	b.ReportMetric(float64(used)/float64(least), "x-floor")
	b.ReportMetric(float64(used-least)/float64(b.N), "cpu-ns-above/op")
}

// BenchmarkLimits is what counting costs: sign-ins with the recommended Limits in turns with those of an API that has none. It
// reports how many times the processor time is used, how much more that is, and the calls of State of each.
func BenchmarkLimits(b *testing.B) {
	apis := []*benchAPI{newLimitedAPI(b, handler.Limits{}), newBenchAPI(b)}
	var wires []*wire
	for _, api := range apis {
		wires = append(wires, dial(b, api.url))
		api.signUp(b, wires[len(wires)-1], casey)
		api.store.state.Store(0)
	}
	var used [2]time.Duration
	b.ResetTimer()
	for i := 0; i < b.N; i += 50 { // turns short enough that noise hits both alike
		for k, api := range apis {
			used[k] += processorTime(func() {
				for range min(50, b.N-i) {
					api.clock.pass(3 * time.Hour) // people sign in so often that no limit is hit
					api.signIn(b, wires[k])
				}
			})
		}
	}
	b.ReportMetric(float64(used[0])/float64(used[1]), "x-uncounted")
	b.ReportMetric(float64(used[0]-used[1])/float64(b.N), "cpu-ns-above/op")
	b.ReportMetric(float64(apis[0].store.state.Load())/float64(b.N), "state-calls/op")
	b.ReportMetric(float64(apis[1].store.state.Load())/float64(b.N), "state-calls-uncounted/op")
}

// BenchmarkPendingFlow reports the live heap of a flow in which a code has been sent, and what is
// left of it after the flows have expired and others came.
func BenchmarkPendingFlow(b *testing.B) {
	const flows = 20_000
	api := newBenchAPI(b)
	c := dial(b, api.url)
	before := liveHeap()
	for i := range flows {
		api.startSignUp(b, c, fmt.Sprintf("pending%d@contoso.com", i))
	}
	pending := liveHeap()
	api.clock.pass(time.Hour)
	for i := range flows / 10 {
		api.startSignUp(b, c, fmt.Sprintf("later%d@contoso.com", i))
	}
	api.clock.pass(time.Hour)
	for i := range 100 {
		api.startSignUp(b, c, fmt.Sprintf("last%d@contoso.com", i))
	}
	b.ReportMetric(float64(pending-before)/flows, "heap-B/flow")
	b.ReportMetric(float64(liveHeap()-before)/flows, "left-B/flow")
}

// measure runs f and reports, beside the time, flows per second and processor time.
func measure(b *testing.B, f func(i int)) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	used := processorTime(func() {
		for i := range b.N {
			f(i)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "flows/s")
	b.ReportMetric(float64(used)/float64(b.N), "cpu-ns/op")
}

// processorTime is what the process, all its threads, has used during f.
func processorTime(f func()) time.Duration {
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	f()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	return time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
}

func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what finalizers and pools held
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// benchAPI is the API on memory stores, with a sender that hands codes over at once.
type benchAPI struct {
	auth  *handler.Auth
	url   string
	codes chan string
	clock *clock
	store *countedStore
}

func (a *benchAPI) Send(_ context.Context, m otp.Message) error {
	a.codes <- m.Code
	return nil
}

// newBenchAPI counts nothing: sign-ins follow one another faster than people's.
func newBenchAPI(b *testing.B) *benchAPI {
	b.Helper()
	return newLimitedAPI(b, handler.Limits{Off: true})
}

func newLimitedAPI(b *testing.B, limits handler.Limits) *benchAPI {
	b.Helper()
	a := &benchAPI{codes: make(chan string, 1), clock: newClock()}
	kept := memory.NewAt(a.clock.now)
	a.store = &countedStore{Users: kept, State: kept}
	mux := http.NewServeMux()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer: "http://127.0.0.1/auth", Clients: []handler.Client{{ID: plain}, {ID: keyed, Passwords: true}},
		Users: a.store, State: a.store, Sender: a, Limits: limits, Now: a.clock.now,
		Logger: slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	require.NoError(b, err)
	server := httptest.NewServer(mux)
	a.auth, a.url = auth, server.URL
	b.Cleanup(func() {
		server.Close()
		_ = auth.Shutdown(context.Background())
	})
	return a
}

const benchClient = "client_id=" + plain + "&challenge_type=oob+redirect&"

func (a *benchAPI) startSignUp(b *testing.B, c *wire, user string) (token, code string) {
	token = c.post(b, "/auth/signup/v1.0/start", benchClient+"username="+user, "continuation_token")
	token = c.post(b, "/auth/signup/v1.0/challenge", benchClient+"continuation_token="+token, "continuation_token")
	return token, <-a.codes
}

func (a *benchAPI) signUp(b *testing.B, c *wire, user string) {
	token, code := a.startSignUp(b, c, user)
	token = c.post(b, "/auth/signup/v1.0/continue", benchClient+"grant_type=oob&oob="+code+"&continuation_token="+token, "continuation_token")
	c.post(b, "/auth/oauth2/v2.0/token", benchClient+"grant_type=continuation_token&scope=openid+offline_access&continuation_token="+token, "id_token")
}

func (a *benchAPI) signIn(b *testing.B, c *wire) {
	token := c.post(b, "/auth/oauth2/v2.0/initiate", benchClient+"username="+casey, "continuation_token")
	token = c.post(b, "/auth/oauth2/v2.0/challenge", benchClient+"continuation_token="+token, "continuation_token")
	c.post(b, "/auth/oauth2/v2.0/token", benchClient+"grant_type=oob&scope=openid+offline_access&oob="+<-a.codes+"&continuation_token="+token, "id_token")
}

// newFloor is the floor: see BenchmarkSignInFloor.
func newFloor(b *testing.B) *httptest.Server {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(newFloorHandler(b).serve))
	b.Cleanup(server.Close)
	return server
}

func newFloorHandler(b *testing.B) *floor {
	b.Helper()
	keys, err := token.Ephemeral()
	require.NoError(b, err)
	key, err := keys.SigningKey(b.Context())
	require.NoError(b, err)
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	require.NoError(b, err)
	return &floor{signer: signer, flows: map[string]string{}}
}

type floor struct {
	signer jose.Signer
	mu     sync.Mutex
	flows  map[string]string
}

func (f *floor) serve(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var random [32]byte
	_, _ = rand.Read(random[:])
	next := base64.RawURLEncoding.EncodeToString(random[:])
	f.mu.Lock()
	user := f.flows[r.PostForm.Get("continuation_token")]
	delete(f.flows, r.PostForm.Get("continuation_token"))
	if user == "" {
		user = r.PostForm.Get("username")
	}
	f.flows[next] = user
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Path != "/token" {
		_ = json.NewEncoder(w).Encode(map[string]string{"continuation_token": next})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{
		"access_token": f.sign(user), "id_token": f.sign(user), "refresh_token": next, "token_type": "Bearer",
	})
}

// sign signs claims of the size that ours have.
func (f *floor) sign(user string) string {
	now := time.Now().Unix()
	claims, _ := json.Marshal(map[string]any{
		"iss": "http://127.0.0.1/auth", "aud": plain, "sub": plain, "oid": plain, "tid": plain, "azp": plain,
		"client_id": plain, "jti": plain, "iat": now, "nbf": now, "exp": now + 3600, "auth_time": now,
		"scope": "openid profile", "ver": "2.0", "preferred_username": user, "amr": []string{"otp"},
	})
	jws, err := f.signer.Sign(claims)
	if err != nil {
		panic(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}

func floorSignIn(b *testing.B, c *wire) {
	token := c.post(b, "/initiate", benchClient+"username="+casey, "continuation_token")
	token = c.post(b, "/challenge", benchClient+"continuation_token="+token, "continuation_token")
	c.post(b, "/token", benchClient+"grant_type=oob&scope=openid+offline_access&oob=12345678&continuation_token="+token, "id_token")
}

// wire is a client that costs next to nothing: one connection, and no more parsing than needed.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	out  []byte
	body []byte
}

func dial(b *testing.B, base string) *wire {
	b.Helper()
	u, err := url.Parse(base)
	require.NoError(b, err)
	conn, err := net.Dial("tcp", u.Host)
	require.NoError(b, err)
	b.Cleanup(func() { _ = conn.Close() })
	return &wire{conn: conn, r: bufio.NewReader(conn)}
}

// post sends a form and returns a member of the answer.
func (w *wire) post(b *testing.B, path, form, member string) string {
	w.out = append(w.out[:0], "POST "...)
	w.out = append(w.out, path...)
	w.out = append(w.out, " HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
	w.out = strconv.AppendInt(w.out, int64(len(form)), 10)
	w.out = append(w.out, "\r\n\r\n"...)
	w.out = append(w.out, form...)
	if _, err := w.conn.Write(w.out); err != nil {
		b.Fatal(err)
	}
	length := -1
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			b.Fatal(err)
		}
		if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(string(n)))
		}
		if len(line) == 2 {
			break
		}
	}
	if length < 0 {
		b.Fatal("no Content-Length")
	}
	w.body = append(w.body[:0], make([]byte, length)...)
	if _, err := io.ReadFull(w.r, w.body); err != nil {
		b.Fatal(err)
	}
	_, value, ok := bytes.Cut(w.body, []byte(`"`+member+`":"`))
	end := bytes.IndexByte(value, '"')
	if !ok || end < 0 {
		b.Fatalf("%s: %s", path, w.body)
	}
	return string(value[:end])
}
