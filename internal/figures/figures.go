// Package figures is how tests report what they measure: each figure in a line of its own, held to a limit, in a
// form that internal/figures/table gathers from the tests of all packages into one table.
package figures

import (
	"strconv"
	"strings"
	"testing"
)

// Limit is what a figure is held to.
type Limit struct {
	sign  string
	value float64
}

// Exactly is for figures of which there is one right value.
func Exactly[N int | float64](n N) Limit { return Limit{"=", float64(n)} }

// AtMost is for figures that may be less.
func AtMost[N int | float64](n N) Limit { return Limit{"≤", float64(n)} }

// AtLeast is for figures that may be more.
func AtLeast[N int | float64](n N) Limit { return Limit{"≥", float64(n)} }

// Below is for figures that must be less.
func Below[N int | float64](n N) Limit { return Limit{"<", float64(n)} }

func (l Limit) holds(value float64) bool {
	switch l.sign {
	case "≤":
		return value <= l.value
	case "≥":
		return value >= l.value
	case "<":
		return value < l.value
	}
	return value == l.value
}

func (l Limit) String() string {
	if l.sign == "=" {
		return number(l.value)
	}
	return l.sign + number(l.value)
}

// Report logs a figure as its name, value, unit, limit and pass or FAIL, with tabs between them, and fails the test
// if it breaks the limit. The name begins with that of the test in the plan, "T7 …". The line is returned.
func Report[N int | float64](t testing.TB, name string, value N, unit string, l Limit) string {
	t.Helper()
	verdict := "pass"
	if !l.holds(float64(value)) {
		verdict = "FAIL"
		t.Errorf("%s: %s %s breaks its limit, %s", name, number(float64(value)), unit, l)
	}
	line := strings.Join([]string{name, number(float64(value)), unit, l.String(), verdict}, "\t")
	t.Log(line)
	return line
}

func number(f float64) string {
	if f == float64(int64(f)) {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'f', 3, 64)
}
