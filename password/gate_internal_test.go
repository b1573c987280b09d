package password

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mib is a cost of one thread and n MiB.
func mib(n int64) cost { return cost{threads: 1, memory: n << 20} }

// hold lets work of that cost begin, which takes a place until free is called.
func hold(t *testing.T, g *gate, c cost) (free func()) {
	began, end, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		assert.NoError(t, g.do(t.Context(), c, func() { close(began); <-end }))
	}()
	<-began
	return func() { close(end); <-gone }
}

// queue asks for turns one after another, and returns the numbers of those that have had theirs.
func queue(t *testing.T, g *gate, costs ...cost) (had func() []int) {
	var mu sync.Mutex
	var order []int
	for i, c := range costs {
		go func() {
			_ = g.do(t.Context(), c, func() { mu.Lock(); order = append(order, i); mu.Unlock() })
		}()
		synctest.Wait()
	}
	return func() []int {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		return order
	}
}

// assertIdle tells that nothing holds a place or waits for one.
func assertIdle(t *testing.T, g *gate) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	assert.Zero(t, g.held)
	assert.Empty(t, g.waiting)
}

func TestGate_TheFirstToComeIsTheFirstToGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{threads: 1}
		free := hold(t, g, mib(0))
		had := queue(t, g, mib(0), mib(0), mib(0), mib(0), mib(0))
		assert.Empty(t, had())
		free()
		assert.Equal(t, []int{0, 1, 2, 3, 4}, had())
		assertIdle(t, g)
	})
}

func TestGate_AsManyAtOnceAsThereAreProcessors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{threads: 3}
		first, second := hold(t, g, mib(0)), hold(t, g, cost{threads: 2})
		had := queue(t, g, cost{threads: 2}, cost{threads: 1}, cost{threads: 16})
		first()
		assert.Empty(t, had(), "one is too few for the first in line, and nobody overtakes")
		second()
		assert.ElementsMatch(t, []int{0, 1, 2}, had(), "what asks for more than all gets all")
		assertIdle(t, g)
	})
}

func TestGate_AsMuchAtOnceAsTheMemoryAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{threads: 100}
		var free []func()
		for range 6 {
			free = append(free, hold(t, g, mib(19)))
		}
		had := queue(t, g, mib(19))
		assert.Empty(t, had(), "a seventh is more than 128 MiB")
		free[0]()
		assert.Equal(t, []int{0}, had())
		for _, f := range free[1:] {
			f()
		}
		assertIdle(t, g)
	})
}

func TestGate_WhatNeedsMoreThanAllRunsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{threads: 100}
		free := hold(t, g, mib(1))
		had := queue(t, g, mib(200))
		assert.Empty(t, had())
		free()
		assert.Equal(t, []int{0}, had())

		free = hold(t, g, mib(300))
		had = queue(t, g, mib(1))
		assert.Empty(t, had())
		free()
		assert.Equal(t, []int{0}, had())
		assertIdle(t, g)
	})
}

func TestGate_NobodyWaitsForMoreThanASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{threads: 1}
		free := hold(t, g, mib(0))
		began := time.Now()
		err := g.do(t.Context(), mib(0), func() { assert.Fail(t, "it ran") })
		assert.ErrorIs(t, err, ErrBusy)
		assert.Equal(t, time.Second, time.Since(began))
		free()
		assertIdle(t, g)
	})
}

func TestGate_TheLineHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{threads: 1}
		free := hold(t, g, mib(0))
		had := queue(t, g, slices.Repeat([]cost{mib(0)}, mostWaiting)...)
		began := time.Now()
		assert.ErrorIs(t, g.do(t.Context(), mib(0), func() { assert.Fail(t, "it ran") }), ErrBusy)
		assert.Zero(t, time.Since(began), "and that is said at once")
		free()
		assert.Len(t, had(), mostWaiting)
		assert.NoError(t, g.do(t.Context(), mib(0), func() {}), "it moves on")
		assertIdle(t, g)
	})
}

func TestGate_WhoGivesUpTakesNothingAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{threads: 2}
		free := hold(t, g, mib(0))
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- g.do(ctx, cost{threads: 2}, func() { assert.Fail(t, "it ran") }) }()
		synctest.Wait()
		had := queue(t, g, mib(0))
		assert.Empty(t, had(), "one place is free, but not their turn")
		cancel()
		assert.ErrorIs(t, <-left, context.Canceled)
		assert.Equal(t, []int{0}, had(), "nobody before them wants more")
		free()
		assertIdle(t, g)
	})
}

func TestGate_AnEndedContextDoesNotEvenStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g := &gate{threads: 1}
	assert.ErrorIs(t, g.do(ctx, mib(0), func() { assert.Fail(t, "it ran") }), context.Canceled)
	assertIdle(t, g)
}

func TestGate_APanicFreesThePlace(t *testing.T) {
	g := &gate{threads: 1}
	assert.PanicsWithValue(t, "oops", func() { _ = g.do(t.Context(), mib(1), func() { panic("oops") }) })
	assertIdle(t, g)
	assert.NoError(t, g.do(t.Context(), mib(1), func() {}))
}

// Those who give up and those who are let in at the same moment must agree on who is which.
func TestGate_KeepsCountWhereAllHappensAtOnce(t *testing.T) {
	g := &gate{threads: 3}
	var mu sync.Mutex
	var held cost
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*time.Millisecond)
			defer cancel()
			c := cost{threads: 1 + i%3, memory: int64(i%5) * 30 << 20}
			count := func(sign int) {
				mu.Lock()
				defer mu.Unlock()
				held.threads += sign * c.threads
				held.memory += int64(sign) * c.memory
				assert.LessOrEqual(t, held.threads, 3)
				assert.LessOrEqual(t, held.memory, int64(mostHeld))
			}
			_ = g.do(ctx, c, func() { count(+1); time.Sleep(time.Duration(i%3) * time.Millisecond); count(-1) })
		})
	}
	all.Wait()
	assertIdle(t, g)
}

// forced returns how many collections were asked for.
func forced() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/forced:gc-cycles"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// taken returns how much memory is in use or waits for the collector.
func taken(g *gate) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	sum := g.held.memory + g.condemned
	for _, l := range g.left {
		sum += l.memory
	}
	return sum
}

func TestGate_GarbageCountsUntilItIsCollected(t *testing.T) {
	g := &gate{threads: 4}
	before := forced()
	var seen []int64
	for range 40 {
		require.NoError(t, g.do(t.Context(), mib(19), func() { seen = append(seen, taken(g)>>20) }))
	}
	assert.Equal(t, int64(19), seen[0])
	assert.Equal(t, int64(247), seen[12], "13 of 19 MiB, of which 12 are garbage")
	assert.Less(t, seen[13], int64(247), "a 14th would be 266")
	assert.LessOrEqual(t, slices.Max(seen), int64(256))
	assert.Greater(t, forced(), before)

	for range 3 {
		require.NoError(t, g.do(t.Context(), mib(256), func() {
			assert.Equal(t, int64(256), taken(g)>>20, "what takes all leaves room for nothing else")
		}))
	}
}

func TestGate_AHostThatAllowsForGarbageIsNotDisturbed(t *testing.T) {
	g := &gate{threads: 4}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it allows for any amount
	for range 100 {
		require.NoError(t, g.do(t.Context(), mib(19), func() {}))
	}
	assert.Equal(t, int64(1900), taken(g)>>20)
}
