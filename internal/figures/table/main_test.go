package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGather_FindsWhatIsReported(t *testing.T) {
	rows := gather(strings.NewReader("=== RUN   TestX\n    x_test.go:12: T12 b\t1\tu\t≤2\tpass\n        y_test.go:3: T2 a\t9\t\t0\tFAIL\nT3 no\t1\tu\t1\tpass\n    x_test.go:4: words\n"))
	assert.Equal(t, []string{"T12 b\t1\tu\t≤2\tpass", "T2 a\t9\t\t0\tFAIL"}, rows)
	var b strings.Builder
	print(&b, rows)
	assert.Equal(t, "| figure | value | unit | limit | |\n|---|---|---|---|---|\n| T2 a | 9 |  | 0 | FAIL |\n| T12 b | 1 | u | ≤2 | pass |\n", b.String())
	assert.NotContains(t, missing(rows), "T2 has no figure")
	assert.Contains(t, missing(rows), "T20 has no figure")
	assert.Empty(t, twice(rows))
	assert.Equal(t, []string{"T2 a is there twice"}, twice(append(rows, "T2 a\t1\tu\t≤2\tpass")))
}

func TestAmong_NarrowsToAPart(t *testing.T) {
	tests, err := among(".", "^Test", "Gather|NoneSuch")
	require.NoError(t, err)
	assert.Equal(t, "^(TestGather_FindsWhatIsReported)$", tests)
	none, err := among(".", "^Test", "NoneSuch")
	require.NoError(t, err)
	assert.Empty(t, none)
	_, err = among(".", "^Test", "(")
	require.Error(t, err)
}

// The table that is published has figures of each test of the plan, all of them within their limits.
func TestSecurity_HasTheTable(t *testing.T) {
	text, err := os.ReadFile("../../../SECURITY.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(text), "<!-- figures: start -->")
	require.True(t, found)
	published, _, found := strings.Cut(after, "<!-- figures: end -->")
	require.True(t, found)
	for _, name := range planned {
		assert.Contains(t, published, "\n| "+name+" ", name)
	}
	assert.NotContains(t, published, "FAIL")
	assert.Empty(t, twice(strings.Split(strings.ReplaceAll(published, " | ", "\t"), "\n")[2:]))
	assert.Contains(t, string(text), "go run ./internal/figures/table")
}
