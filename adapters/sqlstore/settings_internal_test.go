package sqlstore

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPostgresSettings_AreJudged(t *testing.T) {
	good := postgresSettings{130000, "UTF8", "on", "on", "on", "read committed", "off"}
	require.Empty(t, good.judge())
	for name, c := range map[string]struct {
		change   func(s *postgresSettings)
		problem  string // empty: it is accepted
		warnings int
	}{
		"a newer server":                 {func(s *postgresSettings) { s.version = 180001 }, "", 0},
		"an old server":                  {func(s *postgresSettings) { s.version = 120019 }, "PostgreSQL is 12.19 and must be 13 or later", 0},
		"another encoding":               {func(s *postgresSettings) { s.encoding = "LATIN1" }, "ENCODING 'UTF8'", 0},
		"no waiting for the disk":        {func(s *postgresSettings) { s.synchronousCommit = "off" }, "synchronous_commit=on", 0},
		"waiting for this disk alone":    {func(s *postgresSettings) { s.synchronousCommit = "local" }, "", 0},
		"waiting for a standby's memory": {func(s *postgresSettings) { s.synchronousCommit = "remote_write" }, "", 0},
		"no fsync":                       {func(s *postgresSettings) { s.fsync = "off" }, "fsync = on", 0},
		"no full pages":                  {func(s *postgresSettings) { s.fullPageWrites = "off" }, "", 1},
		"serializable transactions":      {func(s *postgresSettings) { s.isolation = "serializable" }, "read committed", 0},
		"a standby":                      {func(s *postgresSettings) { s.readOnly = "on" }, "primary", 0},
	} {
		s := good
		c.change(&s)
		requireFindings(t, name, s.judge(), c.problem, c.warnings)
	}
	assert.Len(t, postgresSettings{}.judge().problems, 5, "all problems at once")
}

func TestMySQLSettings_AreJudged(t *testing.T) {
	good := mysqlSettings{
		version: "8.0.0", sqlMode: "ANSI_QUOTES,STRICT_TRANS_TABLES", autocommit: true, flushLog: 1, logBin: true, syncBinlog: 1, databaseName: "app",
	}
	require.Empty(t, good.judge())
	for name, c := range map[string]struct {
		change   func(s *mysqlSettings)
		problem  string // empty: it is accepted
		warnings int
	}{
		"a newer server":            {func(s *mysqlSettings) { s.version = "9.4.0-commercial" }, "", 0},
		"an old server":             {func(s *mysqlSettings) { s.version = "5.7.44-log" }, "MySQL is 5.7.44-log and must be 8.0 or later", 0},
		"MariaDB":                   {func(s *mysqlSettings) { s.version = "10.6.1-MariaDB" }, "", 0},
		"an old MariaDB":            {func(s *mysqlSettings) { s.version = "10.5.29-MariaDB-log" }, "MariaDB is 10.5.29-MariaDB-log and must be 10.6 or later", 0},
		"no database":               {func(s *mysqlSettings) { s.databaseName = "" }, "name it in the DSN", 0},
		"no strict mode":            {func(s *mysqlSettings) { s.sqlMode = "NO_ENGINE_SUBSTITUTION" }, "add STRICT_TRANS_TABLES", 0},
		"no mode at all":            {func(s *mysqlSettings) { s.sqlMode = "" }, "add STRICT_TRANS_TABLES", 0},
		"the stricter mode":         {func(s *mysqlSettings) { s.sqlMode = "STRICT_ALL_TABLES" }, "", 0},
		"no autocommit":             {func(s *mysqlSettings) { s.autocommit = false }, "autocommit=1", 0},
		"no flush at a commit":      {func(s *mysqlSettings) { s.flushLog = 2 }, "", 1},
		"a binary log left behind":  {func(s *mysqlSettings) { s.syncBinlog = 0 }, "", 1},
		"no binary log":             {func(s *mysqlSettings) { s.logBin, s.syncBinlog = false, 0 }, "", 0},
		"MariaDB's careful flushes": {func(s *mysqlSettings) { s.flushLog = 3 }, "", 0},
	} {
		s := good
		c.change(&s)
		requireFindings(t, name, s.judge(), c.problem, c.warnings)
	}
	assert.Len(t, mysqlSettings{}.judge().problems, 4, "all problems at once")
	assert.Nil(t, good.judge().queries)
	assert.Same(t, &mariadbQueries, mysqlSettings{version: "11.8.2-MariaDB"}.judge().queries)
}

func requireFindings(t *testing.T, name string, f findings, problem string, warnings int) {
	assert.Len(t, f.warnings, warnings, name)
	if problem == "" {
		assert.Empty(t, f.problems, name)
		return
	}
	if assert.Len(t, f.problems, 1, name) {
		assert.ErrorContains(t, f.problems[0], problem, name)
	}
}
