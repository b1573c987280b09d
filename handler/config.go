package handler

import (
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// Config says what to mount. A zero optional field means the recommended setting. With an issuer
// on a loopback address everything but Clients may be left out: users and state are then kept in
// memory, codes are printed on standard error, and secret and signing key last as long as the
// process. With any other issuer each of those is an error that Validate reports.
type Config struct {
	// Issuer is the https URL, without query and trailing slash, that tokens name as iss. Its path
	// is where the API hangs, so that discovery finds what tokens say. http is allowed on loopback.
	Issuer string
	// Prefix is the path that requests arrive with, where a proxy in front has changed it. "" means
	// the path of Issuer; "/" means none.
	Prefix string
	// TenantID is the GUID that tokens carry as tid. "" derives one from Issuer.
	TenantID string
	// App is the name people know the app by; mails say it. "" means the host of Issuer.
	App string

	// Secret keys every hash and every token that is not signed: at least 32 random bytes, the
	// same on all instances.
	Secret []byte
	// OldSecrets are accepted, newest first, and never used for anything new. To change the secret
	// without signing anybody out, first add the new one here on all instances, then swap, then
	// drop the old one when the refresh tokens made with it have ended. The secret of an authenticator app
	// is sealed anew when it is next used; one that was not used by then has to be set up again.
	OldSecrets [][]byte

	// Clients are the apps that may call. At least one.
	Clients []Client
	// Resources are the APIs that clients can ask an access token for, beside the scopes of
	// OpenID Connect.
	Resources []Resource

	Users  store.Users // where accounts are kept
	State  store.State // where flows, refresh tokens and counters are kept
	Sender otp.Sender  // how codes travel
	Keys   token.Keys  // what signs tokens

	// Claims adds the host's own claims to the tokens of a user. nil adds none. It is called by many
	// goroutines at once, as are Now and Random.
	Claims token.ClaimsFunc

	// Grants are grant types of your own for the token endpoint, by the absolute URI that names each
	// (RFC 6749 §4.5), for the clients that have it among their GrantTypes.
	Grants map[string]Grant

	// DevicePage is the https URL that devices send people to, who type a code there (RFC 8628 §3.3): a page of
	// the host, which posts the code to /oauth2/v2.0/device. "" means the page /device beneath Issuer, which is
	// there then, for people with a session of a client with Cookies.
	DevicePage string
	// SignInPage is where the page /device sends people who are not signed in: a path of the same origin, or an
	// https URL. The parameter return_to says where to go on afterwards; it is always the URL of /device, so
	// compare it before you follow it. "" means nowhere: the page asks them to sign in first.
	SignInPage string
	// Limits bound what can be guessed, sent and found out. The zero Limits are the recommended ones.
	Limits Limits
	// TrustedProxies are the addresses of the proxies in front. Of a request that one of them hands on the client
	// address is the rightmost in X-Forwarded-For that is none of theirs; of any other it is the TCP peer, whatever
	// its headers say. None by default.
	TrustedProxies []netip.Prefix
	// Origins are the exact origins, as "https://app.example.com", whose pages may call from a
	// browser (CORS). None by default.
	Origins []string
	// Passwords says which passwords people may choose, for clients that have them. The zero Policy is
	// the recommended one: 8 characters or more, none that are guessed first.
	Passwords password.Policy
	// Hashing is what hashing a password costs (argon2id). The zero Params are the recommended ones:
	// 19 MiB, two passes. A password that was hashed with less is hashed anew when it is next used.
	Hashing password.Params
	// HideAccounts keeps callers from learning whether an address has an account: the answers are the
	// same either way, and the owner of the address is told by mail. Whoever signs in with an alias
	// needs a password then, since a code would tell of the mailbox. Apps written for Entra expect
	// user_not_found and user_already_exists, so it is off by default; then these two say so.
	HideAccounts bool

	// SecondFactor says who has to prove themselves a second time before they get tokens: Always, or a
	// function of yours. nil asks nobody. A client may have its own.
	SecondFactor SecondFactor
	// Gate is asked before any code leaves. nil lets all pass.
	Gate Gate
	// SMSCountries are the calling codes, as "+49", of the countries that text messages go to. None by
	// default: each message costs money, and there are people who earn by having them sent. "+1" is the
	// United States and Canada; other countries that share it have entries of their own, as "+1876". A
	// number gets five messages a day at most, three of them to register it. Sender has to send messages of
	// the channel otp.SMS then.
	SMSCountries otp.Countries
	// Messages is how mails and text messages are written: in the language that ui_locales, a parameter of any call (OpenID
	// Connect Core §3.1.2.1), or else the header Accept-Language asks for, of five built in and those of the host.
	Messages otp.Messages
	// FixedCodes says which code an address gets, of 8 digits; "" means a random one. It is for tests, and for stand-ins
	// of a real service: with an issuer on loopback only. nil means random codes for all.
	FixedCodes func(to otp.Address) string
	// MaskHints stars out the address that the registration of a method offers. Apps that fill it into a
	// field for people to confirm need it whole, so it is by default.
	MaskHints bool

	// Sessions keeps the sessions of clients with Cookies. nil means NewSessions with State. Bring your own
	// to keep values of yours in the session, too; Validate says where it is less than safe.
	Sessions *scs.SessionManager

	// Aliases lets people sign in with a user name that is no e-mail address, where the host has
	// given the account one.
	Aliases bool

	CodeLifetime         time.Duration // of a one-time code; 0 means 10 minutes, which is also the most
	ResendInterval       time.Duration // between two codes to one address; 0 means 60 s, less than 0 means no wait, on loopback only
	AccessTokenLifetime  time.Duration // 0 means 15 minutes; at most 1 hour
	IDTokenLifetime      time.Duration // 0 means 1 hour; at most 24 hours
	RefreshTokenIdle     time.Duration // without use; 0 means 14 days
	RefreshTokenLifetime time.Duration // from sign-in, however often used; 0 means 90 days

	// StrictScopes issues an id token only for openid and a refresh token only for offline_access.
	// MSAL JS does not work then: it asks for custom scopes alone and needs all three tokens.
	StrictScopes bool
	// Legacy selects answers of older versions of the API, for hand-written clients.
	Legacy Legacy

	// Events are told of what happens: see EventSink. None by default; LogEvents writes them to a log.
	Events []EventSink

	Logger *slog.Logger     // nil means slog.Default()
	Now    func() time.Time // nil means time.Now
	Random io.Reader        // nil means crypto/rand.Reader
}

// Client is an app that may call the API. Clients of the native authentication API are public (RFC 6749
// §2.1): an app on a person's device keeps no secret. One that has Secrets or Keys is confidential, a
// server that can keep them. It calls the standard endpoints and, for its GrantTypes and the refresh tokens
// they end in, the token endpoint.
type Client struct {
	// ID is 1 to 128 characters of 0-9 A-Z a-z . _ ~ and -, usually a GUID.
	ID string
	// Name is what people know the app by, when they are asked whether to allow it something. "" means ID.
	Name string
	// Attributes is what a sign-up of this client asks for, beside the address.
	Attributes attrs.Schema
	// Scopes are the scopes of Resources that the client may have. nil means all.
	Scopes []string
	// Passwords gives people of this client a password beside the code: sign-up asks for one, sign-in
	// takes it, or a code where the app offers that alone, and one that was forgotten can be reset.
	Passwords bool
	// GrantTypes are what the client may use beside native authentication: GrantPassword, GrantDeviceCode, those of
	// Auth0, GrantOTPEmail, GrantOTPSMS, or one of Config.Grants.
	GrantTypes []string
	// AuthSources are what the client can have the codes of GrantOTPEmail and GrantOTPSMS sent by.
	AuthSources []AuthSource
	// ApprovesDevices lets the client's access tokens for the app's own API approve devices, at
	// /oauth2/v2.0/device. A device gets tokens of its own, which outlive them: it is for apps that are the
	// person's own way to manage the account.
	ApprovesDevices bool
	// NoReset takes the reset away, where the host has its own.
	NoReset bool
	// SecondFactor is what the client has in place of Config.SecondFactor; nil means that one.
	SecondFactor SecondFactor
	// RegisterAddress makes the address of a new account a method for second factors, beside a password.
	RegisterAddress bool
	// Methods are the kinds of methods that people of the client can register, when a second factor is
	// required and they have none; an empty list keeps them from registering any. nil means e-mail and,
	// where Config.SMSCountries names one, SMS. An app that shows the otpauth_uri of an authenticator app
	// adds store.MethodTOTP.
	Methods []store.MethodKind
	// Cookies lets every flow of the client end in a session, whose cookie the token endpoint sets, and
	// never in tokens: for pages that the app's own server renders (RequireSession). The pages have to be
	// of the same origin as the API.
	Cookies bool
	// LogoutURIs are where a sign-out of a client with Cookies may lead: the exact values that
	// post_logout_redirect_uri can have.
	LogoutURIs []string
	// Auth0 lets the client call as one of Auth0's. nil means it does not.
	Auth0 *Auth0
	// Disabled refuses the client with invalid_client, suberror nativeauthapi_disabled.
	Disabled bool
	// Confidential marks a client that has a secret elsewhere. It is refused here with
	// invalid_client, as the contract wants it, wherever it calls. Secrets and Keys make a client confidential by themselves.
	Confidential bool
	// Secrets are what the client may authenticate with (client_secret_basic, client_secret_post): random
	// printable ASCII without blanks, 32 characters or more each. Several are for rotation: add the new one,
	// change the client, take the old one away.
	Secrets []string
	// Keys are the public keys that the client's assertions are verified with (private_key_jwt), each
	// with a kid and the alg it is for.
	Keys jose.JSONWebKeySet
}

// Resource is an API that access tokens can be for.
type Resource struct {
	Audience string   // the aud claim; "" means Config.Issuer, the app's own API
	Scopes   []string // what clients ask for, each of one resource only
	// Descriptions say what a scope allows, as people read it after "The app will be able to": "see your
	// orders". A scope without one goes by its name.
	Descriptions map[string]string
	// OfflineAccess lets clients of Auth0 have refresh tokens for it. Others need no leave.
	OfflineAccess bool
}

// Legacy selects answers that others than Entra's present service give, one by one: older versions of the API
// (section 8 of the contract), and the plain RFC.
type Legacy struct {
	UnknownClientInvalid    bool // C1: an unknown client gets invalid_client at sign-up challenge and continue
	UnknownUserInvalidGrant bool // C2: an unknown user gets invalid_grant with code 50034 at initiate
	BadTokenInvalidGrant    bool // C3: an unusable continuation token gets invalid_grant at both challenges and token
	NoRedirectInvalid       bool // C6: a challenge_type without redirect gets invalid_request
	StrictCapabilities      bool // C11: MSAL for Android that announces no capabilities is redirected as any other app
	DeviceErrorsOfRFC       bool // 11.3: a denied device gets access_denied, a bad device code invalid_grant (RFC 8628 §3.5)
	AttributesFailedError   bool // C9: attribute_validation_failed is the error, not the suberror
}
