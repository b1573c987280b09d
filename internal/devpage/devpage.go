// Package devpage is what pages for development have in common: whom they answer, and how they look.
//
// They show what nobody else may see, as codes that were sent. What keeps them safe is that they answer to the
// machine that they run on and to nobody else.
package devpage

import (
	_ "embed" // of the style
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// Style is the style sheet of all pages, in light and dark.
//
//go:embed style.css
var Style string

// IsLocal tells whether r was made on this machine to this machine: not through a proxy, and under a host name that
// nobody else can have. The last keeps out a web site that points its own name here (DNS rebinding).
func IsLocal(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return false // a proxy speaks for somebody
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() && isLoopbackName(r.Host)
}

// ownNames are localhost and all below it. Browsers resolve these themselves (RFC 6761 §6.3), so nobody else can own one.
var ownNames = regexp.MustCompile(`^([0-9a-z_-]+\.)*localhost$`)

// isLoopbackName tells whether a Host header, with or without a port, names this machine, and is no more than that: pages
// show it, also in lines to paste into a shell.
func isLoopbackName(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if ownNames.MatchString(host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.Unmap().IsLoopback()
}
