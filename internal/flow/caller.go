package flow

import (
	"context"
	"net/netip"
)

// callerKey is where a context holds the address of a client.
type callerKey struct{}

// WithCaller returns a context for a call that comes from a client address. One without is not counted by
// address, and known from nowhere.
func WithCaller(ctx context.Context, a netip.Addr) context.Context {
	return context.WithValue(ctx, callerKey{}, bucket(a))
}

// callerOf is what the client address of a call is counted under: itself, or the /64 of an IPv6 address, of which
// one line has all.
func callerOf(ctx context.Context) (netip.Prefix, bool) {
	p, _ := ctx.Value(callerKey{}).(netip.Prefix)
	return p, p.IsValid()
}

// bucket is what an address counts as: an IPv4 one alone, also as IPv6 writes it, and an IPv6 one with its /64.
func bucket(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // an invalid one for the zero address, which has no bits
	return p
}
