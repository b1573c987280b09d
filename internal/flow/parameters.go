package flow

import (
	"strings"

	"github.com/nativeauth/nativeauth/otp"
)

// challengeTypes is a set of the challenge types of the contract. The bits are in tokens and in the
// store: they never change their meaning.
type challengeTypes byte

const (
	typeOOB challengeTypes = 1 << iota
	typePassword
	typeRedirect
)

var typeNames = map[string]challengeTypes{"oob": typeOOB, "password": typePassword, "redirect": typeRedirect}

func (t challengeTypes) has(one challengeTypes) bool { return t&one != 0 }

// parseTypes reads a challenge_type parameter: known types only, redirect among them.
func parseTypes(text string) (types challengeTypes, err error) {
	for name := range strings.FieldsSeq(strings.ToLower(text)) {
		one, ok := typeNames[name]
		if !ok {
			return 0, ErrChallengeType
		}
		types |= one
	}
	if !types.has(typeRedirect) {
		return 0, ErrNoRedirect
	}
	return types, nil
}

// openingTypes reads the challenge_type of a call that opens a flow. An app that can do nothing but
// redirect is sent to its browser at once.
func openingTypes(text string) (challengeTypes, error) {
	if text == "" {
		return 0, &MissingError{"challenge_type"}
	}
	types, err := parseTypes(text)
	if err == nil && types == typeRedirect {
		return 0, &Redirect{}
	}
	return types, err
}

// capabilities is a set of what an app says it can do. Its bits stay as they are, too.
type capabilities byte

const (
	canMFA capabilities = 1 << iota
	canRegister
)

var capabilityNames = map[string]capabilities{"mfa_required": canMFA, "registration_required": canRegister}

func (c capabilities) has(one capabilities) bool { return c&one != 0 }

// name is that of a single one.
func (c capabilities) name() string {
	for name, one := range capabilityNames {
		if one == c {
			return name
		}
	}
	return ""
}

// parseCapabilities reads the flags of a client that this server knows, and ignores the others.
func parseCapabilities(text string) (known capabilities) {
	for flag := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		known |= capabilityNames[flag]
	}
	return known
}

const (
	maxAlias  = 64
	aliasText = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
)

// canonicalName returns the one form of a user name that is looked up and compared: an address, or,
// where the host has turned them on, an alias of letters, digits and . _ - in lower case.
func (e *Engine) canonicalName(text string) (string, error) {
	if a, err := otp.ParseAddress(text); err == nil {
		return string(a), nil
	}
	alias := strings.Trim(text, " \t")
	if !e.Aliases || alias == "" || len(alias) > maxAlias || strings.Trim(alias, aliasText) != "" {
		return "", ErrUsername
	}
	return strings.ToLower(alias), nil // last: the lower case of K (Kelvin) and of İ is ASCII
}
