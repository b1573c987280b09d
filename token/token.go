// Package token makes and checks every token that leaves the server: signed ones (JWS, RFC 7515),
// which anybody with the public keys can read and check, and opaque ones, which mean something here
// only.
//
// What keeps them safe: a signed token is accepted as the kind that its header names (RFC 8725
// §3.11), under the one algorithm of the key that its kid names; an opaque one is authenticated
// before anything in it is believed.
//
// # Bring keys
//
// A host implements [Keys], two methods, or takes sqlstore.OpenKeys or adapters/keyfile. The example of Keys
// has one whose private key never leaves its vault. [Signer.Check] tells whether Keys are good, and
// store/storetest proves it.
//
// # Add claims
//
// [ClaimsFunc] is what handler.Config.Claims is: it sees the user, the client and the scopes.
//
// # Read tokens
//
// [AccessClaims] and [IDClaims] are what tokens say. Services elsewhere verify them with any OIDC library.
//
// # The rest
//
// [Opaque], [Assertion] and [Merge] are what the flows are made of.
package token
