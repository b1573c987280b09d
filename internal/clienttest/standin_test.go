//go:build !race

// The example is a process of its own, which a race detector in this one cannot look into.

package clienttest

import (
	"crypto/tls"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/emulator"
	"github.com/nativeauth/nativeauth/internal/peers"
)

// TestMSALJS_TakesTheStandInForEntra plays the scenarios of standin.mjs: MSAL has no more than the authority, which is
// that of the stand-in, and Node trusts the authority of its certificate as an environment variable says.
func TestMSALJS_TakesTheStandInForEntra(t *testing.T) {
	node := peers.Need(t, "node")
	peers.NeedModules(t, ".")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tenant.yaml"), []byte(emulator.Sample), 0o600))
	address := startBinary(t, dir, "-config", "tenant.yaml", "-tls")
	host := strings.Replace(address, "127.0.0.1", "localhost", 1)
	anybody := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // to know when it is there
	defer anybody.CloseIdleConnections()
	answers(t, anybody, "https://"+address+"/dev/api/ready")

	trusting := exec.CommandContext(t.Context(), node, "standin.mjs", host)
	trusting.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+filepath.Join(dir, "nativeauth-ca.pem"))
	playScenarios(t, trusting)

	doubting := exec.CommandContext(t.Context(), node, "-e", "fetch('https://"+host+"/dev/api/ready').catch((e) => console.log(e.cause.code))")
	out, err := doubting.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "UNABLE_TO_VERIFY_LEAF_SIGNATURE\n", string(out), "who does not trust it has no connection")
}
