package flow

import (
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/otp"
)

// The challenge types of the contract.
const (
	typeOOB      = "oob"
	typePassword = "password"
	typeRedirect = "redirect"
)

// parseTypes reads a challenge_type parameter: known types only, redirect among them.
func parseTypes(text string) ([]string, error) {
	var types []string
	for t := range strings.FieldsSeq(strings.ToLower(text)) {
		if t != typeOOB && t != typePassword && t != typeRedirect {
			return nil, ErrChallengeType
		}
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	if !slices.Contains(types, typeRedirect) {
		return nil, ErrNoRedirect
	}
	return types, nil
}

// openingTypes reads the challenge_type of a call that opens a flow. An app that can do nothing but
// redirect is sent to its browser at once.
func openingTypes(text string) ([]string, error) {
	if text == "" {
		return nil, &MissingError{"challenge_type"}
	}
	types, err := parseTypes(text)
	if err == nil && !slices.ContainsFunc(types, func(t string) bool { return t != typeRedirect }) {
		return nil, &Redirect{}
	}
	return types, err
}

// parseCapabilities reads the flags of a client that this server knows, and ignores the others.
func parseCapabilities(text string) (known []string) {
	for flag := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		if (flag == "mfa_required" || flag == "registration_required") && !slices.Contains(known, flag) {
			known = append(known, flag)
		}
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
