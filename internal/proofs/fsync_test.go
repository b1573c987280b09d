//go:build unix

package proofs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/internal/peers"
)

// writesPerSignUp are those whose success somebody is told of: the flow begins, a code is sent, a try is
// counted, the account is made, the flow ends.
const writesPerSignUp = 5

// T6b: a kill alone proves nothing about a power cut, since the system still has what the process has
// written. So the waits for the disk are counted. That the count can tell the difference is seen on a
// database that does not wait.
func TestT6b_EveryAcknowledgedWriteIsOnTheDisk(t *testing.T) {
	strace := peers.Need(t, "strace")
	signUps := pick(50, 500)
	count := func(p place) float64 {
		log := filepath.Join(t.TempDir(), "syscalls")
		s := newSite(t, p)
		i := s.start(strace, "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", log)
		ready := syncs(t, log)
		for n := range signUps {
			s.journey(fmt.Sprintf("u%d@contoso.com", n)).travel(t, i.base, signUpStart, signUpTokens)
		}
		done := syncs(t, log)
		i.stop(t)
		return float64(done-ready) / float64(signUps)
	}
	careful, hasty := newFile(t), newFile(t)
	hasty.Hasty = true
	full := count(careful)
	proof(t, "T6b sqlite fsyncs to an acknowledged sign-up", full, "fsyncs", atLeast(1.0))
	proof(t, "T6b sqlite fsyncs to an acknowledged write", full/writesPerSignUp, "fsyncs", atLeast(1.0))
	proof(t, "T6b sqlite with NORMAL, fsyncs to an acknowledged sign-up", count(hasty), "fsyncs", figures.Below(0.5))
}

// syncs counts the calls that strace has seen so far. It writes them down as they come.
func syncs(t *testing.T, log string) int {
	time.Sleep(100 * time.Millisecond)
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	return bytes.Count(text, []byte("sync(")) - bytes.Count(text, []byte("<unfinished ...>")) +
		bytes.Count(text, []byte("sync resumed>"))
}
