package redisstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

// ctxOf is the test's context without its end, for what is done in a Cleanup.
func ctxOf(t testing.TB) context.Context { return context.WithoutCancel(t.Context()) }

// server is a Redis of a test's own, on loopback, which the test may end.
type server struct {
	addr string
	args []string
	cmd  *exec.Cmd
}

// startServer starts a server with settings such as "--appendonly", "yes", and waits until it serves.
func startServer(t testing.TB, settings ...string) *server {
	dir, addr := t.TempDir(), freeAddr(t)
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	s := &server{addr: addr, args: append([]string{
		"--bind", "127.0.0.1", "--port", port, "--dir", dir, "--save", "", "--loglevel", "warning",
	}, settings...)}
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

func (s *server) start(t testing.TB) {
	s.cmd = exec.Command(peers.Need(t, "redis-server"), s.args...)
	require.NoError(t, s.cmd.Start())
	client := redis.NewClient(&redis.Options{Addr: s.addr})
	defer client.Close()
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		assert.NoError(t, client.Ping(context.Background()).Err())
	}, 10*time.Second, 20*time.Millisecond, "the server does not start")
}

// kill ends the server as kill -9 does. It may be called twice.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// client returns a client of the server. set may be nil.
func (s *server) client(t testing.TB, set func(*redis.Options)) *redis.Client {
	o := &redis.Options{Addr: s.addr}
	if set != nil {
		set(o)
	}
	client := redis.NewClient(o)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

// freeAddr returns an address on loopback at which nobody listens.
func freeAddr(t testing.TB) string {
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close() // held until the end, lest the next call get the same
		// A node of a cluster also listens at its port + 10000.
		port := l.Addr().(*net.TCPAddr).Port
		if bus, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port+10000)); port < 50000 && err == nil {
			bus.Close()
			return l.Addr().String()
		}
	}
}

// silence is a server that accepts connections and never says a word. end ends it.
func silence(t testing.TB) (addr string, end func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	accepted := make(chan []net.Conn)
	go func() {
		var conns []net.Conn
		for {
			conn, err := l.Accept()
			if err != nil {
				accepted <- conns
				return
			}
			conns = append(conns, conn)
		}
	}()
	end = sync.OnceFunc(func() {
		l.Close()
		for _, conn := range <-accepted {
			conn.Close()
		}
	})
	t.Cleanup(end)
	return l.Addr().String(), end
}

// wire is what a client dials through. Its zero value does nothing.
type wire struct {
	// detour is dialled instead of the server, if it is set.
	detour atomic.Pointer[string]
	// lose is how many more answers arrive at this end only for the connection to break.
	lose atomic.Int32
}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if d := w.detour.Load(); d != nil {
		addr = *d
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	return wireConn{conn, w}, err
}

type wireConn struct {
	net.Conn
	wire *wire
}

// SyscallConn lets the client see that the server has hung up.
func (c wireConn) SyscallConn() (syscall.RawConn, error) { return c.Conn.(syscall.Conn).SyscallConn() }

// Read waits for the answer in any case, so that what is lost has been done.
func (c wireConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.wire.lose.Add(-1) >= 0 {
		c.Conn.Close()
		n, err = 0, net.ErrClosed
	}
	if errors.Is(err, net.ErrClosed) {
		err = io.EOF // as if the other end had closed it
	}
	return n, err
}
