// Package password decides which passwords people may choose, and keeps what is stored of them.
//
// A password is safe as long as it is hard to guess, and guesses are made in two places. At the
// front door they are few, so a Policy refuses what is tried first: what is short, what everybody
// uses, what names the person or the service. Against a stolen table they are as many as the thief
// can pay for, so a Hasher makes each one cost memory and time (argon2id, RFC 9106).
//
// The price is the server's too. So the Hasher does only so much work at once, whatever is asked
// of it; it refuses to run a stored hash that would cost more than any honest one; and it can do
// the work of a comparison where there is nothing to compare with, so that the time of an answer
// does not tell who has an account.
//
// Passwords are compared after Unicode normalisation (NFKC, as NIST SP 800-63B-4 section 3.1.1.2
// advises), so that the same characters typed on two devices are the same password. Nothing is
// ever cut off.
//
// # Set a policy
//
// handler.Config.Passwords is a [Policy], and Hashing the [Params] of a hash. The zero ones are recommended.
//
// # Bring hashes along
//
// store.User.PasswordHash may be a hash of bcrypt, scrypt or PBKDF2, in the spellings that [Hasher.Verify] lists. The
// first sign-in replaces it.
package password

// Reason says why a password was refused, in the word that the protocol has for it.
type Reason string

// The reasons there are.
const (
	TooWeak      Reason = "password_too_weak"      // not of as many classes of characters as the Policy asks for
	TooShort     Reason = "password_too_short"     // shorter than the Policy asks for
	TooLong      Reason = "password_too_long"      // longer than MaxLength
	RecentlyUsed Reason = "password_recently_used" // never of Check, which sees no hashes: see Hasher.Used
	Banned       Reason = "password_banned"        // among the first that anybody would try, or known to be leaked
	Invalid      Reason = "password_is_invalid"    // not a text that can be typed again
)

// Rejected is the error for a password that must not be chosen. Text is an English sentence for the
// person who typed it. It does not quote the password.
type Rejected struct {
	Reason Reason
	Text   string
}

// Error returns the reason.
func (r *Rejected) Error() string { return "password: rejected: " + string(r.Reason) }

// Is tells whether target is a Rejected for the same reason.
func (r *Rejected) Is(target error) bool {
	t, ok := target.(*Rejected)
	return ok && t.Reason == r.Reason
}
