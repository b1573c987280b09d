package keyed

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSum_IsHMACAlsoTheSecondTime(t *testing.T) {
	macs := NewAll([][]byte{[]byte("one key"), []byte("another")})
	for _, text := range []string{"", "text", "text", "more text"} {
		for i, key := range []string{"one key", "another"} {
			want := hmac.New(sha256.New, []byte(key))
			want.Write([]byte(text))
			sum := macs[i].Sum([]byte(text))
			assert.Equal(t, want.Sum(nil), sum[:], "%s under %s", text, key)
		}
	}
}
