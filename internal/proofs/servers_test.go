package proofs

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

// server is a database server of a test's own, which may be killed.
type server struct {
	testing.TB
	place
	name, program string
	args          []string
	as            *syscall.Credential // nil: whoever runs the test
	answers       func(ctx context.Context) error

	cmd  *exec.Cmd
	over chan struct{}
}

// start starts the server and waits until it answers. What a killed server has left behind may keep
// the next one from starting for a moment.
func (s *server) start() {
	s.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		s.cmd = exec.Command(s.program, s.args...)
		s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
		require.NoError(s, s.cmd.Start())
		cmd, over := s.cmd, make(chan struct{})
		s.over = over
		go func() { _ = cmd.Wait(); close(over) }()
		if s.awaited(deadline) {
			return
		}
		require.True(s, time.Now().Before(deadline), "%s does not start", s.name)
	}
}

// awaited waits until the server answers. It returns false if it ends instead, or takes too long.
func (s *server) awaited(deadline time.Time) bool {
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err := s.answers(ctx)
		cancel()
		if err == nil {
			return true
		}
		select {
		case <-s.over:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
	return false
}

// kill ends the server as kill -9 does. It may be called twice.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.over
}

// newPostgres starts a PostgreSQL with the settings that it comes with.
func newPostgres(t testing.TB) *server {
	programs := peers.PostgresPrograms(t)
	dir, err := os.MkdirTemp("", "proof-postgres-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &server{TB: t, name: "PostgreSQL", program: filepath.Join(programs, "postgres")}
	if os.Getuid() == 0 { // as whom it refuses to run
		owner, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, _ := strconv.Atoi(owner.Uid)
		gid, _ := strconv.Atoi(owner.Gid)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(t, os.Chown(dir, uid, gid))
	}
	initdb := exec.Command(filepath.Join(programs, "initdb"), "-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	initdb.Dir = dir
	out, err := initdb.CombinedOutput()
	require.NoError(t, err, "%s", out)

	port := freePort(t)
	s.args = []string{"-D", dir, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="}
	s.place = place{Driver: "pgx", DSN: "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"}
	s.answers = func(ctx context.Context) error {
		db, err := sql.Open("pgx", s.DSN)
		if err != nil {
			return err
		}
		defer db.Close()
		return db.PingContext(ctx)
	}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// newRedis starts a Redis that keeps what it has acknowledged, for state beside users in a file.
func newRedis(t testing.TB) *server {
	port := freePort(t)
	s := &server{TB: t, name: "Redis", program: peers.Need(t, "redis-server"), place: newFile(t)}
	s.args = []string{
		"--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--loglevel", "warning",
	}
	address := url.URL{Scheme: "redis", Host: "127.0.0.1:" + port}
	s.Redis, s.Prefix = address.String(), "proof:"
	s.answers = func(ctx context.Context) error {
		client := redis.NewClient(&redis.Options{Addr: address.Host, DialerRetries: 1, MaxRetries: -1})
		defer client.Close()
		return client.Ping(ctx).Err()
	}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// freePort returns a port on loopback at which nobody listens.
func freePort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
