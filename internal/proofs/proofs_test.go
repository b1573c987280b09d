//go:build unix

// Package proofs holds the tests that need what no other test has: several operating-system
// processes on one store, a store that cannot be reached, servers that are killed, and the same answers
// on every kind of store.
//
// A proof is a figure with a limit. Each prints one line, name value unit limit pass, and all of
// them are printed as one table when the run is over. There is a short form, for every change:
//
//	go test ./internal/proofs -v
//
// and a long one, with the figures that are promised:
//
//	NATIVEAUTH_PROOFS=long go test ./internal/proofs -v -timeout 60m
package proofs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nativeauth/nativeauth/internal/figures"
)

// long selects the form that takes its time.
var long = os.Getenv("NATIVEAUTH_PROOFS") == "long"

// pick returns what the form asks for.
func pick[T any](short, whole T) T {
	if long {
		return whole
	}
	return short
}

// TestMain is also where an instance begins: it is this very binary, told by a variable what to be.
func TestMain(m *testing.M) {
	if text := os.Getenv(instanceVariable); text != "" {
		if err := serve(text); err != nil {
			fmt.Fprintln(os.Stderr, "instance:", err)
			os.Exit(1)
		}
		return
	}
	redis.SetLogger(quiet{})
	code := m.Run()
	proven.print(os.Stdout)
	os.Exit(code)
}

// quiet keeps to itself what the client of Redis has to say about servers that were killed.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// table is what has been proven so far.
type table struct {
	mu   sync.Mutex
	rows []string
}

var proven table

func (p *table) print(w io.Writer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rows) == 0 {
		return
	}
	slices.SortStableFunc(p.rows, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	tabs := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tabs, "\nname\tvalue\tunit\tlimit\tpass\n%s\n", strings.Join(p.rows, "\n"))
	_ = tabs.Flush()
}

// rank is where the rows of a test come: T2 before T15, and all of them before X1.
func rank(row string) (n int) {
	_, _ = fmt.Sscanf(row[1:], "%d", &n)
	return int(row[0])*1000 + n
}

// limit is what a figure is held to.
type limit = figures.Limit

func exactly[N int | float64](n N) limit { return figures.Exactly(n) }
func atMost[N int | float64](n N) limit  { return figures.AtMost(n) }
func atLeast[N int | float64](n N) limit { return figures.AtLeast(n) }

// within is atMost, in seconds. In the short form, which shares its machine with whatever else is tested, a
// time may be four times as long: what it is there for are waits without an end.
func within(s float64) limit { return atMost(pick(4*s, s)) }

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// proof enters a figure into the table, and fails the test if it breaks its limit.
func proof[N int | float64](t testing.TB, name string, value N, unit string, l limit) {
	t.Helper()
	row := figures.Report(t, name, value, unit, l)
	proven.mu.Lock()
	defer proven.mu.Unlock()
	proven.rows = append(proven.rows, row)
}

func number(f float64) string {
	if f == float64(int64(f)) {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'f', 3, 64)
}

// chance returns randomness that a failed run can be repeated with.
func chance(t testing.TB) *rand.Rand {
	seed, _ := strconv.ParseUint(os.Getenv("NATIVEAUTH_SEED"), 10, 64)
	seed = cmp.Or(seed, rand.Uint64())
	t.Logf("NATIVEAUTH_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
