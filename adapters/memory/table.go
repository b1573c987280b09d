package memory

import (
	"container/heap"
	"slices"
	"time"
)

const (
	// sweepStep bounds what one write spends on removing others' leavings. More than one, so that
	// the dead always go faster than the living come.
	sweepStep = 32
	// smallTable is how large a table may once have been without its emptiness being worth a copy.
	smallTable = 1024
	// shrinkBelow is the part of its peak that a table falls under before it is copied. At one
	// quarter, a copy of n items comes after at least 3n removals.
	shrinkBelow = 4
)

// table maps keys to items that end. It is not safe for concurrent use.
type table[T any] struct {
	items map[string]*item[T]
	ends  ends[T] // the same items, the next to end first
	peak  int     // the most items since items was made: what its memory is for
}

type item[T any] struct {
	key   string
	held  T
	end   time.Duration // the Store's age at which it is no longer there
	place int           // its index in ends
}

func newTable[T any]() table[T] { return table[T]{items: make(map[string]*item[T])} }

// live returns the item at key, or nil if there is none or it has ended.
func (t *table[T]) live(key string, now time.Duration) *item[T] {
	if it := t.items[key]; it != nil && now < it.end {
		return it
	}
	return nil
}

// set makes or replaces the item at key.
func (t *table[T]) set(key string, held T, end time.Duration) *item[T] {
	if it := t.items[key]; it != nil {
		it.held, it.end = held, end
		heap.Fix(&t.ends, it.place)
		return it
	}
	it := &item[T]{key: key, held: held, end: end}
	t.items[key] = it
	heap.Push(&t.ends, it)
	t.peak = max(t.peak, len(t.items))
	return it
}

func (t *table[T]) remove(it *item[T]) {
	delete(t.items, it.key)
	heap.Remove(&t.ends, it.place)
	t.shrink()
}

// sweep removes up to sweepStep items that have ended.
func (t *table[T]) sweep(now time.Duration) {
	for range sweepStep {
		if len(t.ends) == 0 || now < t.ends[0].end {
			return
		}
		t.remove(t.ends[0])
	}
}

// shrink gives the memory of a past peak back. Neither a map nor a slice ever does so by itself.
func (t *table[T]) shrink() {
	if t.peak <= smallTable || len(t.items) > t.peak/shrinkBelow {
		return
	}
	items := make(map[string]*item[T], len(t.items))
	for _, it := range t.ends {
		items[it.key] = it
	}
	t.items, t.ends, t.peak = items, slices.Clone(t.ends), len(items)
}

// ends is a heap.Interface over items, in the order in which they end.
type ends[T any] []*item[T]

func (e ends[T]) Len() int           { return len(e) }
func (e ends[T]) Less(i, j int) bool { return e[i].end < e[j].end }

func (e ends[T]) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].place, e[j].place = i, j
}

func (e *ends[T]) Push(x any) {
	it := x.(*item[T])
	it.place = len(*e)
	*e = append(*e, it)
}

func (e *ends[T]) Pop() any {
	last := len(*e) - 1
	it := (*e)[last]
	(*e)[last] = nil // or the slice would keep it from being collected
	*e = (*e)[:last]
	return it
}
