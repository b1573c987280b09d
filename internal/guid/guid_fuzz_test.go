package guid

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var pattern = regexp.MustCompile(`\A[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z`)

// A correlation id stands in headers, bodies and logs as it came, if it is valid.
func FuzzValid(f *testing.F) {
	for _, seed := range []string{
		"", "7d1f2c3e-0000-4000-8000-000000000000", "7D1F2C3E-0000-4000-8000-00000000000G", "{7d1f2c3e-0000-4000-8000-000000000000}", "7d1f2c3e000040008000000000000000",
		"7d1f2c3e-0000-4000-8000-00000000000\n", "7d1f2c3e-0000-4000-8000-0000000000\r\n", "------------------------------------", strings.Repeat("0", 36), "7d1f2c3e-0000-4000-8000-0000000000\u00e9",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		assert.Equal(t, pattern.MatchString(s), Valid(s), "%q", s)
		assert.True(t, Valid(FromName("space", s)))
	})
}
