package handler

import "net/http"

// The paths of the contract (section 1.1), beneath the prefix.
const (
	pathSignUpStart     = "/signup/v1.0/start"
	pathSignUpChallenge = "/signup/v1.0/challenge"
	pathSignUpContinue  = "/signup/v1.0/continue"
	pathSignInStart     = "/oauth2/v2.0/initiate"
	pathSignInChallenge = "/oauth2/v2.0/challenge"
	pathToken           = "/oauth2/v2.0/token"
	pathIntrospect      = "/oauth2/v2.0/introspect"
	pathResetStart      = "/resetpassword/v1.0/start"
	pathResetChallenge  = "/resetpassword/v1.0/challenge"
	pathResetContinue   = "/resetpassword/v1.0/continue"
	pathResetSubmit     = "/resetpassword/v1.0/submit"
	pathResetPoll       = "/resetpassword/v1.0/poll_completion"

	pathRegisterIntrospect = "/register/v1.0/introspect"
	pathRegisterChallenge  = "/register/v1.0/challenge"
	pathRegisterContinue   = "/register/v1.0/continue"

	pathRevoke      = "/oauth2/revoke"
	pathInspect     = "/oauth2/introspect" // and not pathIntrospect, which lists methods
	pathUserInfo    = "/userinfo"
	pathUserInfoToo = "/oauth2/userinfo"
	pathLogout      = "/oauth2/logout"

	pathDeviceCode    = "/oauth2/v2.0/devicecode"
	pathDeviceCodeToo = "/devicecode"
	pathDecide        = "/oauth2/v2.0/device"
	pathDevicePage    = "/device"

	pathDiscovery   = "/.well-known/openid-configuration"
	pathDiscoveryV2 = "/v2.0/.well-known/openid-configuration"
	pathKeys        = "/discovery/v2.0/keys"
)

// route is what one path does.
type route struct {
	path    string
	methods []string // all it takes, for Allow
	cache   []string // Cache-Control of its answers
	serve   func(x *exchange) (body any, err error)
}

var (
	posts = []string{http.MethodPost, http.MethodOptions}
	reads = []string{http.MethodGet, http.MethodHead, http.MethodOptions}
	both  = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions}
)

// table is the API. An endpoint is a step of the engine between what it reads and what it writes.
func (a *Auth) table() []route {
	e := a.engine
	return []route{
		{pathSignUpStart, posts, headerNoStore, endpoint(form.signUpStart, e.SignUpStart, writeContinue)},
		{pathSignUpChallenge, posts, headerNoStore, endpoint(form.challenge, e.SignUpChallenge, writeChallenge)},
		{pathSignUpContinue, posts, headerNoStore, endpoint(form.signUpContinue, e.SignUpContinue, writeContinue)},
		{pathSignInStart, posts, headerNoStore, endpoint(form.signInStart, e.SignInStart, writeContinue)},
		{pathSignInChallenge, posts, headerNoStore, endpoint(form.challenge, e.SignInChallenge, writeChallenge)},
		{pathToken, posts, headerNoStore, identified(readForm, (*exchange).redeemer, (*exchange).token)},
		{pathResetStart, posts, headerNoStore, endpoint(form.resetStart, e.ResetStart, writeContinue)},
		{pathResetChallenge, posts, headerNoStore, endpoint(form.challenge, e.ResetChallenge, writeChallenge)},
		{pathResetContinue, posts, headerNoStore, endpoint(form.resetContinue, e.ResetContinue, writeProven)},
		{pathResetSubmit, posts, headerNoStore, endpoint(form.resetSubmit, e.ResetSubmit, writeSubmitted)},
		{pathResetPoll, posts, headerNoStore, endpoint(form.resetPoll, e.ResetPoll, writePolled)},
		{pathIntrospect, posts, headerNoStore, endpoint(form.introspect, e.SecondIntrospect, writeMethods)},
		{pathRegisterIntrospect, posts, headerNoStore, endpoint(form.introspect, e.RegisterIntrospect, writeMethods)},
		{pathRegisterChallenge, posts, headerNoStore, endpoint(form.registerChallenge, e.RegisterChallenge, writeRegistering)},
		{pathRegisterContinue, posts, headerNoStore, endpoint(form.registerContinue, e.RegisterContinue, writeRegistered)},

		{pathRevoke, posts, headerNoStore, standard((*exchange).revoke)},
		{pathInspect, posts, headerNoStore, standard((*exchange).inspect)},
		{pathUserInfo, both, headerNoStore, (*exchange).userInfo},
		{pathUserInfoToo, both, headerNoStore, (*exchange).userInfo},
		{pathLogout, posts, headerNoStore, (*exchange).logout},

		{pathDeviceCode, posts, headerNoStore, standard((*exchange).deviceCode)},
		{pathDeviceCodeToo, posts, headerNoStore, standard((*exchange).deviceCode)},
		{pathDecide, posts, headerNoStore, (*exchange).decideDevice},
		{pathDevicePage, both, headerNoStore, (*exchange).devicePage},

		{pathOTPSend, posts, headerNoStore, sibling((*exchange).sendOTP)},
		{pathOTPToken, posts, headerNoStore, sibling((*exchange).redeemOTP)},

		{pathDiscovery, reads, headerHour, (*exchange).discovery},
		{pathDiscoveryV2, reads, headerHour, (*exchange).discovery},
		{pathKeys, reads, headerHour, (*exchange).keys},
		{pathDescription, reads, headerHour, (*exchange).describe},
	}
}

// onlyIf says which paths are there in some configs only, so that elsewhere they stay the host's.
var onlyIf = map[string]func(Config) bool{
	pathDeviceCode:    Config.hasDevices,
	pathDeviceCodeToo: Config.hasDevices,
	pathDecide:        Config.hasApprovers,
	pathDevicePage:    Config.hasDevicePage,
	pathOTPSend:       Config.hasOTP,
	pathOTPToken:      Config.hasOTP,
}

// families are the trees of paths that belong to the API even where it has no prefix: what is
// unknown in them is answered as the contract wants it.
var families = []string{"/signup/", "/oauth2/", "/resetpassword/", "/register/"}
