package flow

import (
	"slices"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// proof is a factor that a flow has passed. The texts are in the store: they never change their meaning.
type proof struct {
	Kind proofKind `json:"k"`
	By   string    `json:"b,omitempty"` // the mailbox or number that took the code, or the id of the method
}

// proofKind is a password or, for everything else, the kind of the method, by its name.
type proofKind string

const (
	byPassword proofKind = "pwd"
	// byChoice is a password that a sign-up has chosen. Beside the code it is as good a factor as it will
	// ever be, but nobody has proven to know it: tokens do not tell of it.
	byChoice proofKind = "new"
	// byHost is what a grant of the host has seen. By then is how, as amr has it.
	byHost proofKind = "host"
)

// proofOf is what it takes to pass a method.
func proofOf(m store.Method) proof {
	if m.Target != "" {
		return proof{proofKind(m.Kind), m.Target}
	}
	return proof{proofKind(m.Kind), m.ID}
}

// proofBy is what a code proves that was sent to an address.
func proofBy(a otp.Address) proof { return proof{proofKind(methodOf(a)), string(a)} }

// methodOf is the kind of method that an address is good for.
func methodOf(a otp.Address) store.MethodKind {
	if a.Channel() == otp.SMS {
		return store.MethodSMS
	}
	return store.MethodEmail
}

// prove notes that a factor has passed, and when.
func (e *Engine) prove(f *flow, p proof) {
	f.addProof(p)
	f.ProvenAge = e.age(f).Milliseconds()
}

func (f *flow) addProof(p proof) {
	if !slices.Contains(f.Proofs, p) {
		f.Proofs = append(f.Proofs, p)
	}
}

// provenAt is when the latest factor of a flow has passed.
func (e *Engine) provenAt(f *flow) time.Time {
	return e.Now().Add(time.Duration(f.ProvenAge)*time.Millisecond - e.age(f))
}

// enough tells whether two factors have passed that differ, of which one is a method of the account. Two
// codes to one mailbox are one factor.
func enough(proofs []proof, methods []store.Method) bool {
	return len(proofs) > 1 && slices.ContainsFunc(methods, func(m store.Method) bool {
		return slices.Contains(proofs, proofOf(m))
	})
}

// others returns the proofs other than one.
func others(proofs []proof, than proof) []proof {
	return slices.DeleteFunc(slices.Clone(proofs), func(p proof) bool { return p == than })
}

// usable returns the methods by which a flow can pass a second factor: one that it has passed already is
// no second one.
func (e *Engine) usable(f *flow, u store.User) []store.Method {
	return slices.DeleteFunc(slices.Clone(u.Methods), func(m store.Method) bool {
		return slices.Contains(f.Proofs, proofOf(m)) || !e.works(m)
	})
}

// works tells whether a method can be asked for at all.
func (e *Engine) works(m store.Method) bool {
	switch m.Kind {
	case store.MethodEmail:
		a, err := otp.ParseAddress(m.Target)
		return err == nil && string(a) == m.Target
	case store.MethodSMS:
		a, err := otp.ParseNumber(m.Target)
		return err == nil && string(a) == m.Target && e.Countries.Allows(a)
	case store.MethodTOTP:
		return len(m.Secret) > 0
	case store.MethodRecovery:
		return len(m.Codes) > 0
	}
	return false
}

// The values of acr: how many factors have passed that differ.
const (
	oneFactor  = "1"
	twoFactors = "2"
)

// Contexts are the values of acr that tokens can have, for the discovery document.
var Contexts = []string{oneFactor, twoFactors}

// acrOf says how many different factors have been proven, a chosen password not among them.
func acrOf(proofs []proof, methods []store.Method) string {
	if enough(others(proofs, proof{Kind: byChoice}), methods) {
		return twoFactors
	}
	return oneFactor
}

// amrOf names the factors that have been proven (RFC 8176 §2). mfa is said of a password and something
// else that only its owner has; a mailbox is not counted as that (NIST SP 800-63B-4 §3.1.3.1).
func amrOf(proofs []proof) (names []string) {
	var knows, has bool
	for _, p := range proofs {
		name := "otp"
		switch p.Kind {
		case byChoice:
			continue
		case byHost:
			names = append(names, strings.Fields(p.By)...)
			continue
		case byPassword:
			name, knows = "pwd", true
		case proofKind(store.MethodSMS):
			name, has = "sms", true
		case proofKind(store.MethodTOTP), proofKind(store.MethodRecovery):
			has = true
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if knows && has {
		names = append(names, "mfa")
	}
	return names
}
