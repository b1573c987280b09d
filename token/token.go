// Package token makes and checks every token that leaves the server: signed ones (JWS, RFC 7515),
// which anybody with the public keys can read and check, and opaque ones, which mean something here
// only.
//
// What keeps them safe: a signed token is accepted as the kind that its header names (RFC 8725
// §3.11), under the one algorithm of the key that its kid names; an opaque one is authenticated
// before anything in it is believed.
package token
