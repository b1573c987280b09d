package otp_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nativeauth/nativeauth/otp"
)

// printer is a Sender that says where a message goes.
type printer string

func (p printer) Send(_ context.Context, m otp.Message) error {
	fmt.Println(p, "to", string(m.To))
	return nil
}

// Mails and text messages go different ways, outside the requests that cause them.
func ExampleNewQueue() {
	queue := otp.NewQueue(otp.ByChannel{otp.Email: printer("mail"), otp.SMS: printer("text message")}, slog.Default(), time.Now)
	to, _ := otp.ParseNumber("+49 1512 3456789")
	fmt.Println(queue.Add(otp.Message{Channel: otp.SMS, To: to, Purpose: otp.SignIn, Code: "01234567", Expires: time.Now().Add(time.Minute)}))
	fmt.Println(queue.Shutdown(context.Background())) // sends what waits
	// Unordered output:
	// <nil>
	// text message to +4915123456789
	// <nil>
}

// Users are found by the canonical form of an address, which an importer makes of what its rows have.
func ExampleParseAddress() {
	for _, typed := range []string{" Ada@Example.COM ", "ada@bücher.example", "Ada <ada@example.com>"} {
		address, err := otp.ParseAddress(typed)
		fmt.Printf("%q %v\n", string(address), err)
	}
	// Output:
	// "ada@example.com" <nil>
	// "ada@xn--bcher-kva.example" <nil>
	// "" otp: not an e-mail address
}

// A code is kept as a hash that is good for one flow, purpose, account and client.
func ExampleNewHasher() {
	code, _ := otp.New(bytes.NewReader(make([]byte, 64))) // of crypto/rand.Reader
	hasher := otp.NewHasher([][]byte{bytes.Repeat([]byte("k"), 32)})
	binding := otp.Binding{Purpose: otp.SignIn, Flow: "f1", Account: "ada@example.com", Client: "mobile"}
	kept := hasher.Sum(binding, code)

	typed, ok := otp.Canonical("0000 0000")
	fmt.Println(ok, hasher.Verify(kept, binding, typed))
	binding.Flow = "f2"
	fmt.Println(hasher.Verify(kept, binding, typed))
	// Output:
	// true true
	// false
}

// Codes can be longer, where the contract of an older API has them so.
func ExampleNewOf() {
	code, _ := otp.NewOf(bytes.NewReader(make([]byte, 64)), 12)
	typed, ok := otp.CanonicalOf("000-000-000-000", 12)
	fmt.Println(typed == code, ok)
	// Output: true true
}

// What an authenticator app and a server do with the secret that they have in common.
func ExampleVerifyTOTP() {
	secret, _ := otp.NewTOTPSecret(bytes.NewReader(make([]byte, 64)))
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	code := otp.TOTP(secret, otp.TOTPStep(now)) // what the app shows

	typed, _ := otp.CanonicalTOTP(code[:3] + " " + code[3:])
	step, ok := otp.VerifyTOTP(secret, typed, now.Add(20*time.Second))
	fmt.Println(ok, step == otp.TOTPStep(now)) // keep the step, and take none up to it again
	// Output: true true
}

// A recovery code is written down, typed years later, and stored as a hash.
func ExampleNewRecoveryCode() {
	code, _ := otp.NewRecoveryCode(bytes.NewReader(make([]byte, 64)))
	fmt.Println(code)
	kept, _ := otp.CanonicalRecovery(code)
	typed, ok := otp.CanonicalRecovery("OOOO 0000 oooo 0000") // o is read as zero
	fmt.Println(ok, bytes.Equal(otp.RecoveryHash("ada", kept), otp.RecoveryHash("ada", typed)))
	// Output:
	// 0000-0000-0000-0000
	// true true
}

// A device shows a code that somebody types elsewhere.
func ExampleNewUserCode() {
	code, _ := otp.NewUserCode(bytes.NewReader(make([]byte, 64)))
	fmt.Println(otp.ShowUserCode(code))
	typed, ok := otp.CanonicalUserCode("bbbb bbbb")
	fmt.Println(typed == code, ok)
	// Output:
	// BBBB-BBBB
	// true true
}

// Every language has words for every purpose.
func ExampleLanguage() {
	for _, l := range []otp.Language{otp.English(), otp.German(), otp.French(), otp.Spanish(), otp.Portuguese()} {
		fmt.Println(l.Tag, l.Code, len(l.Letters) == len(otp.Purposes()))
	}
	// Output:
	// en Your code is true
	// de Ihr Code ist true
	// fr Votre code est true
	// es Su código es true
	// pt Seu código é true
}

func ExampleParseContact() {
	for _, typed := range []string{"Ada@Example.com", "+49 1512 3456789"} {
		to, err := otp.ParseContact(typed)
		fmt.Println(to, to.Channel(), err)
	}
	// Output:
	// ada@example.com email <nil>
	// +4915123456789 sms <nil>
}
