package handler

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/nativeauth/nativeauth/internal/guid"
)

// origin is the request that something is done for.
type origin struct {
	correlation string
	from        netip.Addr
	request     *http.Request // nil where the events of the request alone need to know
}

// originKey is where the context of a request to a route of the host has its origin.
type originKey struct{}

// WithRequest returns a context by which Auth's methods, and Flows, know the request that they are called in. Events
// name its client-request-id, or a fresh one where that is no GUID, and where it comes from. Flows also count by its
// client address (Config.TrustedProxies), write mail in its Accept-Language, and hand it to the Gate and the policies
// of the host; a caller without net/http makes a request with RemoteAddr and Header.
//
// The context of a request that came through RequireToken, RequireSession or WithSession has that already; pages behind
// another sign-in, of administrators for one, call it before SetPassword, Disable and their like.
func (a *Auth) WithRequest(ctx context.Context, r *http.Request) context.Context {
	if _, known := ctx.Value(originKey{}).(origin); known {
		return ctx
	}
	id := r.Header.Get(correlationName)
	if !guid.Valid(id) {
		id = a.newID()
	}
	return context.WithValue(ctx, originKey{}, origin{id, a.cfg.clientAddr(r), r})
}

// mark says in an event what request it is of. Addresses are masked in events, those of machines, too: what is left
// tells one provider from another, and not who it was.
func (o origin) mark(e *Event) {
	e.CorrelationID, e.RemoteAddr = o.correlation, maskAddr(o.from)
}

// maskAddr leaves of an address its network: the first 24 bits, or 48 of IPv6. It is "" if there is none.
func maskAddr(a netip.Addr) string {
	bits := 24
	switch {
	case !a.IsValid():
		return ""
	case a.Is6():
		bits = 48
	}
	network, _ := a.Prefix(bits) // which has so many
	return network.String()
}
