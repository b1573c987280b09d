//go:build unix && !race

// What a name means does not hang on who comes first: the race detector would only make thousands of calls slow.

package proofs

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// T11: whatever a name is spelled like, there is one account and one mailbox to it, on every store.
func TestT11_ASpellingIsOneAddressOrNone(t *testing.T) {
	texts, wrong := corpusTexts(t), 0
	for text, want := range texts {
		got, err := otp.ParseAddress(text)
		if want.framed {
			want.address = ""
		}
		again, errAgain := otp.ParseAddress(string(got))
		good := string(got) == want.address && errors.Is(err, otp.ErrAddress) == (got == "") &&
			again == got && (errAgain == nil) == (got != "")
		if !good {
			wrong++
			t.Errorf("%.80q in %q: %.80q (%v), again %.80q, instead of %.80q", text, want.group, got, err, again, want.address)
		}
	}
	refused := 0
	for _, v := range texts {
		if v.address == "" {
			refused++
		}
	}
	proof(t, "T11 texts, of "+number(float64(len(corpus)))+" groups", len(texts), "texts", atLeast(500))
	proof(t, "T11 classes with an account", len(classes(corpus)), "classes", atLeast(150))
	proof(t, "T11 texts that are refused", refused, "texts", atLeast(250))
	proof(t, "T11 wrong verdicts of ParseAddress", wrong, "verdicts", exactly(0))
}

// verdict is what the corpus says of a text.
type verdict struct {
	group           string
	address         string // "": refused
	framed, garbled bool
}

// corpusTexts returns the verdict on each text, and makes sure that none has two.
func corpusTexts(t *testing.T) map[string]verdict {
	texts := map[string]verdict{}
	add := func(text string, v verdict) {
		before, twice := texts[text]
		assert.False(t, twice, "%.80q is in %q and in %q", text, before.group, v.group)
		texts[text] = v
	}
	for _, g := range corpus {
		for _, c := range g.classes {
			if before, twice := texts[c.address]; twice {
				assert.Equal(t, c.address, before.address, g.name) // a class that was in another group
			} else {
				texts[c.address] = verdict{group: g.name, address: c.address}
			}
			for _, s := range c.spellings {
				add(s, verdict{group: g.name, address: c.address})
			}
			for _, s := range c.framed {
				add(s, verdict{group: g.name, address: c.address, framed: true})
			}
		}
		for _, s := range g.refused {
			add(s, verdict{group: g.name})
		}
		for _, s := range g.garbled {
			add(s, verdict{group: g.name, garbled: true})
		}
	}
	return texts
}

// classes returns all spellings of each address, with those first that the address is not.
func classes(groups []group) map[string][]string {
	all := map[string][]string{}
	for _, g := range groups {
		for _, c := range g.classes {
			all[c.address] = slices.Concat(all[c.address], c.spellings, c.framed)
		}
	}
	for address, spellings := range all {
		all[address] = append(spellings, address)
	}
	return all
}

// T11 on each store: the verdicts over HTTP, what becomes of the accounts, and where mail goes.
func TestT11_OneAccountAndOneMailboxToAName(t *testing.T) {
	for _, b := range slices.Concat([]backend{{"memory", nil}}, backends) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel() // they have nothing in common
			n := newNaming(t, b)
			begin := time.Now()
			n.nobodyYet()
			n.signUp()
			n.again()
			n.refusals()
			n.limits()
			n.aliases()
			n.rawNames()
			require.NoError(t, n.shutDown())
			t.Logf("%d calls in %v", n.calls, time.Since(begin).Round(time.Millisecond))
			proof(t, "T11 "+b.name+" wrong verdicts, of "+number(float64(n.verdicts)), n.wrong, "verdicts", exactly(0))
			proof(t, "T11 "+b.name+" accounts", int(n.users.made.Load()), "accounts", exactly(len(n.classes)))
			proof(t, "T11 "+b.name+" answers 5xx or none", n.broken, "answers", exactly(0))
			sent, strays := n.mail.counts()
			proof(t, "T11 "+b.name+" mails to another mailbox, of "+number(float64(sent)), strays, "mails", exactly(0))
		})
	}
}

// nobodyYet finds no account by any spelling.
func (n *naming) nobodyYet() {
	n.each(func(_ string, spellings []string) {
		for _, s := range spellings {
			a := n.start(n.base, toSignIn, s)
			n.judge(a.is(400, "user_not_found", 50034), s, "sign-in without an account", a)
		}
	})
}

// signUp makes an account for each class, by one of its spellings, before which no account of another
// class is found by it.
func (n *naming) signUp() {
	n.each(func(address string, spellings []string) {
		a := n.start(n.base, toSignUp, spellings[0])
		n.judge(a.ok(), spellings[0], "sign-up", a)
		a = n.call(n.base, "/signup/v1.0/challenge", "continuation_token", a.field("continuation_token"))
		n.judge(a.ok(), spellings[0], "sign-up challenge", a)
		a = n.call(n.base, "/signup/v1.0/continue", "continuation_token", a.field("continuation_token"), "grant_type", "oob", "oob", n.mail.next(address, a))
		n.judge(a.ok(), spellings[0], "sign-up code", a)
		a = n.call(n.base, "/oauth2/v2.0/token", "continuation_token", a.field("continuation_token"), "grant_type", "continuation_token", "username", address)
		n.judge(a.ok(), spellings[0], "tokens for the sign-up", a)
		n.remember(address, a.account())
		u, err := n.users.UserByUsername(n.Context(), address)
		n.judge(err == nil && u.Username == address && u.Email == address && u.ID == a.account(), address, "account", err)
	})
	distinct := map[string]bool{}
	for _, id := range n.ids {
		distinct[id] = true
	}
	n.judge(len(distinct) == len(n.classes) && !distinct[""], "", "accounts in all", len(distinct))
}

// again comes to the same account by every spelling, whichever endpoint is called.
func (n *naming) again() {
	n.each(func(address string, spellings []string) {
		for i, s := range spellings {
			a := n.start(n.base, toSignUp, s)
			n.judge(a.is(400, "user_already_exists", 1003037), s, "second sign-up", a)
			a = n.call(n.base, toReset, "client_id", "resetting", "username", s, "challenge_type", bothTypes)
			n.judge(a.is(400, "invalid_request", 500222), s, "reset of an account without a password", a)
			a = n.start(n.base, toSignIn, s)
			n.judge(a.ok(), s, "sign-in", a)
			a = n.call(n.base, "/oauth2/v2.0/challenge", "continuation_token", a.field("continuation_token"))
			n.judge(a.ok(), s, "sign-in challenge", a)
			a = n.call(n.base, "/oauth2/v2.0/token", "continuation_token", a.field("continuation_token"), "grant_type", "oob", "oob", n.mail.next(address, a),
				"username", spellings[len(spellings)-1-i])
			n.judge(a.ok() && a.account() == n.ids[address], s, "account signed in to", a)
		}
	})
}

// refusals are answered alike at all endpoints that take a name.
func (n *naming) refusals() {
	turn := 0
	refuse := func(texts []string, number int) {
		turn++
		paths := []string{toSignUp, toSignIn, toReset}
		if n.brief {
			paths = paths[turn%3:][:1]
		}
		many(texts, func(text string) {
			for _, path := range paths {
				a := n.start(n.base, path, text)
				n.judge(a.is(400, "invalid_request", number), text, path, a)
			}
		})
	}
	for _, g := range corpus {
		refuse(g.refused, 90100)
		refuse(g.garbled, 90023)
	}
}

// limits count by account: who asks for a code under another spelling has to wait like everybody.
func (n *naming) limits() {
	n.each(func(address string, spellings []string) {
		for i, s := range spellings {
			if len(spellings) == 1 {
				break
			}
			a := n.start(n.slow, toSignIn, s)
			a = n.call(n.slow, "/oauth2/v2.0/challenge", "continuation_token", a.field("continuation_token"))
			if i == 0 {
				n.judge(a.ok() && n.mail.next(address, a) != "", s, "first code", a)
			} else {
				n.judge(a.status == http.StatusTooManyRequests, s, "code under another spelling", a)
			}
		}
	})
}

// aliases are found by their own spellings, at the mount that knows them; their mail goes to the
// address of the account, and nobody signs up for one.
func (n *naming) aliases() {
	for _, g := range aliases {
		many(g.classes, n.alias)
		many(g.refused, func(text string) { n.refuseAlias(n.named, text, 90100) })
		many(g.garbled, func(text string) { n.refuseAlias(n.named, text, 90023) })
	}
}

func (n *naming) alias(c class) {
	all := slices.Concat([]string{c.address}, c.spellings, c.framed)
	for _, s := range all {
		a := n.start(n.named, toSignIn, s)
		n.judge(a.is(400, "user_not_found", 50034), s, "alias of nobody", a)
	}
	id := guid.FromName("T11 alias", c.address)
	mailbox := id + "@contoso.com"
	err := n.users.Users.CreateUser(n.Context(), store.User{ID: id, Username: c.address, Email: mailbox})
	n.judge(err == nil, c.address, "account with an alias", err)
	for _, s := range all {
		a := n.start(n.named, toSignIn, s)
		a = n.call(n.named, "/oauth2/v2.0/challenge", "continuation_token", a.field("continuation_token"))
		a = n.call(n.named, "/oauth2/v2.0/token", "continuation_token", a.field("continuation_token"), "grant_type", "oob",
			"oob", n.mail.next(mailbox, a), "username", s)
		n.judge(a.ok() && a.account() == id, s, "account of an alias", a)
		a = n.start(n.named, toSignUp, s)
		n.judge(a.is(400, "invalid_request", 90100), s, "sign-up with an alias", a)
		n.refuseAlias(n.base, s, 90100) // where they are off
	}
}

func (n *naming) refuseAlias(base, text string, number int) {
	for _, path := range []string{toSignIn, toReset} {
		a := n.start(base, path, text)
		n.judge(a.is(400, "invalid_request", number), text, "alias at "+path, a)
	}
}

// rawNames asks the user table itself, which compares bytes: nothing but its own name finds an account.
func (n *naming) rawNames() {
	texts := corpusTexts(n.T)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(texts)), func(text string) bool {
		return !utf8.ValidString(text) || strings.Contains(text, "\x00") || text == "" || len(text) > 320 // not every table takes these
	})
	many(names, func(text string) {
		u, err := n.users.UserByUsername(n.Context(), text)
		if text == texts[text].address {
			n.judge(err == nil && u.Username == text, text, "found by its own name", err)
			return
		}
		n.judge(errors.Is(err, store.ErrNotFound), text, "found by another name", u.Username)
	})
}
