package otp_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

const userLetters = "BCDFGHJKLMNPQRSTVWXZ"

func TestNewUserCode_IsDrawnEvenly(t *testing.T) {
	const draws = 20_000
	random := rand.NewChaCha8([32]byte{1})
	var places [otp.UserCodeLength]map[rune]int
	for i := range places {
		places[i] = map[rune]int{}
	}
	for range draws {
		code, err := otp.NewUserCode(random)
		require.NoError(t, err)
		require.Len(t, code, otp.UserCodeLength)
		for i, c := range code {
			places[i][c]++
		}
	}
	const expected = draws / 20.0
	for i, counts := range places {
		assert.Len(t, counts, 20)
		chi := 0.0
		for c, n := range counts {
			assert.Contains(t, userLetters, string(c))
			chi += (float64(n) - expected) * (float64(n) - expected) / expected
		}
		assert.Less(t, chi, 50.8, "place %d: p < 1e-4 with 19 degrees of freedom", i)
	}
}

func TestNewUserCode_SkipsBytesThatWouldFavourTheFirstLetters(t *testing.T) {
	code, err := otp.NewUserCode(bytes.NewReader([]byte{255, 0, 240, 19, 239, 20, 1, 250, 2, 3, 4}))
	require.NoError(t, err)
	assert.Equal(t, "BZZBCDFG", code)
	_, err = otp.NewUserCode(iotest.ErrReader(io.ErrUnexpectedEOF))
	assert.True(t, errors.Is(err, io.ErrUnexpectedEOF))
}

func TestCanonicalUserCode_ForgivesCaseBlanksAndPunctuation(t *testing.T) {
	assert.Equal(t, "WDJB-MJHT", otp.ShowUserCode("WDJBMJHT"))
	for _, s := range []string{"WDJBMJHT", "WDJB-MJHT", "wdjb-mjht", " wDjB mJhT\t", "W.D.J.B.M.J.H.T", "wdjb_mjht!", "(WDJB/MJHT)"} {
		code, ok := otp.CanonicalUserCode(s)
		assert.True(t, ok, s)
		assert.Equal(t, "WDJBMJHT", code, s)
	}
	for _, s := range []string{"", "WDJB", "WDJB-MJHTB", "WDJB-MJHA", "WDJB-MJH1", "WDJB–MJHT", "ＷDJBMJHT", "WDJB-MJH\x00", "ſDJBMJHT", strings.Repeat("-", 64)} {
		_, ok := otp.CanonicalUserCode(s)
		assert.False(t, ok, "%q", s)
	}
}
