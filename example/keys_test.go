package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// publicKeys returns the published keys of a run.
func publicKeys(t *testing.T, flags ...string) any {
	t.Helper()
	i := start(t, flags...)
	status, document := do(t, http.MethodGet, i.base+apiPath+"/.well-known/openid-configuration", "", nil)
	require.Equal(t, http.StatusOK, status)
	status, keys := do(t, http.MethodGet, document.text("jwks_uri"), "", nil)
	require.Equal(t, http.StatusOK, status)
	require.NotEmpty(t, keys["keys"])
	return keys["keys"]
}

func TestKeys_OutliveARestartInAFileOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	assert.Equal(t, publicKeys(t, "-keys", file), publicKeys(t, "-keys", file))
	assert.NotEqual(t, publicKeys(t), publicKeys(t))
}

func TestKeys_AFileThatHoldsNoneIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(file, []byte("nonsense"), 0o600))
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-db", "memory", "-keys", file}, &output{})
	assert.ErrorContains(t, err, file)
}
