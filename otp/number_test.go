package otp_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

// typed are texts that people, programs and attackers type, with the canonical form that they have; "" is none.
var typed = []struct{ text, canonical string }{
	// As people write them.
	{"+4915112345678", "+4915112345678"},
	{"+49 151 12345678", "+4915112345678"},
	{"+49-151-12345678", "+4915112345678"},
	{"+49.151.12345678", "+4915112345678"},
	{"+49/151/12345678", "+4915112345678"},
	{"+49 (151) 12345678", "+4915112345678"},
	{"(+49) 151 12345678", "+4915112345678"},
	{"+(49)15112345678", "+4915112345678"},
	{" +49\t151\t12345678 ", "+4915112345678"},
	{"+ 4 9 1 5 1 1 2 3 4 5 6 7 8", "+4915112345678"},
	{"+1 (425) 555-0100", "+14255550100"},
	{"+1-425-555-0100", "+14255550100"},
	{"+1.425.555.0100", "+14255550100"},
	{"+39 06 1234567", "+39061234567"},
	{"+39 (06) 1234567", "+39061234567"},
	{"+86 131 2345 6789", "+8613123456789"},

	// Lengths.
	{"+123456", ""},
	{"+1234567", "+1234567"},
	{"+12345678901234", "+12345678901234"},
	{"+123456789012345", "+123456789012345"},
	{"+1234567890123456", ""},
	{"+1234567" + strings.Repeat(" ", 1<<16), "+1234567"},
	{"+" + strings.Repeat("1", 1<<16), ""},
	{strings.Repeat("-", 1<<16), ""},

	// What only one country understands, or what nobody does.
	{"", ""},
	{" ", ""},
	{"+", ""},
	{"4915112345678", ""},
	{"015112345678", ""},
	{"004915112345678", ""},
	{"01149 151 12345678", ""},
	{"+0049 151 12345678", ""},
	{"+015112345678", ""},
	{"+ 0 15112345678", ""},
	{"+49 (0) 151 12345678", ""},
	{"+49(0)15112345678", ""},
	{"++4915112345678", ""},
	{"+49+15112345678", ""},
	{"4915112345678+", ""},
	{"+4915112345678+", ""},
	{"-4915112345678", ""},
	{"+49151123456 ext. 78", ""},
	{"+4915112345678x9", ""},
	{"+4915112345678;ext=9", ""},
	{"+4915112345678,9", ""},
	{"+4915112345678#", ""},
	{"*4915112345678", ""},
	{"tel:+4915112345678", ""},
	{"sip:+4915112345678@contoso.com", ""},
	{"+4915112345678@contoso.com", ""},
	{"+1-800-CONTOSO", ""},
	{"+49151_12345678", ""},
	{"+49'151'12345678", ""},
	{"+49[151]12345678", ""},
	{"+49\\15112345678", ""},
	{"+4.9e12", ""},
	{"+0x12345678", ""},
	{"+4915112345678, +18005550199", ""},
	{"+4915112345678;+18005550199", ""},
	{"casey@contoso.com", ""},

	// Control characters.
	{"+4915112345678\n", ""},
	{"+4915112345678\r\nTo: +18005550199", ""},
	{"+49151\x0012345678", ""},
	{"\x00+4915112345678", ""},
	{"+49151\x7f12345678", ""},
	{"+49151\v12345678", ""},

	// Other scripts' digits, and what looks like a blank, a hyphen or a plus.
	{"+٤٩١٥١١٢٣٤٥٦٧٨", ""},
	{"+۴۹۱۵۱۱۲۳۴۵۶۷۸", ""},
	{"+４９１５１１２３４５６７８", ""},
	{"+४९१५११२३४५६७८", ""},
	{"+𝟒𝟗15112345678", ""},
	{"+4915112345⁶⁷⁸", ""},
	{"+491511234567\uff18", ""},
	{"\uff0b4915112345678", ""},
	{"\u207a4915112345678", ""},
	{"+49\u00a015112345678", ""},
	{"+49\u200915112345678", ""},
	{"+49\u200b15112345678", ""},
	{"\u202a+4915112345678\u202c", ""}, // as copied from some address books
	{"+49\u201015112345678", ""},
	{"+49\u201315112345678", ""},
	{"+49\u221215112345678", ""},
	{"+49\u00ad15112345678", ""},
	{"+49\uff0815\uff09112345678", ""},
	{"\ufeff+4915112345678", ""},
	{"+4915112345678\xff", ""},
	{"+49\xc2151123456", ""},
}

func TestParseNumber_GivesEachSpellingItsOneForm(t *testing.T) {
	for _, s := range typed {
		got, err := otp.ParseNumber(s.text)
		assert.Equal(t, s.canonical, string(got), "%.80q", s.text)
		if s.canonical == "" {
			assert.ErrorIs(t, err, otp.ErrNumber, "%.80q", s.text)
		} else {
			assert.NoError(t, err, "%.80q", s.text)
		}
	}
}

func TestParseNumber_AndParseAddressAcceptNoTextBoth(t *testing.T) {
	for _, s := range typed {
		if s.canonical != "" {
			_, err := otp.ParseAddress(s.text)
			assert.Error(t, err, "%.80q", s.text)
		}
	}
	for _, s := range spellings {
		_, err := otp.ParseNumber(s.text)
		assert.Error(t, err, "%.80q", s.text)
	}
}

var oneNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func FuzzParseNumber(f *testing.F) {
	for _, s := range typed {
		if len(s.text) < 100 { // long ones are tried above and slow this down
			f.Add(s.text)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := otp.ParseNumber(s)
		if err != nil {
			assert.ErrorIs(t, err, otp.ErrNumber)
			assert.Empty(t, n)
			return
		}
		assert.Regexp(t, oneNumber, string(n))
		assert.Equal(t, string(n), strings.NewReplacer(" ", "", "\t", "", "-", "", ".", "", "/", "", "(", "", ")", "").Replace(s))
		again, err := otp.ParseNumber(string(n))
		assert.NoError(t, err)
		assert.Equal(t, n, again)
		assert.Equal(t, otp.SMS, n.Channel())
		assert.Regexp(t, `^\+[0-9]\*\*\*[0-9]$`, n.Mask())
	})
}
