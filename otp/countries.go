package otp

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Countries lists where SMS may go, by calling codes such as "+49". The zero value allows none: numbers
// that cost much to reach and pay whoever owns them are a business, so a host names each country that
// its people live in.
//
// An entry may go on after the calling code ("+4915" for mobile phones of Germany) and then stands for
// less. "+1" stands for the United States and Canada alone: the islands that share it, which such
// business likes best, need entries of their own, as "+1876" for Jamaica; so do those that belong to
// the United States. Other codes stand for all that share them, "+7" for Kazakhstan too.
type Countries []string

var countryPattern = regexp.MustCompile(`^\+[1-9][0-9]{0,6}$`)

// Validate returns every problem of c at once, each in words that say what to set, or nil.
func (c Countries) Validate() error {
	var problems []error
	for _, code := range c {
		switch {
		case !countryPattern.MatchString(code):
			problems = append(problems, fmt.Errorf(`country %q is not a calling code such as "+49"`, code))
		case len(code) < len(callingCode(code)) || len(code) > len("+1") && len(code) < len("+1876") && code[1] == '1':
			problems = append(problems, fmt.Errorf("country %q is only the beginning of calling codes", code))
		}
	}
	return errors.Join(problems...)
}

// Allows tells whether SMS may go to a, which is a number of ParseNumber: whether c has the longest
// calling code that a begins with, or an entry that goes on after it.
func (c Countries) Allows(a Address) bool {
	number := string(a)
	if parsed, err := ParseNumber(number); err != nil || parsed != a {
		return false
	}
	shortest := len(callingCode(number))
	return slices.ContainsFunc(c, func(code string) bool {
		return len(code) >= shortest && strings.HasPrefix(number, code)
	})
}

// callingCode returns the calling code that a number begins with, for an island of zone 1 with its area
// code. It is longer than a text that is too short to hold one.
func callingCode(number string) string {
	digits := number[1:] + "   "
	switch zone := digits[:1]; {
	case zone == "1" && slices.Contains(islands, digits[1:4]):
		return "+" + digits[:4]
	case zone == "1", zone == "7":
		return "+" + zone
	case slices.Contains(twoDigits, digits[:2]):
		return "+" + digits[:2]
	}
	return "+" + digits[:3]
}

// twoDigits are the calling codes of two digits (ITU-T E.164, annex on assigned codes). All others, but
// for 1 and 7, have three.
var twoDigits = strings.Fields(`20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49
	51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98`)

// islands are the area codes of the North American Numbering Plan in the Caribbean, the Atlantic and,
// in the last line, of the islands of the United States.
var islands = strings.Fields(`
	264 268 242 246 441 284 345 767 809 829 849 473 658 876 664 869 758 784 721 868 649
	684 671 670 787 939 340`)
