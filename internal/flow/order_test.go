package flow

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A move that is added brings words with it.
func TestOutOfOrder_EveryStateAndEveryCallHasItsWords(t *testing.T) {
	on := map[event]bool{}
	for m := range moves {
		assert.NotEmpty(t, standings[m.from], "state %d", m.from)
		assert.Contains(t, events, m.on)
		on[m.on] = true
	}
	assert.Len(t, events, len(on), "no call twice, and none that no move has")
}

func TestOutOfOrder_NamesTheMovesOfTheState(t *testing.T) {
	with, without := &Client{Passwords: true}, &Client{}
	for from := range standings {
		e := &OutOfOrderError{from, "", with}
		var listed []string
		for _, ev := range events {
			if _, ok := moves[move{from, ev}]; ok {
				listed = append(listed, string(ev))
			}
		}
		switch from {
		case secondAsked:
			assert.Equal(t, lacking(listed, redeemCode), e.Awaits())
		case registerAsked:
			assert.Equal(t, lacking(listed, confirmContact), e.Awaits())
		default:
			assert.Equal(t, listed, e.Awaits(), e.Standing())
		}
		assert.Equal(t, lacking(e.Awaits(), givePassword), (&OutOfOrderError{from, "", without}).Awaits())
		assert.ErrorIs(t, e, ErrTokenInvalid)
	}
}

// lacking takes a call off a list.
func lacking(list []string, off event) (rest []string) {
	for _, name := range list {
		if name != string(off) {
			rest = append(rest, name)
		}
	}
	return rest
}
