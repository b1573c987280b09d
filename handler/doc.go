// Package handler puts native authentication into a net/http app: people sign up and sign in on the
// app's own screens, with a one-time code or a password and, where the host asks for one, a second
// factor, through a small JSON API that ends in signed tokens. Mount registers it all;
// Auth.RequireToken protects the app's own routes.
//
// The API is compatible with Microsoft Entra External ID's native authentication, so that MSAL works
// against it. HTTP happens in this package and nowhere else: it reads forms, knows the clients, and
// answers in the envelope of the contract. What may follow what is decided in internal/flow.
//
// # Mounting
//
// [Mount] takes an [http.ServeMux], or any router with its Handle, and a [Config]; [New] makes an
// [http.Handler] for the others. With an issuer on loopback everything but the clients may be left out:
//
//	mux := http.NewServeMux()
//	auth, err := handler.Mount(mux, handler.Config{
//		Issuer:  "http://127.0.0.1:8080/auth",
//		Clients: []handler.Client{{ID: "mobile"}},
//	})
//
// Call [Auth.Shutdown] after that of the server: it sends the mail that waits.
//
// # Config
//
// A zero field of [Config] means the recommended setting. With any issuer that is not on loopback five
// more have to be set: Secret, 32 random bytes; Users and State, as adapters/sqlstore has them, or a
// table of the host's own behind [store.Users]; Sender, as adapters/smtpmail; and Keys, as
// adapters/keyfile or sqlstore.OpenKeys. Mount reports every mistake at once, and so does
// [Config.Validate], which calls nothing. [Limits] bound what can be guessed and sent.
//
// # Clients
//
// A [Client] is an app. Without further fields its people sign in with a code by mail. Passwords gives
// them a password beside it, Attributes asks for more at sign-up, SecondFactor for a second factor,
// Cookies ends its flows in a session in place of tokens. GrantTypes lets it use more than native
// authentication: name and password in one call ([GrantPassword]), devices without a keyboard
// ([GrantDeviceCode]), the APIs of Auth0 ([Auth0]) and Tencent CIAM ([GrantOTPEmail]), and grants of the
// host's own ([Grant]). One with Secrets or Keys is a server that authenticates.
//
// # Protecting routes
//
// [Auth.RequireToken] lets a request through that has an access token with the scopes, and [CallerFrom]
// says whose it is:
//
//	mux.Handle("GET /api/me", auth.RequireToken("profile")(http.HandlerFunc(me)))
//
// The scopes of an app's own API are declared as a [Resource], and claims of its own come from
// Config.Claims. Other services verify tokens by the keys that {Issuer}/.well-known/openid-configuration
// leads to.
//
// # Sessions
//
// Pages that the server renders use [Auth.RequireSession], and a client with Cookies. The session is one of
// alexedwards/scs in Config.State; [NewSessions] makes a manager for an app that keeps values of its own in
// it. Requests that change something are refused if they come from a page of another origin.
//
// # In process
//
// An app whose server draws the forms itself calls the flows without HTTP: [Auth.Flows] returns those of a client, on
// the same engine, limits and events. Each call returns a [FlowStep], which says which form to draw next, and a
// [FlowError] where something was refused. [Auth.WithSession] is for pages that visitors see, too.
//
// # Accounts
//
// Methods of [Auth] change accounts for pages of the host: [Auth.ChangePassword], [Auth.SetPassword],
// [Auth.RequirePasswordReset], [Auth.Disable], [Auth.EndSessions]; for second factors [Auth.AddMethod],
// [Auth.NewTOTP], [Auth.NewRecoveryCodes]. They are safe for concurrent use, on any instance.
//
// # Events
//
// Config.Events hears of 14 kinds of events, each once: see [EventSink] and [EventName]. [LogEvents] writes
// them to a log.
//
// # Errors
//
// Every refused call is answered with a row of [Errors] and leaves one line in Config.Logger, with the
// cause, under the same correlation id. With an issuer on loopback the answer says what the call should
// have been. The table with what to do about each is docs/errors.md in the repository.
//
// # Testing
//
// Package handlertest serves the API for a test, with a clock to move and an inbox to read.
//
// Guides on all of it, and an index of questions, are in the folder docs of the repository.
package handler
