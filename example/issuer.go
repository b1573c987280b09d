package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/token"
)

// checkAddr refuses an address that other machines can reach.
func checkAddr(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("-addr %q is not HOST:PORT, as 127.0.0.1:8080", addr)
	}
	if isLoopback(host) {
		return nil
	}
	return fmt.Errorf("-addr %q is not a loopback address: this example shows its codes to whoever asks, "+
		"so it answers this machine only; say 127.0.0.1:PORT, [::1]:PORT or localhost:PORT", addr)
}

// checkIssuer refuses a name that tokens cannot bear, and one under which others could read codes.
func checkIssuer(o options) error {
	if o.issuer == "" {
		return nil
	}
	if o.elsewhere() && o.smtp == "" {
		return errors.New("-issuer is not on this machine, and others would see the codes: have them mailed with -smtp")
	}
	if o.elsewhere() && o.db.name == "memory" {
		return errors.New("-issuer is not on this machine, and -db memory is for trying things out on it: keep users in a database")
	}
	// handler knows what an issuer looks like. All else that it asks for is there.
	kept := memory.New()
	err := handler.Config{
		Issuer: o.issuer, Clients: clients(nil, serverSecret(nil)), Resources: resources, Secret: make([]byte, secretSize),
		Users: kept, State: kept, Sender: everywhere{}, Keys: struct{ token.Keys }{},
	}.Validate()
	if err != nil {
		return fmt.Errorf("-issuer: %w", err)
	}
	return nil
}

// elsewhere tells whether -issuer names another machine.
func (o options) elsewhere() bool {
	u, err := url.Parse(o.issuer)
	return o.issuer != "" && err == nil && !isLoopback(u.Hostname()) && !strings.HasSuffix(u.Hostname(), ".localhost")
}

// isLoopback tells whether only this machine can reach a host.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// issuerAt returns what tokens name as their issuer, for an instance that listens at base.
func (o options) issuerAt(base string) string {
	if o.issuer != "" {
		return o.issuer
	}
	if o.emulator != nil {
		return base + o.emulator.Path()
	}
	return base + apiPath
}
