package password

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxLength is how long a password can be, in code points. It is a courtesy to the processor, not
// to the store: what is stored has one length.
const MaxLength = 256

const (
	leastLength   = 8  // and the default
	leastMaximum  = 64 // NIST SP 800-63B-4 section 3.1.1.2: nobody may be refused this length
	mostRemember  = 24 // each one costs a hash when a password is chosen
	shortestWord  = 3  // shorter ones are part of everything
	classesOfText = 4
)

// ErrUnchecked says that Policy.Breached had no answer. The password may be fine: ask the person to
// try again later (HTTP 503).
var ErrUnchecked = errors.New("password: the breach check has no answer")

// Policy says which passwords people may choose. The zero Policy is the recommended one, which
// follows NIST SP 800-63B-4: a length, a list of what is guessed first, and no rules about the
// kinds of characters, which make passwords harder to remember and no harder to guess.
type Policy struct {
	// MinLength is the least number of code points, at least 8. 0 means 8. Where a password is the
	// only factor, 15 is advised.
	MinLength int
	// Classes is how many of the four classes of characters must occur: lower case, upper case,
	// digits, and all others. 0 means any.
	Classes int
	// Words are further words that a password must not be made of, such as names of the service.
	// What Check says of its about goes for them.
	Words []string
	// Remember is how many of a person's latest passwords are refused, the present one among them,
	// at most 24. 0 means 1, a negative number none. Check does not see to it, see Remembered.
	Remember int
	// Breached tells whether a password, normalised, is known from a breach. nil means no such
	// check. It is asked last. Where it returns an error, Check returns ErrUnchecked and the
	// password is not taken: a host that would rather take it returns false and no error.
	Breached func(ctx context.Context, password string) (bool, error)
}

// Remembered returns how many of a person's latest hashes to give to Hasher.Used: Remember with its
// default.
func (p Policy) Remembered() int { return max(0, cmp.Or(p.Remember, 1)) }

// Check returns nil for a password that may be chosen, a *Rejected for one that may not, and
// ErrUnchecked if that could not be found out. Lengths and classes are those of the normalised
// password.
//
// What is about the person (user name, mail address, display name) must not be what the password
// is made of. Values are taken apart at everything that is neither letter nor digit, and parts of
// less than three characters are passed over, so any text will do.
func (p Policy) Check(ctx context.Context, password string, about ...string) error {
	if !isText(password) {
		return &Rejected{Invalid, "The password is empty or contains characters that cannot be used."}
	}
	password = norm.NFKC.String(password)
	least := cmp.Or(p.MinLength, leastLength)
	switch n := utf8.RuneCountInString(password); {
	case n < least:
		return &Rejected{TooShort, fmt.Sprintf("The password must have at least %d characters.", least)}
	case n > MaxLength:
		return &Rejected{TooLong, fmt.Sprintf("The password must have at most %d characters.", MaxLength)}
	}
	if classes(password) < p.Classes {
		return &Rejected{TooWeak, fmt.Sprintf(
			"The password must have characters of %d kinds: small letters, capital letters, digits, others.", p.Classes)}
	}
	if isCommon(password, append(names(p.Words), names(about)...)) {
		return &Rejected{Banned, "The password is too easy to guess."}
	}
	if p.Breached == nil {
		return nil
	}
	breached, err := p.Breached(ctx, password)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnchecked, err)
	}
	if breached {
		return &Rejected{Banned, "The password has become known in a data breach."}
	}
	return nil
}

// Validate returns every problem of p at once, each in words that say what to change, or nil.
func (p Policy) Validate() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if p.MinLength != 0 && p.MinLength < leastLength {
		problem("MinLength %d is too short, use at least %d", p.MinLength, leastLength)
	}
	if p.MinLength > leastMaximum {
		problem("MinLength %d is more than people can be asked for, use at most %d", p.MinLength, leastMaximum)
	}
	if p.Classes < 0 || p.Classes > classesOfText {
		problem("Classes %d is not possible, use 0 to %d", p.Classes, classesOfText)
	}
	if p.Remember > mostRemember {
		problem("Remember %d is too many, use at most %d", p.Remember, mostRemember)
	}
	for i, w := range p.Words {
		if !isText(w) || len(names([]string{w})) == 0 {
			problem("word %d (%q) has no part of %d letters or digits, so it would forbid nothing", i+1, w, shortestWord)
		}
	}
	return errors.Join(problems...)
}

// isText tells whether s is something that can be typed again: more than blanks, and without
// control characters. U+FFFD is what bytes read as that are no character, or were none on the way
// here; different passwords would be one.
func isText(s string) bool {
	return strings.TrimSpace(s) != "" &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// classes returns how many of the four classes of characters occur in s.
func classes(s string) int {
	var lower, upper, digit, other int
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			lower = 1
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsDigit(r):
			digit = 1
		default:
			other = 1
		}
	}
	return lower + upper + digit + other
}
