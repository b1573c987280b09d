//go:build unix

package proofs

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

// weather is what a proxy does to the connections through it.
type weather string

const (
	fair    weather = "fair"
	refuses weather = "refuses" // nobody listens, and who was connected is cut off
	hangs   weather = "hangs"   // connections are accepted, and nothing passes
	slow    weather = "slow"    // what the server says takes 5 s
	resets  weather = "resets"  // what is asked is done, and instead of the answer the connection breaks
)

// proxy stands between an instance and its store.
type proxy struct {
	target string
	addr   string

	mu      sync.Mutex
	now     weather
	changed chan struct{} // closed when now changes
	listens net.Listener
	conns   map[*net.TCPConn]bool
}

func newProxy(t testing.TB, target string) *proxy {
	p := &proxy{target: target, addr: "127.0.0.1:0", now: refuses, changed: make(chan struct{}), conns: map[*net.TCPConn]bool{}}
	require.NoError(t, p.set(fair))
	t.Cleanup(func() { _ = p.set(refuses) })
	return p
}

// set changes the weather.
func (p *proxy) set(w weather) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = w
	close(p.changed)
	p.changed = make(chan struct{})
	if w == refuses {
		p.listens.Close()
		p.listens = nil
		for c := range p.conns {
			cut(c)
		}
		return nil
	}
	if p.listens != nil {
		return nil
	}
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listens, p.addr = l, l.Addr().String()
	go p.serve(l)
	return nil
}

// cut ends a connection so that the other end sees an error, and no orderly end.
func cut(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

func (p *proxy) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go p.connect(c.(*net.TCPConn))
	}
}

func (p *proxy) connect(client *net.TCPConn) {
	c, err := net.Dial("tcp", p.target)
	if err != nil {
		cut(client)
		return
	}
	server := c.(*net.TCPConn)
	p.mu.Lock()
	late := p.now == refuses
	p.conns[client], p.conns[server] = true, true
	p.mu.Unlock()
	if late {
		cut(client)
	}
	go p.copy(server, client, false)
	p.copy(client, server, true)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
	delete(p.conns, server)
}

// copy passes on what one end says, as the weather lets it.
func (p *proxy) copy(to, from *net.TCPConn, answers bool) {
	defer to.Close()
	defer from.Close()
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		if n > 0 && !p.passes(answers) {
			cut(to)
			return
		}
		if n > 0 {
			if _, err := to.Write(chunk[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// passes waits until something may pass, or tells that it may not.
func (p *proxy) passes(answer bool) bool {
	for slept := false; ; {
		p.mu.Lock()
		w, changed := p.now, p.changed
		p.mu.Unlock()
		switch {
		case w == refuses, w == resets && answer:
			return false
		case w == hangs:
			<-changed
		case w == slow && answer && !slept:
			select {
			case <-time.After(5 * time.Second):
			case <-changed:
			}
			slept = true
		default:
			return true
		}
	}
}

// behind puts a proxy before the server that state is on, and users unless they are in a file.
func (p place) behind(t testing.TB) (place, *proxy) {
	t.Helper()
	if p.Redis != "" || p.Driver == "pgx" {
		dsn := &p.DSN
		if p.Redis != "" {
			dsn = &p.Redis
		}
		u, err := url.Parse(*dsn)
		require.NoError(t, err)
		way := newProxy(t, u.Host)
		u.Host = way.addr
		*dsn = u.String()
		return p, way
	}
	c, err := mysql.ParseDSN(p.DSN)
	require.NoError(t, err)
	way := newProxy(t, c.Addr)
	c.Addr = way.addr
	p.DSN = c.FormatDSN()
	return p, way
}
