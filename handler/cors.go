package handler

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	corsHeaders = "Content-Type, Authorization, client-request-id, x-client-SKU, x-client-VER, x-client-OS, x-client-CPU, " +
		"x-client-current-telemetry, x-client-last-telemetry"
	corsExposed = "x-ms-request-id, client-request-id, Retry-After, x-ms-httpver"
	corsMaxAge  = "86400" // seconds
)

// allowOrigin lets a page of a configured origin read the answer, whatever it is. Other origins get
// the same answer without leave to read it.
func (x *exchange) allowOrigin() bool {
	if len(x.auth.cfg.Origins) == 0 {
		return false
	}
	h := x.w.Header()
	h.Add("Vary", "Origin")
	origin := x.r.Header.Get("Origin")
	if !slices.Contains(x.auth.cfg.Origins, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", corsExposed)
	return true
}

// missOrigin logs that a page of another origin called, to which a browser shows nothing of the answer and says
// little of why.
func (x *exchange) missOrigin() {
	origin := x.r.Header.Get("Origin")
	if origin == "" || x.isOwn(origin) {
		return
	}
	if x.correlation == "" {
		x.correlate("")
	}
	if !isOrigin(origin) {
		origin = "[no origin]"
	}
	x.auth.cfg.Logger.LogAttrs(x.r.Context(), slog.LevelInfo, "nativeauth: origin not allowed",
		slog.String("path", x.path), slog.String("origin", origin), slog.String("correlation_id", x.correlation),
		slog.String("hint", "The browser keeps this answer from the page. If the page is yours, add its origin to Config.Origins, exactly as it is here."))
}

// isOwn tells whether an origin is that of the API, whose pages need no leave.
func (x *exchange) isOwn(origin string) bool {
	_, host, _ := strings.Cut(origin, "://")
	own, err := url.Parse(x.auth.cfg.Issuer)
	return host != "" && (host == x.r.Host || err == nil && host == own.Host)
}

// isOrigin tells whether s has the form of an origin, or is the null that pages without one send: RFC 6454 §6.1.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return s == "null" || err == nil && len(s) <= 300 && u.Scheme != "" && u.Host != "" && s == u.Scheme+"://"+u.Host
}

// preflight answers an OPTIONS request: 204, with leave if the origin has it. Any header that an
// app's interceptor adds is welcome if its name starts with "x-".
func (x *exchange) preflight(route route, allowed bool) {
	h := x.w.Header()
	if allowed && x.r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", strings.Join(route.methods, ", "))
		h.Set("Access-Control-Allow-Headers", corsHeaders+extraHeaders(x.r.Header.Values("Access-Control-Request-Headers")))
		h.Set("Access-Control-Max-Age", corsMaxAge)
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	h.Set("Allow", strings.Join(route.methods, ", "))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	x.w.WriteHeader(http.StatusNoContent)
}

// extraHeaders returns the requested names that start with "x-", ready to be appended to a list.
func extraHeaders(requested []string) string {
	var b strings.Builder
	for _, line := range requested {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if strings.HasPrefix(name, "x-") && isClientID(name) && b.Len() < 1024 {
				b.WriteString(", " + name)
			}
		}
	}
	return b.String()
}
