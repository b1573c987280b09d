package handler

import (
	"cmp"
	"time"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/otp"
)

// Limits bound what anybody can guess, have sent and find out. They are counted in State: over all flows,
// clients, grants and instances. A zero field means the recommended setting, and less than zero none of it, where
// that is said. Validate refuses numbers by which somebody who knows an address could guess one of its codes
// with a probability of more than 1 in 10,000 a day.
//
// An account here is an address that codes go to, whether or not anybody has signed up with it.
type Limits struct {
	// Off counts no calls, codes and alarms, and lifts ResendInterval: for load tests, with an issuer on loopback. What
	// can be guessed at (the tries of one code, passwords, authenticator apps) is counted nevertheless.
	Off bool

	// CodesPerHour are the codes that an account is sent in any 60 minutes; 0 means 10.
	CodesPerHour int
	// CodesPerDay are those of any 25 hours, so that the tries of any 24 are of no more; 0 means 20. Each has 5 tries.
	CodesPerDay int
	// CodeEvery is how far apart the codes of an account are that has used these up. They have one try each. 0
	// means 30 minutes; less than 0 means that there are none: whoever knows an address can then keep its owner out.
	CodeEvery time.Duration
	// ReservedCodes are those that an account has on top in any 25 hours, for calls that come from where somebody has
	// signed in to it in the last 30 days: from the same IPv4 address or IPv6 /64. They are for the owner of an
	// account that somebody else has used the codes of. 0 means 5, less than 0 none.
	ReservedCodes int

	// StartsPerMinute and StartsPerHour are the flows and sign-ins in one call that begin at one client address: an
	// IPv4 address or IPv6 /64. 0 means 30 and 300; a team behind one address may need more, 100,000 an hour at the most.
	// A minute and an hour begin with the first call. A confidential client is counted by no address of its own, since
	// its people are elsewhere; one with Auth0 can name theirs, as auth0-forwarded-for.
	StartsPerMinute, StartsPerHour int
	// SignalsPerHour are the answers that tell one client address whether somebody has an account
	// (user_not_found, user_already_exists); then whatever could tell is refused there. A call counts as such an answer
	// until it has turned out to be none, so it is also how many can be under way at once. There are none with
	// HideAccounts. 0 means 20; at most 100,000.
	SignalsPerHour int

	// FailuresInARow are the tries at one factor of an account (the codes that it is sent, its password, its authenticator
	// apps and recovery codes) that fail without a right one among them, before the factor is of no use any more: until
	// Auth.EnableFactors, or, for a password, until it was replaced. NIST SP 800-63B-4 (section 3.2.2) wants 100 at the most.
	// 0 means that there is no such limit, since whoever knows an address could take its factors away.
	FailuresInARow int

	// AlarmAt is how many codes have to fail within an hour, over the whole deployment, for all codes to be
	// left with one try for the hour to come. An EventLimitHit tells of it. 0 means 5,000; less than 0 means never.
	AlarmAt int
}

// mostGuessed is the probability with which a code of an account may be guessed in a day.
const mostGuessed = 1e-4

// withDefaults returns the limits as they are meant.
func (l Limits) withDefaults() Limits {
	l.CodesPerHour = cmp.Or(l.CodesPerHour, 10)
	l.CodesPerDay = cmp.Or(l.CodesPerDay, 20)
	l.CodeEvery = cmp.Or(l.CodeEvery, 30*time.Minute)
	l.ReservedCodes = cmp.Or(l.ReservedCodes, 5)
	l.StartsPerMinute = cmp.Or(l.StartsPerMinute, 30)
	l.StartsPerHour = cmp.Or(l.StartsPerHour, 300)
	l.SignalsPerHour = cmp.Or(l.SignalsPerHour, 20)
	l.AlarmAt = cmp.Or(l.AlarmAt, 5000)
	return l
}

// guesses are the tries at codes of one account that are compared in a day, at the most.
func (l Limits) guesses() float64 {
	n := float64(l.CodesPerDay+max(0, l.ReservedCodes)) * otp.Tries
	if l.CodeEvery > 0 {
		n += float64(24 * time.Hour / l.CodeEvery)
	}
	return n
}

// checkLimits refuses limits that keep nobody from guessing.
func (c Config) checkLimits(p *problems) {
	if c.Limits.Off {
		if !c.developing() {
			p.add("Limits.Off is for load tests with an issuer on loopback")
		}
		return
	}
	l := c.Limits.withDefaults()
	for _, n := range []struct {
		name  string
		value int
	}{
		{"CodesPerHour", l.CodesPerHour}, {"CodesPerDay", l.CodesPerDay},
		{"StartsPerMinute", l.StartsPerMinute}, {"StartsPerHour", l.StartsPerHour}, {"SignalsPerHour", l.SignalsPerHour},
		{"FailuresInARow", l.FailuresInARow},
	} {
		if n.value < 0 {
			p.add("Limits.%s is %d: set 1 or more, or 0 for the default", n.name, n.value)
		}
	}
	if l.StartsPerHour > flow.MostStarts {
		p.add("Limits.StartsPerHour is %d: set at most %d", l.StartsPerHour, flow.MostStarts)
	}
	if l.SignalsPerHour > flow.MostStarts {
		p.add("Limits.SignalsPerHour is %d: set at most %d", l.SignalsPerHour, flow.MostStarts)
	}
	if l.CodesPerDay > flow.MostCodes {
		p.add("Limits.CodesPerDay is %d: set at most %d", l.CodesPerDay, flow.MostCodes)
	}
	if l.ReservedCodes > flow.MostCodes {
		p.add("Limits.ReservedCodes is %d: set at most %d", l.ReservedCodes, flow.MostCodes)
	}
	if l.CodeEvery > 0 && l.CodeEvery < time.Minute {
		p.add("Limits.CodeEvery is %v: set a minute or more, or less than 0 for none", l.CodeEvery)
	}
	if odds := l.guesses() / otp.Codes; odds > mostGuessed {
		p.add("Limits: a code of an account could be guessed with a probability of %.2g a day: lower CodesPerDay and ReservedCodes or raise CodeEvery, until that is %.0e", odds, mostGuessed)
	}
}

// forFlow are the limits as the flows keep them.
func (l Limits) forFlow() flow.Limits {
	return flow.Limits{
		Off: l.Off, PerHour: l.CodesPerHour, PerDay: l.CodesPerDay, Every: max(0, l.CodeEvery), Reserved: max(0, l.ReservedCodes),
		StartsPerMinute: int64(l.StartsPerMinute), StartsPerHour: int64(l.StartsPerHour), SignalsPerHour: int64(l.SignalsPerHour),
		InARow: int64(max(0, l.FailuresInARow)), AlarmAt: int64(max(0, l.AlarmAt)),
	}
}
