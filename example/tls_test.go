package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

// secureStandIn starts the stand-in with -tls, and returns it and the folder of its files.
func secureStandIn(t *testing.T, flags ...string) (*instance, string) {
	t.Helper()
	dir := t.TempDir()
	return standIn(t, append([]string{"-tls", "-secret", filepath.Join(dir, "secret")}, flags...)...), dir
}

// trusting is a client that trusts an authority and nobody else.
func trusting(t *testing.T, file string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestTLS_WhoTrustsTheAuthorityGetsThrough(t *testing.T) {
	i, dir := secureStandIn(t)
	assert.True(t, strings.HasPrefix(i.base, "https://127.0.0.1:"), i.base)
	client := trusting(t, filepath.Join(dir, certificateFile))
	for _, host := range []string{"127.0.0.1", "localhost"} {
		resp, err := client.Get(strings.Replace(i.base, "127.0.0.1", host, 1) + apiPath + "/.well-known/openid-configuration")
		require.NoError(t, err, host)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Contains(t, string(body), `"issuer":"`+i.base+apiPath+`"`)
	}
	_, err := http.Get(i.base)
	assert.ErrorContains(t, err, "certificate", "nobody else does")
	index, err := client.Get(i.base + "/dev/")
	require.NoError(t, err)
	defer index.Body.Close()
	lines, err := io.ReadAll(index.Body)
	require.NoError(t, err)
	assert.Contains(t, string(lines), "curl -s --cacert '"+filepath.Join(dir, certificateFile)+"' '"+i.base+"/dev/api/ready'")
	for _, line := range []string{"curl --cacert '", "NODE_EXTRA_CA_CERTS='", "SSL_CERT_FILE='"} {
		assert.Contains(t, i.stdout.String(), line+filepath.Join(dir, certificateFile))
	}
}

func TestTLS_CurlTakesThePrintedFile(t *testing.T) {
	curl := peers.Need(t, "curl")
	i, dir := secureStandIn(t)
	out, err := exec.CommandContext(t.Context(), curl, "-sSf", "--cacert", filepath.Join(dir, certificateFile), i.base+"/dev/api/ready").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), tenantID)
}

func TestTLS_TrustSurvivesARestart(t *testing.T) {
	first, dir := secureStandIn(t)
	client := trusting(t, filepath.Join(dir, certificateFile))
	info, err := os.Stat(filepath.Join(dir, authorityFile))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, first.stop())
	require.NoError(t, os.Remove(filepath.Join(dir, certificateFile)), "it is made of the other one")

	second := standIn(t, "-tls", "-secret", filepath.Join(dir, "secret"), "-issuer", "https://id.localhost"+apiPath)
	resp, err := client.Get(second.base + "/dev/api/ready")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	again := trusting(t, filepath.Join(dir, certificateFile))
	dial := again.Transport.(*http.Transport)
	dial.TLSClientConfig.ServerName = "id.localhost"
	resp, err = again.Get(second.base + "/dev/api/ready")
	require.NoError(t, err, "the name of the issuer is in the certificate")
	require.NoError(t, resp.Body.Close())
}

func TestTLS_TheAppIsServedToo(t *testing.T) {
	dir := t.TempDir()
	i := start(t, "-tls", "-secret", filepath.Join(dir, "secret"))
	assert.Contains(t, i.stdout.String(), "curl -s --cacert '"+filepath.Join(dir, certificateFile)+"' "+i.base+apiPath+"/signup/v1.0/start")
	resp, err := trusting(t, filepath.Join(dir, certificateFile)).Get(i.base + "/")
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
}

func TestTLS_AFileThatIsNoAuthorityIsSaid(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, authorityFile), []byte("not a certificate"), 0o600))
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-db", "memory", "-tls", "-secret", filepath.Join(dir, "secret")}, io.Discard)
	assert.ErrorContains(t, err, "-tls: "+filepath.Join(dir, authorityFile)+": localca: this does not begin with a certificate: put the right file back")
}

func TestParseFlags_TLSIsForNamesOfThisMachine(t *testing.T) {
	for words, args := range map[string][]string{
		"-tls makes certificates for names of this machine alone": {"-tls", "-issuer", "https://id.example", "-smtp", "mail.example:25"},
		"-issuer is not https, and -tls is":                       {"-tls", "-issuer", "http://localhost:1/a"},
	} {
		_, err := parseFlags(args, io.Discard)
		assert.ErrorContains(t, err, words)
	}
	_, err := parseFlags([]string{"-tls", "-issuer", "https://id.localhost/a"}, io.Discard)
	assert.NoError(t, err)
}
