package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestData_AccountsAndSessionsOutliveARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.db")
	first := start(t, "-db", "sqlite:"+file)
	tokens := first.signUp(t, "ada@example.com")
	require.NoError(t, first.stop())

	second := start(t, "-db", "sqlite:"+file)
	status, refreshed := second.post(t, quick, "/oauth2/v2.0/token",
		"grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	assert.Equal(t, http.StatusOK, status, refreshed)
	status, user := do(t, http.MethodGet, second.base+"/api/me", refreshed.text("access_token"), nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "ada@example.com", user["username"])
}

// The tests import drivers, too, so they would run without those of the program.
func TestData_TheProgramHasItsDrivers(t *testing.T) {
	imports, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Imports}}", ".").Output()
	require.NoError(t, err)
	for _, driver := range []string{"modernc.org/sqlite", "github.com/jackc/pgx/v5/stdlib", "github.com/go-sql-driver/mysql"} {
		assert.Contains(t, string(imports), driver)
	}
}

func TestData_InMemoryNothingIsWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	i := start(t)
	i.signUp(t, "ada@example.com")
	require.NoError(t, i.stop())
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestSecretFile_IsMadeOnceForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db-secret")
	first, err := secretFile(path)
	require.NoError(t, err)
	assert.Len(t, first, secretSize)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	second, err := secretFile(path)
	require.NoError(t, err)
	assert.Equal(t, first, second)
}

func TestSecretFile_HalfASecretIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db-secret")
	require.NoError(t, os.WriteFile(path, []byte("short"), 0o600))
	_, err := secretFile(path)
	assert.ErrorContains(t, err, "holds 5 bytes")
}
