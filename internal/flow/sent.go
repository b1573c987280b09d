package flow

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// codeKind says out of which budget a code was sent. The numbers are in the store: they never change their meaning.
type codeKind byte

const (
	ordinaryCode codeKind = 0
	spareCode    codeKind = 1 // one of those that an account is sent after its ordinary ones, with one try
	reservedCode codeKind = 2 // one that is kept for callers who are known
)

const codeKinds = 4 // that there is room for

// sentCode is a code that has left, and how long ago.
type sentCode struct {
	ago  time.Duration
	kind codeKind
}

// sentCodes are those of an account, the latest first.
type sentCodes []sentCode

// until is how long it takes until fewer than n codes of some kinds have left within a time.
func (s sentCodes) until(n int, within time.Duration, kinds ...codeKind) time.Duration {
	for _, c := range s {
		if !slices.Contains(kinds, c.kind) {
			continue
		}
		if n--; n == 0 {
			return max(0, within-c.ago)
		}
	}
	return 0
}

// with returns the codes with one that leaves now.
func (s sentCodes) with(kind codeKind) sentCodes {
	return slices.Insert(slices.Clone(s), 0, sentCode{kind: kind})
}

// within returns those that are younger than a time. Of spare ones the latest two do: the next has to wait for
// the one, and for the other if that did not leave after all.
func (s sentCodes) within(d time.Duration) (young sentCodes) {
	spare := 0
	for _, c := range s {
		if c.kind == spareCode {
			spare++
		}
		if c.ago < d && (c.kind != spareCode || spare <= 2) {
			young = append(young, c)
		}
	}
	return young
}

// drop takes off the code of a kind that has left next to a time ago. It returns false if there is none.
func (s *sentCodes) drop(kind codeKind, ago time.Duration) bool {
	nearest := -1
	for i, c := range *s {
		if c.kind == kind && (nearest < 0 || (c.ago-ago).Abs() < ((*s)[nearest].ago-ago).Abs()) {
			nearest = i
		}
	}
	if nearest < 0 {
		return false
	}
	*s = slices.Delete(*s, nearest, nearest+1)
	return true
}

// MarshalText writes the codes so that as many as there may be fit into the 8 KiB that every store takes: the
// time from each to the one before, in milliseconds, with its kind.
func (s sentCodes) MarshalText() ([]byte, error) {
	var raw []byte
	var last int64
	for _, c := range s {
		ms := max(last, c.ago.Milliseconds())
		raw = binary.AppendUvarint(raw, uint64(ms-last)*codeKinds+uint64(c.kind))
		last = ms
	}
	return base64.RawStdEncoding.AppendEncode(nil, raw), nil
}

func (s *sentCodes) UnmarshalText(text []byte) error {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	*s = nil
	var last time.Duration
	for len(raw) > 0 {
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			return errors.New("not a list of codes")
		}
		raw = raw[n:]
		last += time.Duration(v/codeKinds) * time.Millisecond
		*s = append(*s, sentCode{last, codeKind(v % codeKinds)})
	}
	return nil
}
