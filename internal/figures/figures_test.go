package figures

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// verdict is a test that only remembers.
type verdict struct {
	testing.TB
	failed bool
	said   string
}

func (*verdict) Helper()                 {}
func (v *verdict) Errorf(string, ...any) { v.failed = true }
func (v *verdict) Log(said ...any)       { v.said = fmt.Sprint(said...) }

func TestReport_FailsWhatBreaksItsLimit(t *testing.T) {
	for _, row := range []struct {
		value float64
		limit Limit
		line  string
	}{
		{0, Exactly(0), "T1 x\t0\tu\t0\tpass"}, {1, Exactly(0), "T1 x\t1\tu\t0\tFAIL"},
		{5, AtMost(5), "T1 x\t5\tu\t≤5\tpass"}, {5.5, AtMost(5), "T1 x\t5.500\tu\t≤5\tFAIL"},
		{5, AtLeast(5), "T1 x\t5\tu\t≥5\tpass"}, {4, AtLeast(5), "T1 x\t4\tu\t≥5\tFAIL"},
		{0.4, Below(0.5), "T1 x\t0.400\tu\t<0.500\tpass"}, {0.5, Below(0.5), "T1 x\t0.500\tu\t<0.500\tFAIL"},
	} {
		v := &verdict{}
		assert.Equal(t, row.line, Report(v, "T1 x", row.value, "u", row.limit))
		assert.Equal(t, row.line, v.said)
		assert.Equal(t, row.line[len(row.line)-4:] == "FAIL", v.failed, row.line)
	}
}
