package password_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/password"
)

func ExamplePolicy_Check() {
	policy := password.Policy{Words: []string{"Contoso Bank"}}
	for _, p := range []string{"glass", "Password2024!", "c0nt0s0-1", "CaseyJ!1", "seven green umbrellas"} {
		err := policy.Check(context.Background(), p, "casey.jensen@example.com", "Casey J")
		if rejected, ok := errors.AsType[*password.Rejected](err); ok {
			fmt.Println(rejected.Reason, "-", rejected.Text)
			continue
		}
		fmt.Println("accepted")
	}
	// Output:
	// password_too_short - The password must have at least 8 characters.
	// password_banned - The password is too easy to guess.
	// password_banned - The password is too easy to guess.
	// password_banned - The password is too easy to guess.
	// accepted
}

func ExamplePolicy_Validate() {
	fmt.Println(password.Policy{MinLength: 6, Classes: 5, Words: []string{"Contoso", "&"}, Remember: 100}.Validate())
	// Output:
	// MinLength 6 is too short, use at least 8
	// Classes 5 is not possible, use 0 to 4
	// Remember 100 is too many, use at most 24
	// word 2 ("&") has no part of 3 letters or digits, so it would forbid nothing
}

const good = "seven green umbrellas"

// verdict returns the reason for which a policy refuses a password, "" if it does not.
func verdict(t *testing.T, p password.Policy, text string, about ...string) password.Reason {
	t.Helper()
	err := p.Check(t.Context(), text, about...)
	if err == nil {
		return ""
	}
	rejected, ok := errors.AsType[*password.Rejected](err)
	assert.True(t, ok, "%v", err)
	assert.NotEmpty(t, rejected.Text)
	return rejected.Reason
}

// text returns n characters in which there is nothing to recognise.
func text(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte("kw7#qjzv&mx3u%hp9"[(i*i+i/7+i/50)%17])
	}
	return b.String()
}

func TestCheck_EachPasswordHasItsVerdict(t *testing.T) {
	composed := "\u00fc\u00f8\u015d\u1e9f\u0161\u00fc\u0177\u017a"           // 8 characters
	decomposed := strings.NewReplacer("\u00fc", "u\u0308").Replace(composed) // 10 before
	wrong := 0
	vectors := map[string]struct {
		password string
		want     password.Reason
		policy   password.Policy
	}{
		"7 characters are too few":                   {text(7), password.TooShort, password.Policy{}},
		"8 characters are enough":                    {text(8), "", password.Policy{}},
		"9 characters are":                           {text(9), "", password.Policy{}},
		"14 characters are too few where 15 are due": {text(14), password.TooShort, password.Policy{MinLength: 15}},
		"15 characters are enough where 15 are due":  {text(15), "", password.Policy{MinLength: 15}},
		"bytes do not count: 7 characters of 2":      {"жщюэыъё", password.TooShort, password.Policy{}},
		"bytes do not count: 8 characters of 2":      {"жщюэыъёх", "", password.Policy{}},
		"bytes do not count: 7 characters of 4":      {"🐙🚲🪁🧲🥝🪐🦔", password.TooShort, password.Policy{}},
		"bytes do not count: 8 characters of 4":      {"🐙🚲🪁🧲🥝🪐🦔🧵", "", password.Policy{}},
		"72 bytes":                                   {text(72), "", password.Policy{}},
		"73 bytes":                                   {text(73), "", password.Policy{}},
		"128 bytes":                                  {text(128), "", password.Policy{}},
		"129 bytes":                                  {text(129), "", password.Policy{}},
		"255 characters are fine":                    {text(255), "", password.Policy{}},
		"256 characters are the longest":             {text(256), "", password.Policy{}},
		"257 characters are too many":                {text(257), password.TooLong, password.Policy{}},
		"1000 characters are":                        {text(1000), password.TooLong, password.Policy{}},
		"a million are":                              {text(1_000_000), password.TooLong, password.Policy{}},
		"256 characters of 4 bytes are the longest":  {strings.Repeat("🐙🚲🪁🧲🥝🪐🦔🧵🪗🛼🧩🪴🫐🧃🪜🫖", 16), "", password.Policy{}},
		"composed characters count once":             {composed, "", password.Policy{}},
		"decomposed ones count as what they compose": {decomposed, "", password.Policy{}},
		"4 letters with accents apart are 4":         {"u\u0308o\u0308a\u0308e\u0308", password.TooShort, password.Policy{}},
		"a ligature counts as its letters":           {"\ufb03zqkvw", "", password.Policy{}},
		"without it they would be too few":           {"\ufb01zqkvw", password.TooShort, password.Policy{}},
		"129 that become 258 are too many":           {strings.Repeat("\ufb01", 129), password.TooLong, password.Policy{}},
		"full-width characters are what they look":   {"ｐａｓｓｗｏｒｄ", password.Banned, password.Policy{}},
		"mathematical characters are too":            {"𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝", password.Banned, password.Policy{}},
		"no-break spaces are blanks":                 {"seven\u00a0green\u00a0umbrellas", "", password.Policy{}},
		"nothing":                                    {"", password.Invalid, password.Policy{}},
		"one blank":                                  {" ", password.Invalid, password.Policy{}},
		"8 blanks":                                   {strings.Repeat(" ", 8), password.Invalid, password.Policy{}},
		"20 blanks":                                  {strings.Repeat(" ", 20), password.Invalid, password.Policy{}},
		"blanks of other kinds":                      {"\u00a0\u2003\u3000\u1680\u00a0\u2003\u3000\u1680", password.Invalid, password.Policy{}},
		"blanks around are part of it":               {" zqkvwx ", "", password.Policy{}},
		"a NUL":                                      {"zqkv\x00wxm7", password.Invalid, password.Policy{}},
		"a NUL at the end":                           {good + "\x00", password.Invalid, password.Policy{}},
		"a tab":                                      {"zqkv\twxm7", password.Invalid, password.Policy{}},
		"a line feed at the end":                     {good + "\n", password.Invalid, password.Policy{}},
		"a DEL":                                      {"zqkv\x7fwxm7", password.Invalid, password.Policy{}},
		"a control character of Latin-1":             {"zqkv\u0085wxm7", password.Invalid, password.Policy{}},
		"bytes that are no UTF-8":                    {good + "\xff", password.Invalid, password.Policy{}},
		"half a character":                           {good + "\xf0\x9f\x90", password.Invalid, password.Policy{}},
		"an overlong character":                      {good + "\xc0\x80", password.Invalid, password.Policy{}},
		"half a surrogate pair":                      {good + "\xed\xa0\x80", password.Invalid, password.Policy{}},
		"a sign that bytes were lost":                {good + "\ufffd", password.Invalid, password.Policy{}},
		"what cannot be typed is refused before all": {"\x00", password.Invalid, password.Policy{}},
		"a common password that is too short":        {"secret", password.TooShort, password.Policy{}},
		"a common password":                          {"password", password.Banned, password.Policy{}},
		"a long common password":                     {"passwordpassword", password.Banned, password.Policy{MinLength: 15}},
		"1 class of 1":                               {"zqkvwxmj", "", password.Policy{Classes: 1}},
		"1 class of 2":                               {"zqkvwxmj", password.TooWeak, password.Policy{Classes: 2}},
		"2 classes of 2":                             {"zqkvwxMj", "", password.Policy{Classes: 2}},
		"2 classes of 3":                             {"zqkvwxMj", password.TooWeak, password.Policy{Classes: 3}},
		"3 classes of 3":                             {"zqkv7xMj", "", password.Policy{Classes: 3}},
		"3 classes of 4":                             {"zqkv7xMj", password.TooWeak, password.Policy{Classes: 4}},
		"4 classes of 4":                             {"zqkv7xM&", "", password.Policy{Classes: 4}},
		"a blank is a character of the fourth class": {"zqkv7 Mj", "", password.Policy{Classes: 4}},
		"letters without case are of the fourth":     {"日本海zqkv7M", "", password.Policy{Classes: 4}},
		"digits of other scripts are digits":         {"zqkvwxm\u0667", "", password.Policy{Classes: 2}},
		"short goes before weak":                     {"zqkv", password.TooShort, password.Policy{Classes: 4}},
		"weak goes before banned":                    {"password", password.TooWeak, password.Policy{Classes: 2}},
		"classes are no way around the common words": {"Passw0rd!", password.Banned, password.Policy{Classes: 4}},
		"a ligature is of small letters":             {"\ufb03ZQKVW7", "", password.Policy{Classes: 3}},
	}
	for name, c := range vectors {
		if !assert.Equal(t, c.want, verdict(t, c.policy, c.password), name) {
			wrong++
		}
	}
	figures.Report(t, "T13 passwords judged", len(vectors), "passwords", figures.AtLeast(60))
	figures.Report(t, "T13 wrong verdicts on passwords, of "+strconv.Itoa(len(vectors)), wrong, "verdicts", figures.Exactly(0))
}

func TestCheck_APasswordIsNotMadeOfWhoItIsFor(t *testing.T) {
	about := []string{"casey1990", "casey.jensen@contoso.example", "Casey Jensen-Ødegård", "al"}
	policy := password.Policy{Words: []string{"Northwind Traders", "NWT-online"}}
	for _, p := range []string{
		"casey123", "Casey1990", "casey1990!", "CASEY2024", "c4s3y!2024", "yesac123", "caseyjensen", "jensen.casey",
		"casey.jensen", "casey.jensen@contoso.example", "jensen2024!", "Ødegård1", "ødegård2023", "contoso1!", "contoso2024!",
		"caseycasey", "casey-casey", "northwind", "Northwind1", "n0rthw1nd!", "northwindtraders", "Northwind Traders 1",
		"traders99", "nwtonline", "NWT-online1", "caseynorthwind", "123casey123", "!!casey!!", "ｃａｓｅｙ１２３",
		"mycaseypassword",
	} {
		assert.Equal(t, password.Banned, verdict(t, policy, p, about...), "%q", p)
	}
	for _, p := range []string{
		good, "casey likes long walks", "northwind over the bay", "Kx7#casey!m2q", "almanac drizzle", "contosoxylophone",
	} {
		assert.Empty(t, verdict(t, policy, p, about...), "%q", p)
	}
	assert.Empty(t, verdict(t, password.Policy{}, "northwind", "al", "", "-", "\xff"), "what is about nobody here")
}

func TestCheck_TheHostsOwnCheckComesLast(t *testing.T) {
	var asked []string
	policy := password.Policy{Breached: func(_ context.Context, p string) (bool, error) {
		asked = append(asked, p)
		return strings.Contains(p, "fish"), nil
	}}
	assert.Equal(t, password.Banned, verdict(t, policy, "seven green fishes"))
	assert.Empty(t, verdict(t, policy, good))
	assert.Equal(t, password.Banned, verdict(t, policy, "seven green \ufb01shes"), "asked in the normal form")
	assert.Len(t, asked, 3)
	assert.Equal(t, password.Banned, verdict(t, policy, "password"))
	assert.Equal(t, password.TooShort, verdict(t, policy, "fish"))
	assert.Len(t, asked, 3, "what is refused anyway leaves the house for no reason")
}

func TestCheck_WithoutAnAnswerNoPasswordIsTaken(t *testing.T) {
	down := errors.New("no route to host")
	policy := password.Policy{Breached: func(context.Context, string) (bool, error) { return false, down }}
	err := policy.Check(t.Context(), good)
	assert.ErrorIs(t, err, password.ErrUnchecked)
	assert.ErrorIs(t, err, down)
	_, rejected := errors.AsType[*password.Rejected](err)
	assert.False(t, rejected, "it may be a good one")
}

func TestReason_IsAWordOfTheProtocol(t *testing.T) {
	assert.Equal(t, []password.Reason{
		"password_too_weak", "password_too_short", "password_too_long",
		"password_recently_used", "password_banned", "password_is_invalid",
	}, []password.Reason{
		password.TooWeak, password.TooShort, password.TooLong, password.RecentlyUsed, password.Banned, password.Invalid,
	})
	assert.EqualError(t, &password.Rejected{Reason: password.Banned}, "password: rejected: password_banned")
	assert.ErrorIs(t, &password.Rejected{Reason: password.Banned, Text: "A sentence."}, &password.Rejected{Reason: password.Banned})
	assert.NotErrorIs(t, &password.Rejected{Reason: password.Banned}, &password.Rejected{Reason: password.Invalid})
}

func TestRemembered_IsOneUnlessTheHostSaysOtherwise(t *testing.T) {
	for remember, want := range map[int]int{0: 1, 1: 1, 5: 5, 24: 24, -1: 0, -24: 0} {
		assert.Equal(t, want, password.Policy{Remember: remember}.Remembered())
	}
}

func TestPolicyValidate_AcceptsWhatPeopleCanLiveWith(t *testing.T) {
	for name, p := range map[string]password.Policy{
		"nothing":        {},
		"the least":      {MinLength: 8, Remember: -1},
		"the most":       {MinLength: 64, Classes: 4, Remember: 24},
		"names of apps":  {Words: []string{"Contoso", "B2B", "Ørsted & Co"}},
		"other alphabet": {Words: []string{"Яндекс"}},
	} {
		assert.NoError(t, p.Validate(), name)
	}
}

func TestPolicyValidate_SaysWhatToFix(t *testing.T) {
	for want, p := range map[string]password.Policy{
		"MinLength 7 is too short":      {MinLength: 7},
		"MinLength -1 is too short":     {MinLength: -1},
		"MinLength 65 is more than":     {MinLength: 65},
		"Classes -1 is not possible":    {Classes: -1},
		"Classes 5 is not possible":     {Classes: 5},
		"Remember 25 is too many":       {Remember: 25},
		`word 1 ("") has no part`:       {Words: []string{""}},
		`word 2 ("a b") has no part`:    {Words: []string{"app", "a b"}},
		`word 1 ("app\xff") has no`:     {Words: []string{"app\xff"}},
		`word 1 ("contoso\x00") has no`: {Words: []string{"contoso\x00"}},
	} {
		assert.ErrorContains(t, p.Validate(), want)
	}
}

func FuzzPolicy(f *testing.F) {
	for _, s := range []string{"", "password", good, "ｐａｓｓ", "\xff\x00", "u\u0308u\u0308u\u0308u\u0308u\u0308", "\ufdfa\ufdfa", strings.Repeat("a\u0301", 300)} {
		f.Add(s, "casey@contoso.example")
	}
	f.Fuzz(func(t *testing.T, text, about string) {
		err := password.Policy{}.Check(t.Context(), text, about)
		assert.Equal(t, err, password.Policy{}.Check(t.Context(), text, about), "another verdict")
		if err != nil {
			rejected, ok := errors.AsType[*password.Rejected](err)
			assert.True(t, ok)
			assert.Contains(t, []password.Reason{password.TooShort, password.TooLong, password.Banned, password.Invalid}, rejected.Reason)
			return
		}
		assert.True(t, utf8.ValidString(text))
		assert.GreaterOrEqual(t, len(text), 8/3, "8 characters are never made of less") // U+FDFA becomes 18
		assert.NotEqual(t, strings.ToLower(about), strings.ToLower(text))
	})
}
