// Package otp issues and checks one-time codes, and says how they travel: they, and the notices that
// take the same way.
//
// A code is short enough to type, hence short enough to guess. It is safe because it expires, works
// once only and may be tried a few times only; those three are kept by whoever stores it. What
// lives here is what makes a code hard to guess and useless when the store is read: where it comes
// from, how it is hashed, and the spellings that count as the same code. That goes for codes that are
// sent, for those of an authenticator app (TOTP) and for recovery codes, which wait on paper.
//
// # Send through a provider
//
// A host implements [Sender], one method, and marks its errors with [Temporary] and [Rejected], or takes
// adapters/smtpmail and adapters/httpsms. [ByChannel] joins one for mails and one for text messages.
//
// # Change words, languages and layout
//
// [Messages] of handler.Config has more languages, other words and a layout; [English] and its like return
// what is built in.
//
// # Addresses
//
// [ParseAddress] and [ParseNumber] make the canonical form, by which people are found and counted. [Countries]
// says where text messages may go.
//
// # Codes
//
// The rest is what the flows are made of: hosts that issue codes of their own find [New], [Hasher],
// [VerifyTOTP] and [NewRecoveryCode] here, and count the tries themselves.
package otp
