package otp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

func ExampleCountries() {
	countries := otp.Countries{"+49", "+1"}
	for _, typed := range []string{"+49 151 12345678", "+1 425 555 0100", "+1 876 555 0100", "+33 6 12 34 56 78"} {
		number, err := otp.ParseNumber(typed)
		fmt.Println(typed, countries.Allows(number), err)
	}
	// Output:
	// +49 151 12345678 true <nil>
	// +1 425 555 0100 true <nil>
	// +1 876 555 0100 false <nil>
	// +33 6 12 34 56 78 false <nil>
}

func ExampleCountries_Validate() {
	fmt.Println(otp.Countries{"+49", "+1876", "49", "+4", "+18"}.Validate())
	// Output:
	// country "49" is not a calling code such as "+49"
	// country "+4" is only the beginning of calling codes
	// country "+18" is only the beginning of calling codes
}

func TestValidate_AcceptsCallingCodesAndWhatGoesOnAfterThem(t *testing.T) {
	assert.NoError(t, otp.Countries(nil).Validate())
	for _, code := range []string{"+1", "+7", "+20", "+44", "+49", "+86", "+98", "+212", "+351", "+420", "+852", "+998", "+883",
		"+1876", "+1425", "+18765", "+77", "+4915", "+35191", "+1234567"} {
		assert.NoError(t, otp.Countries{code}.Validate(), code)
	}
}

func TestValidate_RefusesWhatIsNoCallingCode(t *testing.T) {
	for _, code := range []string{"", "+", "0", "+0", "+049", "49", "0049", "DE", "+49 ", " +49", "+4 9", "+49-", "+DE", "+12345678",
		"+٤٩", "+4\n", "+2", "+3", "+4", "+5", "+6", "+8", "+9", "+21", "+35", "+42", "+80", "+99", "+12", "+187"} {
		assert.ErrorContains(t, otp.Countries{"+49", code}.Validate(), fmt.Sprintf("country %q", code))
	}
}

func TestAllows_NoneUnlessListed(t *testing.T) {
	for _, number := range []otp.Address{"+4915112345678", "+14255550100", "+8613123456789", "+35191234567"} {
		assert.False(t, otp.Countries(nil).Allows(number))
		assert.False(t, otp.Countries{}.Allows(number))
		assert.False(t, otp.Countries{"+33", "+352", "+7"}.Allows(number))
	}
}

func TestAllows_WhatIsListedAndNothingBeside(t *testing.T) {
	for _, c := range []struct {
		list   otp.Countries
		number otp.Address
		want   bool
	}{
		{otp.Countries{"+49"}, "+4915112345678", true},
		{otp.Countries{"+33", "+49"}, "+4915112345678", true},
		{otp.Countries{"+4915", "+4916"}, "+4915112345678", true},
		{otp.Countries{"+4915", "+4916"}, "+493012345678", false},
		{otp.Countries{"+351"}, "+35191234567", true},
		{otp.Countries{"+351"}, "+35291234567", false},
		{otp.Countries{"+7"}, "+79123456789", true},
		{otp.Countries{"+7"}, "+77012345678", true}, // Kazakhstan
		{otp.Countries{"+79"}, "+77012345678", false},
		{otp.Countries{"+1"}, "+14255550100", true},
		{otp.Countries{"+1"}, "+16045550100", true}, // Canada
		{otp.Countries{"+1425"}, "+14255550100", true},
		{otp.Countries{"+1425"}, "+12065550100", false},
		{otp.Countries{"+1"}, "+18765550100", false},
		{otp.Countries{"+1876"}, "+18765550100", true},
		{otp.Countries{"+1876", "+1"}, "+18765550100", true},
		{otp.Countries{"+1", "+1876"}, "+18765550100", true},
		{otp.Countries{"+1876"}, "+14255550100", false},
		{otp.Countries{"+1876"}, "+16585550100", false}, // Jamaica's other area code
		{otp.Countries{"+18765"}, "+18765550100", true},
		{otp.Countries{"+18766"}, "+18765550100", false},
	} {
		assert.Equal(t, c.want, c.list.Allows(c.number), "%v %s", c.list, c.number)
	}
}

func TestAllows_AnIslandOnlyByItsOwnCode(t *testing.T) {
	for name, codes := range map[string][]string{
		"Anguilla": {"264"}, "Antigua and Barbuda": {"268"}, "Bahamas": {"242"}, "Barbados": {"246"}, "Bermuda": {"441"},
		"British Virgin Islands": {"284"}, "Cayman Islands": {"345"}, "Dominica": {"767"},
		"Dominican Republic": {"809", "829", "849"}, "Grenada": {"473"}, "Jamaica": {"658", "876"}, "Montserrat": {"664"},
		"Saint Kitts and Nevis": {"869"}, "Saint Lucia": {"758"}, "Saint Vincent and the Grenadines": {"784"},
		"Sint Maarten": {"721"}, "Trinidad and Tobago": {"868"}, "Turks and Caicos Islands": {"649"},
		"American Samoa": {"684"}, "Guam": {"671"}, "Northern Mariana Islands": {"670"}, "Puerto Rico": {"787", "939"},
		"United States Virgin Islands": {"340"},
	} {
		for _, code := range codes {
			number := otp.Address("+1" + code + "5550100")
			assert.False(t, otp.Countries{"+1", "+1425"}.Allows(number), "%s, %s", name, code)
			assert.True(t, otp.Countries{"+1" + code}.Allows(number), "%s, %s", name, code)
		}
	}
}

// Validate keeps such lists from being used; should one be used all the same, it allows no more.
func TestAllows_NothingByAnEntryThatIsNoCallingCode(t *testing.T) {
	list := otp.Countries{"", "+", "+4", "+3", "+8", "49", "+187"}
	for _, number := range []otp.Address{"+4915112345678", "+35191234567", "+8613123456789", "+18765550100"} {
		assert.False(t, list.Allows(number), number)
	}
}

func TestAllows_NothingButNumbers(t *testing.T) {
	list := otp.Countries{"", "+", "+49", "+1"}
	for _, a := range []otp.Address{"", "+", "+49", "+49151", "casey@contoso.com", "+4915112345678@contoso.com", "+49 151 12345678",
		"4915112345678", "+4915112345678\n", "+491511234567890123"} {
		assert.False(t, list.Allows(a), "%q", a)
	}
}
