// Package otp issues and checks one-time codes, and says how they travel: they, and the notices that
// take the same way.
//
// A code is short enough to type, hence short enough to guess. It is safe because it expires, works
// once only and may be tried a few times only; those three are kept by whoever stores it. What
// lives here is what makes a code hard to guess and useless when the store is read: where it comes
// from, how it is hashed, and the spellings that count as the same code. That goes for codes that are
// sent, for those of an authenticator app (TOTP) and for recovery codes, which wait on paper.
package otp
