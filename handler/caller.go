package handler

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxForwarded is how many addresses of X-Forwarded-For are looked at, from the right: more proxies in a row than
// anybody has.
const maxForwarded = 16

// clientAddr is where a request comes from: the TCP peer or, if that is a trusted proxy, the last hop before the
// trusted ones. Whatever stands further left the client may have written itself. It is the zero Addr where the
// server has no peer to name, as with a Unix socket.
func (c Config) clientAddr(r *http.Request) netip.Addr {
	addr := peerOf(r)
	if !c.trusts(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for n := 0; n < maxForwarded && len(hops) > n; n++ {
		hop := parseHop(hops[len(hops)-1-n])
		if !hop.IsValid() { // then the proxy itself is all that is known
			return addr
		}
		if addr = hop; !c.trusts(addr) {
			return addr
		}
	}
	return addr
}

// forwardedFor is where a server that calls as a confidential client of Auth0 names the address of the person.
const forwardedFor = "Auth0-Forwarded-For"

// caller is where the person is whom a call is about, as far as that is known. A server is not where its people
// are: one that has authenticated is counted by no address of its own, and may name theirs if it is one of Auth0's.
func (x *exchange) caller() netip.Addr {
	switch {
	case !x.server.Load():
		return x.auth.cfg.clientAddr(x.r)
	case x.path == pathAuth0Token || x.path == pathMFAChallenge:
		return parseHop(x.r.Header.Get(forwardedFor))
	}
	return netip.Addr{}
}

// from is caller or, where a server does not say that, where the server is.
func (x *exchange) from() netip.Addr {
	if a := x.caller(); a.IsValid() {
		return a
	}
	return x.auth.cfg.clientAddr(x.r)
}

// peerOf is the TCP peer.
func peerOf(r *http.Request) netip.Addr { return parseHop(r.RemoteAddr) }

// parseHop reads an address, with a port or without. It is the zero Addr if s is none.
func parseHop(s string) netip.Addr {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(s)
	if err != nil {
		with, _ := netip.ParseAddrPort(s) // as some proxies write it
		addr = with.Addr()
	}
	return addr.Unmap().WithZone("")
}

func (c Config) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(c.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

func (c Config) checkProxies(p *problems) {
	for i, proxy := range c.TrustedProxies {
		switch {
		case !proxy.IsValid():
			p.add("TrustedProxies[%d] is no prefix: use netip.MustParsePrefix", i)
		case proxy.Bits() == 0:
			p.add("TrustedProxies[%d]: %v trusts everybody to say where they come from: name the proxies alone", i, proxy)
		case proxy.Addr().Is4In6():
			p.add("TrustedProxies[%d]: write %v as IPv4", i, proxy)
		}
	}
}
