package memory

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// clock is a time that a test sets.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }
func newClock() *clock                   { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }
func (c *clock) store() *Store           { return NewAt(c.now) }
func fill(t testing.TB, s *Store, from, n int) {
	for i := range n {
		err := s.Put(t.Context(), fmt.Sprintf("flow:%040d", from+i), store.Entry{Value: make([]byte, 350), TTL: time.Minute})
		require.NoError(t, err)
	}
}

func TestGet_AnEntryLivesUpToItsLastMoment(t *testing.T) {
	c := newClock()
	s := c.store()
	require.NoError(t, s.Put(t.Context(), "k", store.Entry{TTL: time.Minute}))

	c.advance(time.Minute - 1)
	e, err := s.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, time.Duration(1), e.TTL)

	c.advance(1)
	_, err = s.Get(t.Context(), "k")
	assert.ErrorIs(t, err, store.ErrNotFound)
}

func TestAdd_ACounterLivesUpToItsLastMoment(t *testing.T) {
	c := newClock()
	s := c.store()
	first, err := s.Add(t.Context(), "k", 2, time.Minute)
	require.NoError(t, err)
	assert.Equal(t, store.Count{Value: 2, TTL: time.Minute}, first)

	c.advance(time.Minute - 1)
	last, err := s.Add(t.Context(), "k", 3, time.Hour)
	require.NoError(t, err)
	assert.Equal(t, store.Count{Value: 5, TTL: 1}, last)

	c.advance(1)
	anew, err := s.Add(t.Context(), "k", 1, time.Hour)
	require.NoError(t, err)
	assert.Equal(t, store.Count{Value: 1, TTL: time.Hour}, anew)
}

func TestPut_ALifeTooLongToAddNeverEnds(t *testing.T) {
	c := newClock()
	s := c.store()
	c.advance(time.Hour)
	require.NoError(t, s.Put(t.Context(), "k", store.Entry{TTL: math.MaxInt64}))

	c.advance(200 * 365 * 24 * time.Hour)
	_, err := s.Get(t.Context(), "k")
	assert.NoError(t, err)
}

func TestPut_MovesAnEntryToItsNewEnd(t *testing.T) {
	c := newClock()
	s := c.store()
	fill(t, s, 0, 100)
	c.advance(30 * time.Second)
	e, err := s.Get(t.Context(), fmt.Sprintf("flow:%040d", 50))
	require.NoError(t, err)
	require.NoError(t, s.Put(t.Context(), fmt.Sprintf("flow:%040d", 50), store.Entry{Version: e.Version, TTL: time.Minute}))

	c.advance(30 * time.Second)
	fill(t, s, 1000, 4) // each of these writes sweeps sweepStep items
	assert.Len(t, s.entries.items, 1+4)
	_, err = s.Get(t.Context(), fmt.Sprintf("flow:%040d", 50))
	assert.NoError(t, err)
}

func TestSweep_AWriteRemovesABoundedNumber(t *testing.T) {
	c := newClock()
	s := c.store()
	fill(t, s, 0, 10*sweepStep)
	c.advance(time.Minute)

	_, err := s.Add(t.Context(), "any", 1, time.Minute)
	require.NoError(t, err)
	assert.Len(t, s.entries.items, 9*sweepStep)
}

func TestSweep_CountersGoAsWell(t *testing.T) {
	c := newClock()
	s := c.store()
	for i := range 2 * sweepStep {
		_, err := s.Add(t.Context(), fmt.Sprint(i), 1, time.Minute)
		require.NoError(t, err)
	}
	c.advance(time.Minute)

	fill(t, s, 0, 2)
	assert.Empty(t, s.counters.items)
	assert.Empty(t, s.counters.ends)
}

// The ends are a heap beside the map: both must hold the same items whatever the order of writes.
func TestTable_MapAndHeapStayTogether(t *testing.T) {
	c := newClock()
	s := c.store()
	for i := range 20_000 {
		key := fmt.Sprint(i * 7919 % 3000)
		ttl := time.Duration(1+i*31%500) * time.Second
		e, err := s.Get(t.Context(), key)
		switch {
		case err != nil:
			require.NoError(t, s.Put(t.Context(), key, store.Entry{TTL: ttl}))
		case i%3 == 0:
			require.NoError(t, s.Delete(t.Context(), key, e.Version))
		default:
			require.NoError(t, s.Put(t.Context(), key, store.Entry{Version: e.Version, TTL: ttl}))
		}
		c.advance(100 * time.Millisecond)
	}

	require.Len(t, s.entries.ends, len(s.entries.items))
	for i, it := range s.entries.ends {
		assert.Equal(t, i, it.place)
		assert.Same(t, it, s.entries.items[it.key])
		if parent := (i - 1) / 2; i > 0 {
			assert.LessOrEqual(t, s.entries.ends[parent].end, it.end)
		}
	}
}

func TestStore_APeakGivesItsMemoryBack(t *testing.T) {
	const peak = 50_000
	c := newClock()
	s := c.store()
	before := heapInUse()
	fill(t, s, 0, peak)
	full := heapInUse() - before
	assert.LessOrEqual(t, full/peak, int64(1024), "bytes that a pending flow takes")

	c.advance(time.Minute)
	for range peak/sweepStep + 1 {
		_, err := s.Add(t.Context(), "any", 1, time.Minute)
		require.NoError(t, err)
	}
	empty := heapInUse() - before
	t.Logf("bytes a flow: %d; bytes after the peak: %d", full/peak, empty)
	assert.Less(t, empty, full/100, "bytes that are still held after the peak")
	runtime.KeepAlive(s)
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestStore_ATTLMustBeMoreThanZero(t *testing.T) {
	s := New()
	assert.ErrorIs(t, s.Put(t.Context(), "k", store.Entry{}), errNoLife)
	_, err := s.Add(t.Context(), "k", 1, -time.Second)
	assert.ErrorIs(t, err, errNoLife)
}

func BenchmarkPut(b *testing.B) {
	s := New()
	value := make([]byte, 350)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_ = s.Put(b.Context(), strconv.Itoa(i), store.Entry{Value: value, TTL: time.Minute})
	}
}

func BenchmarkGet(b *testing.B) {
	s := New()
	require.NoError(b, s.Put(b.Context(), "k", store.Entry{TTL: time.Hour}))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = s.Get(b.Context(), "k")
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	s := New()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = s.Add(b.Context(), "k", 1, time.Hour)
		}
	})
}
