package handler

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/flow"
)

// The bodies of the contract, as they travel.

type continueBody struct {
	ContinuationToken string `json:"continuation_token"`
}

type challengeBody struct {
	ContinuationToken string `json:"continuation_token"`
	ChallengeType     string `json:"challenge_type"`
	BindingMethod     string `json:"binding_method"`
	Channel           string `json:"challenge_channel"`
	TargetLabel       string `json:"challenge_target_label"`
	CodeLength        int    `json:"code_length"`
	Interval          int    `json:"interval"` // seconds
}

// typeBody is a challenge that sends nothing: a password, or nothing at all for what is preverified.
type typeBody struct {
	ContinuationToken string `json:"continuation_token"`
	ChallengeType     string `json:"challenge_type"`
}

type methodsBody struct {
	ContinuationToken string       `json:"continuation_token"`
	Methods           []methodBody `json:"methods"`
}

// methodBody has no member that may be missing: MSAL for Android takes none for null.
type methodBody struct {
	ID            string `json:"id"`
	ChallengeType string `json:"challenge_type"`
	Channel       string `json:"challenge_channel"`
	LoginHint     string `json:"login_hint"`
}

type registeringBody struct {
	ContinuationToken string `json:"continuation_token"`
	ChallengeType     string `json:"challenge_type"`
	BindingMethod     string `json:"binding_method"`
	Target            string `json:"challenge_target"`
	Channel           string `json:"challenge_channel"`
	CodeLength        int    `json:"code_length"`
	URI               string `json:"otpauth_uri,omitempty"` // ours: of an authenticator app
}

type registeredBody struct {
	ContinuationToken string   `json:"continuation_token"`
	Recovery          []string `json:"recovery_codes,omitempty"` // ours
}

type provenBody struct {
	ExpiresIn         int    `json:"expires_in"` // seconds
	ContinuationToken string `json:"continuation_token"`
}

type submittedBody struct {
	ContinuationToken string `json:"continuation_token"`
	PollInterval      int    `json:"poll_interval"` // seconds
}

type polledBody struct {
	Status            string `json:"status"`
	ContinuationToken string `json:"continuation_token"`
}

type redirectBody struct {
	ChallengeType string `json:"challenge_type"`
	Reason        string `json:"redirect_reason,omitempty"`
}

type tokenBody struct {
	TokenType        string `json:"token_type"`
	Scope            string `json:"scope"`
	ExpiresIn        int    `json:"expires_in"` // seconds, as all of them
	ExtExpiresIn     int    `json:"ext_expires_in"`
	AccessToken      string `json:"access_token"`
	RefreshToken     string `json:"refresh_token,omitempty"`
	RefreshExpiresIn int    `json:"refresh_token_expires_in,omitempty"`
	IDToken          string `json:"id_token,omitempty"`
	ClientInfo       string `json:"client_info"`
}

// sessionBody is what a client with cookies gets in place of tokens. It is ours: the contract has none.
type sessionBody struct {
	TokenType   string `json:"token_type"`   // "Cookie"
	ExpiresIn   int    `json:"expires_in"`   // seconds, however busy
	IdleTimeout int    `json:"idle_timeout"` // seconds without a request that needs the session
}

type errorBody struct {
	Error              string              `json:"error"`
	Description        string              `json:"error_description"`
	Codes              [1]int              `json:"error_codes"`
	Timestamp          string              `json:"timestamp"`
	TraceID            string              `json:"trace_id"`
	CorrelationID      string              `json:"correlation_id"`
	SubError           string              `json:"suberror,omitempty"`
	ContinuationToken  string              `json:"continuation_token,omitempty"`
	RequiredAttributes []requiredAttribute `json:"required_attributes,omitempty"`
	InvalidAttributes  []invalidAttribute  `json:"invalid_attributes,omitempty"`
}

type requiredAttribute struct {
	Name     string           `json:"name"`
	Type     string           `json:"type"`
	Required bool             `json:"required"`
	Options  attributeOptions `json:"options"`
}

type attributeOptions struct {
	Regex string `json:"regex"`
}

// invalidAttribute is flat: MSAL for Android cannot read anything nested here.
type invalidAttribute struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

func writeContinue(c flow.Continue) any { return continueBody{c.Token} }

func writeChallenge(c flow.Challenged) any {
	if c.Password {
		return typeBody{c.Token, "password"}
	}
	return challengeBody{
		ContinuationToken: c.Token, ChallengeType: "oob", BindingMethod: "prompt",
		Channel: c.Channel, TargetLabel: c.Target, CodeLength: c.Length,
		Interval: wholeSeconds(c.Interval),
	}
}

func writeMethods(m flow.Methods) any {
	list := make([]methodBody, len(m.Methods))
	for i, one := range m.Methods {
		list[i] = methodBody{one.ID, "oob", one.Channel, one.Hint}
	}
	return methodsBody{m.Token, list}
}

func writeRegistering(r flow.Registering) any {
	if r.Known {
		return typeBody{r.Token, "preverified"}
	}
	return registeringBody{r.Token, "oob", "prompt", r.Target, r.Channel, r.Length, r.URI}
}

func writeRegistered(r flow.Registered) any { return registeredBody{r.Token, r.Recovery} }

func writeProven(p flow.ResetProven) any { return provenBody{int(p.Life.Seconds()), p.Token} }

// writeSubmitted names the interval that clients have by default. None has to wait: a reset is over
// when it is answered.
func writeSubmitted(c flow.Continue) any { return submittedBody{c.Token, 2} }

func writePolled(c flow.Continue) any { return polledBody{"succeeded", c.Token} }

// wholeSeconds rounds a wait up, so that nobody comes back too soon.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func writeTokens(t flow.Tokens) any {
	life := int(t.AccessLife.Seconds())
	return tokenBody{
		TokenType: "Bearer", Scope: t.Scope, ExpiresIn: life, ExtExpiresIn: life,
		AccessToken: t.Access, RefreshToken: t.Refresh, RefreshExpiresIn: int(t.RefreshLife.Seconds()),
		IDToken: t.ID, ClientInfo: clientInfo(t),
	}
}

// clientInfo is how MSAL tells accounts apart: section 7.2 of the contract.
func clientInfo(t flow.Tokens) string {
	info, err := json.Marshal(struct {
		UID  string `json:"uid"`
		UTID string `json:"utid"`
	}{t.ObjectID, t.TenantID})
	if err != nil {
		panic(err) // two strings
	}
	return base64.RawURLEncoding.EncodeToString(info)
}

func writeRequired(missing []attrs.Attribute) []requiredAttribute {
	list := make([]requiredAttribute, len(missing))
	for i, m := range missing {
		list[i] = requiredAttribute{m.Name, m.Type, m.Required, attributeOptions{m.Regex}}
	}
	return list
}

func writeInvalid(invalid []attrs.Invalid) []invalidAttribute {
	list := make([]invalidAttribute, len(invalid))
	for i, v := range invalid {
		list[i] = invalidAttribute(v)
	}
	return list
}
