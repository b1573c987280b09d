//go:build !race

// The race detector has nothing to look at in walks that go alone, and makes their hashes slow.

package handler_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

const (
	secondDue  verdict = "50076 mfa_required, with a token"
	methodDue  verdict = "50079 registration_required, with a token"
	nameOne    verdict = "50076 introspect_required"
	signInAnew verdict = "50076"
	otherWay   verdict = "400002"
	badInput   verdict = "901001"
)

// factor is something that a flow has passed: "pwd", "new" for a password that was chosen, or the kind of
// a method and what it is of.
type factor string

const (
	knows factor = "pwd"
	chose factor = "new"
)

// means is a method of an account.
type means struct {
	kind, id string
	target   string
	first    bool     // the account's default
	secret   []byte   // of an authenticator app
	used     []string // of its codes
	left     []string // recovery codes
}

// factor is what it takes to pass the method.
func (m *means) factor() factor { return factor(m.kind + ":" + m.target + string(m.secret)) }

func toMailbox(address string) factor { return factor("email:" + address) }

// holder is what an account has beside a password.
type holder struct {
	means []*means
	wrong int // codes of apps and recovery codes, of the day
	waits bool
	texts int
}

func (h *holder) find(id string) *means {
	if i := slices.IndexFunc(h.means, func(m *means) bool { return m.id == id }); i >= 0 {
		return h.means[i]
	}
	return nil
}

// quest is a course that may lead on to a second factor. Its further places are wanted, listed and
// challenged, for methods that there are; lacking, offered, proving, known and enrolled, for one that is
// to be registered.
type quest struct {
	course
	opening string   // challenge types
	can     []string // capabilities
	passed  []factor
	asked   *means // by which the second factor is to be passed, or which is to be registered
	earlier int    // codes sent for the first factor
}

func (q *quest) isAt(places ...string) bool { return q != nil && slices.Contains(places, q.at) }

func (q *quest) isSecond() bool {
	return q.isAt("wanted", "listed", "challenged", "lacking", "offered", "proving", "known", "enrolled")
}

func (q *quest) has(f factor) bool { return slices.Contains(q.passed, f) }

// with is what a flow has passed, and one factor more.
func (q *quest) with(f factor) []factor {
	if f == "" || q.has(f) {
		return q.passed
	}
	return append(slices.Clone(q.passed), f)
}

// origin says when a token was given: a try at a code counts for the code that was out then.
type origin struct {
	quest *quest
	at    string
	sends int
}

// factorModel is sections 6.4 and 6.5 of the contract in short, upon what wordModel has of the others. It
// was written from those sections and from the rules of the gate, not from the code:
//
//   - two factors are enough if they differ and one of them is a method of the account;
//   - a password that a sign-up chooses counts beside its code;
//   - a method that the flow has passed is no second one;
//   - an account without another method may get one, which must not be the first factor itself;
//   - unless there is something about the account that the flow has not passed and cannot pass.
type factorModel struct {
	wordModel
	holders map[string]*holder
	strict  map[string]bool // who has to prove themselves twice, where the host decides
	now     time.Time
	issued  map[string]origin
	kin     []*heritage
	texts   map[string]int // by number
	claims  map[string]int // those that register it
}

// heritage is a lineage, and what was passed at its beginning.
type heritage struct {
	*lineage
	second bool
}

// demands tells whether the policy asks for two factors.
func (m *factorModel) demands(client, user string) bool {
	switch client {
	case guarded, fresh, coded:
		return true
	case moody:
		return m.strict[user]
	}
	return false
}

// registers tells whether people of a client can register a kind of method.
func registers(client, kind string) bool {
	return kind == "email" || kind == "sms" || client == fresh && kind == "totp"
}

func enoughOf(passed []factor, of []*means) bool {
	return len(passed) > 1 && slices.ContainsFunc(of, func(m *means) bool { return slices.Contains(passed, m.factor()) })
}

// usable are the methods by which a second factor can be passed.
func (m *factorModel) usable(q *quest, passed []factor) (list []*means) {
	for _, one := range m.holders[q.user].means {
		if !slices.Contains(passed, one.factor()) && (one.kind != "recovery" || len(one.left) > 0) {
			list = append(list, one)
		}
	}
	return list
}

// outOfReach tells whether the account has a method, or a password beside its methods, that the flow has
// not passed.
func (m *factorModel) outOfReach(q *quest, passed []factor) bool {
	h := m.holders[q.user]
	unseen := slices.ContainsFunc(h.means, func(one *means) bool {
		return one.kind != "recovery" && !slices.Contains(passed, one.factor())
	})
	password := m.people[q.user].password != "" && !slices.Contains(passed, knows) && !slices.Contains(passed, chose)
	return unseen || password && len(h.means) > 0
}

// gate is what stands before each token.
func (m *factorModel) gate(q *quest, passed []factor) (v verdict, lacks string) {
	h := m.holders[q.user]
	switch {
	case !m.demands(q.client, q.user) || enoughOf(passed, h.means):
		q.at, q.before, q.passed = "over", "", passed
		return tokens, ""
	case len(m.usable(q, passed)) > 0:
		return m.leave(q, passed, "wanted", "mfa_required", secondDue)
	case m.outOfReach(q, passed):
		return otherWay, ""
	}
	return m.leave(q, passed, "lacking", "registration_required", methodDue)
}

// leave makes a flow wait for a second factor, or ends it for want of a capability.
func (m *factorModel) leave(q *quest, passed []factor, at, capability string, due verdict) (v verdict, lacks string) {
	q.before, q.passed = "", passed
	if !slices.Contains(q.can, capability) {
		q.at = "over"
		return redirect, capability
	}
	q.at, q.code, q.asked, q.earlier = at, "", nil, q.sends
	return due, ""
}

func (m *factorModel) open(q *quest, password string) verdict {
	if v := m.wordModel.start(q.kind, q.client, q.user, password); v != goesOn {
		return v
	}
	oob, word := strings.Contains(q.opening, "oob"), strings.Contains(q.opening, "password")
	switch {
	case q.kind == up && takesPasswords(q.client) && password == "" && !word, q.kind != in && !oob, !oob && !(word && q.canEnter):
		return redirect
	}
	return goesOn
}

// ask is a challenge at a path. It also tells whether a code goes out.
func (m *factorModel) ask(q *quest, path, token, types, id string) (v verdict, sends bool) {
	current := q.isAt("wanted", "listed", "challenged") && token == q.token
	repeat := q.isAt("challenged") && token == q.before
	if path != in || !current && !repeat {
		if q == nil || q.kind != path {
			return badToken, false
		}
		return m.wordModel.challenge(&q.course, token, cmp.Or(types, q.opening))
	}
	if !m.current(&q.course) {
		return badToken, false
	}
	one, v := m.choose(q, id)
	if one == nil {
		return v, false
	}
	if oob := strings.Contains(cmp.Or(types, q.opening), "oob"); !oob && (types != "" || id == "") {
		return redirect, false
	}
	if one.target != "" && !m.mayText(q, one, false) {
		return tooSoon, false
	}
	if current {
		q.before = token
	}
	q.at, q.asked, q.code = "challenged", one, ""
	if one.target != "" {
		q.sends, q.tries = q.sends+1, 0
	}
	return goesOn, one.target != ""
}

// choose finds the method that a challenge is for.
func (m *factorModel) choose(q *quest, id string) (*means, verdict) {
	list := m.usable(q, q.passed)
	pick := func(is func(*means) bool) *means {
		if i := slices.IndexFunc(list, is); i >= 0 {
			return list[i]
		}
		return nil
	}
	if id != "" {
		return pick(func(one *means) bool { return one.id == id }), badInput
	}
	if q.asked != nil {
		if one := pick(func(one *means) bool { return one.id == q.asked.id }); one != nil {
			return one, goesOn
		}
	}
	if one := pick(func(one *means) bool { return one.first }); one != nil {
		return one, goesOn
	}
	if len(list) > 1 { // what is there for the day on which the others are gone is asked for by name
		list = slices.DeleteFunc(list, func(one *means) bool { return one.kind == "recovery" })
	}
	if len(list) == 1 {
		return list[0], goesOn
	}
	return nil, nameOne
}

// mayText tells whether a code may go to a contact: five in a flow; of an account ten messages in a day, and
// to a number five, of which three register it.
func (m *factorModel) mayText(q *quest, to *means, registers bool) bool {
	if q.sends-q.earlier == 5 {
		return false
	}
	if to.kind != "sms" {
		return true
	}
	h := m.holders[q.user]
	if h.texts++; h.texts > 10 {
		return false
	}
	if registers {
		if m.claims[to.target]++; m.claims[to.target] > 3 {
			return false
		}
	}
	m.texts[to.target]++
	return m.texts[to.target] <= 5
}

// list is introspection, of what there is and of what can be registered.
func (m *factorModel) list(q *quest, token string) verdict {
	if !q.isAt("wanted", "listed", "challenged") || token != q.token || !m.current(&q.course) || len(m.usable(q, q.passed)) == 0 {
		return badToken
	}
	if q.before = ""; q.at == "wanted" {
		q.at = "listed"
	}
	return goesOn
}

func (m *factorModel) listKinds(q *quest, token string) verdict {
	if !q.isAt("lacking", "offered", "proving") || token != q.token || !m.current(&q.course) {
		return badToken
	}
	if q.before = ""; q.at == "lacking" {
		q.at = "offered"
	}
	return goesOn
}

// hint is the address that a registration offers: the account's own, if it may be registered.
func (m *factorModel) hint(q *quest) string {
	if slices.ContainsFunc(q.passed, func(f factor) bool { return f != toMailbox(q.user) }) {
		return q.user
	}
	return ""
}

// register is a challenge that names what is to be registered. It also tells whether a code goes out.
func (m *factorModel) register(q *quest, token, channel, target string) (v verdict, sends bool) {
	current := q.isAt("offered", "proving", "known") && token == q.token
	repeat := q.isAt("proving", "known") && token == q.before
	if !current && !repeat || !m.current(&q.course) {
		return badToken, false
	}
	one := &means{kind: cmp.Or(channel, kindOf(target)), target: target}
	switch {
	case one.kind == "totp":
		one.target = ""
	case kindOf(target) == "" || channel != "" && channel != kindOf(target):
		return badInput, false
	}
	f := one.factor()
	proving := true
	switch {
	case !registers(q.client, one.kind):
		return badInput, false
	case one.kind == "totp":
	case !slices.ContainsFunc(q.passed, func(p factor) bool { return p != f }):
		return badInput, false
	case q.has(f):
		proving = false
	case !m.mayText(q, one, true):
		return tooSoon, false
	default:
		sends = true
		q.sends, q.tries = q.sends+1, 0
	}
	if current {
		q.before = token
	}
	q.asked, q.code, q.at = one, "", "known"
	if proving {
		q.at = "proving"
	}
	return goesOn, sends
}

// kindOf is the kind of a contact, "" if it is none that codes go to.
func kindOf(target string) string {
	switch {
	case strings.HasPrefix(target, "+49") && len(target) > 10:
		return "sms"
	case strings.Contains(target, "@") && !strings.HasPrefix(target, "@"):
		return "email"
	}
	return ""
}

// enrol adds what a registration has proven to the account.
func (m *factorModel) enrol(q *quest, token, grant, code string) verdict {
	here := q.isAt("proving", "known") && token == q.token
	switch {
	case grant != "oob" && grant != "continuation_token":
		return badGrant
	case here && q.at == "proving" && grant == "continuation_token":
		return badGrant
	case here && q.at == "proving":
		if !m.prove(q, q.asked, code) {
			return badCode
		}
	case here && grant == "continuation_token":
	default:
		return badToken
	}
	passed := q.with(q.asked.factor())
	if !m.current(&q.course) || m.outOfReach(q, passed) {
		return badToken
	}
	h := m.holders[q.user]
	h.means = append(slices.DeleteFunc(slices.Clone(h.means), func(same *means) bool { // which it replaces
		q.asked.first = q.asked.first || same.first && same.factor() == q.asked.factor()
		return same.factor() == q.asked.factor()
	}), q.asked)
	if q.asked.kind == "totp" && !slices.ContainsFunc(h.means, func(one *means) bool { return one.kind == "recovery" }) {
		h.means = append(h.means, &means{kind: "recovery"})
	}
	q.at, q.before, q.passed, q.code = "enrolled", "", passed, ""
	return goesOn
}

// prove tries a code at a method: at one that was sent five times, at what the account has for good five
// times a day, beyond which each try has to wait, and in a walk no time passes.
func (m *factorModel) prove(q *quest, at *means, code string) bool {
	h := m.holders[q.user]
	if at.target != "" {
		return len(code) == otp.Digits && q.tries <= 5 && code == q.code
	}
	if at.kind == "totp" && len(code) != otp.TOTPDigits || at.kind == "recovery" && len(code) != otp.RecoveryLength {
		return false
	}
	if h.wrong >= 5 && h.waits {
		return false
	}
	if at.kind == "totp" {
		if slices.Contains(m.shown(at), code) && !slices.Contains(at.used, code) {
			at.used = append(at.used, code)
			return true
		}
	} else if i := slices.Index(at.left, code); i >= 0 {
		at.left = slices.Delete(slices.Clone(at.left), i, i+1)
		return true
	}
	h.wrong++
	h.waits = h.wrong > 5
	return false
}

// shown are the codes of an app that are good now: clocks may be a step apart.
func (m *factorModel) shown(app *means) (codes []string) {
	for n := int64(-1); n <= 1; n++ {
		codes = append(codes, otp.TOTP(app.secret, otp.TOTPStep(m.now)+n))
	}
	return codes
}

// tried notes a code that came with a token, whatever becomes of it: it counts for the code that was out
// when the token was given.
func (m *factorModel) tried(token, client, grant, code string) {
	o, ok := m.issued[token]
	second := ok && o.at == "challenged" && (grant == "oob" || grant == "mfa_oob") || ok && o.at == "proving" && grant == "registration"
	if second && o.quest.client == client && o.sends == o.quest.sends && len(code) == otp.Digits {
		o.quest.tries++
	}
}

func (m *factorModel) redeem(q *quest, token, grant, code, password string) (v verdict, lacks string) {
	if !slices.Contains([]string{"oob", "mfa_oob", "password", "continuation_token"}, grant) {
		return badGrant, ""
	}
	if q == nil || token != q.token {
		return badToken, ""
	}
	var f factor
	switch {
	case grant == "oob" && q.kind == in && q.at == "sent":
		if !q.try(code) {
			return badCode, ""
		}
		f = toMailbox(q.user)
	case grant == "password" && q.kind == in && q.at == "asked":
		if !m.people[q.user].try(password) {
			return badEntry, ""
		}
		f = knows
	case (grant == "oob" || grant == "mfa_oob") && q.at == "challenged":
		one := m.holders[q.user].find(q.asked.id)
		if one == nil || !m.current(&q.course) {
			return badToken, ""
		}
		if !m.prove(q, one, code) {
			return badCode, ""
		}
		f = one.factor()
	case grant == "continuation_token" && q.isAt("done", "enrolled"):
	default:
		return badToken, ""
	}
	if !m.current(&q.course) {
		return badToken, ""
	}
	return m.gate(q, q.with(f))
}

// noteCode notes what a sign-up or a reset has passed by its latest step.
func (m *factorModel) noteCode(q *quest) {
	if q.proven {
		q.passed = q.with(toMailbox(q.user))
	}
	if q.kind != up || q.at != "done" || m.holders[q.user] != nil {
		return
	}
	h := &holder{}
	if q.password != "" {
		q.passed = q.with(chose)
	}
	if q.client == guarded {
		h.means = append(h.means, &means{kind: "email", target: q.user})
	}
	m.holders[q.user] = h
}

// refresh is that of wordModel, behind the gate.
func (m *factorModel) refresh(token, client string) (v verdict, d *heritage, successor string) {
	m.families = m.families[:0]
	for _, k := range m.kin {
		m.families = append(m.families, k.lineage)
	}
	v, l, successor := m.wordModel.refresh(token, client)
	if v != tokens {
		return v, nil, ""
	}
	d = m.kin[slices.IndexFunc(m.kin, func(k *heritage) bool { return k.lineage == l })]
	if m.demands(client, d.user) && !d.second {
		return signInAnew, nil, ""
	}
	return v, d, successor
}

// kept is how the store should have the account's methods.
func (h *holder) kept() (list []string) {
	for _, one := range h.means {
		list = append(list, one.kind+" "+one.target)
	}
	return list
}

func keptOf(u store.User) (list []string) {
	for _, one := range u.Methods {
		list = append(list, string(one.Kind)+" "+one.Target)
	}
	return list
}
