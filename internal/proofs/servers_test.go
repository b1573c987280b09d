//go:build unix

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
	s := &server{TB: t, name: "PostgreSQL", program: filepath.Join(programs, "postgres")}
	dir := s.own("postgres")
	s.run(dir, filepath.Join(programs, "initdb"), "-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
	port := freePort(t)
	s.args = []string{"-D", dir, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="}
	s.serves("pgx", "postgres://postgres@127.0.0.1:"+port+"/postgres?sslmode=disable")
	return s
}

// newMariaDB starts a MariaDB with the settings that it comes with.
func newMariaDB(t testing.TB) *server {
	install := peers.Need(t, "mariadb-install-db")
	s := &server{TB: t, name: "MariaDB", program: peers.Need(t, "mariadbd")}
	dir := s.own("mysql")
	s.run(dir, install, "--no-defaults", "--datadir="+dir, "--auth-root-authentication-method=normal")
	port := freePort(t)
	s.args = []string{"--no-defaults", "--datadir=" + dir, "--socket=" + filepath.Join(dir, "socket"), "--bind-address=127.0.0.1", "--port=" + port}
	s.serves("mysql", "root@tcp(127.0.0.1:"+port+")/test")
	return s
}

// own makes a folder for the server's data. Root runs neither of the two: it belongs to the user that
// the package has made for them.
func (s *server) own(name string) (dir string) {
	dir, err := os.MkdirTemp("", "proof-"+name+"-")
	require.NoError(s, err)
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Getuid() != 0 {
		return dir
	}
	owner, err := user.Lookup(name)
	require.NoError(s, err)
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	require.NoError(s, os.Chown(dir, uid, gid))
	return dir
}

// run runs a program as the server's user.
func (s *server) run(dir, program string, args ...string) {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: s.as}
	out, err := cmd.CombinedOutput()
	require.NoError(s, err, "%s", out)
}

// serves starts a server of SQL, for as long as the test.
func (s *server) serves(driver, dsn string) {
	s.place = place{Driver: driver, DSN: dsn}
	s.answers = func(ctx context.Context) error {
		db, err := sql.Open(driver, dsn)
		if err != nil {
			return err
		}
		defer db.Close()
		return db.PingContext(ctx)
	}
	s.start()
	s.Cleanup(s.kill)
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
