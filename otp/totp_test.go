package otp_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// shared is the secret of the vectors of RFC 4226 and RFC 6238.
var shared = []byte("12345678901234567890")

func ExampleTOTPURI() {
	fmt.Println(otp.TOTPText(shared))
	fmt.Println(otp.TOTPURI(shared, "Contoso", "casey@contoso.com"))
	// Output:
	// GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
	// otpauth://totp/Contoso:casey%40contoso.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Contoso&algorithm=SHA1&digits=6&period=30
}

func TestTOTP_GivesTheCodesOfRFC4226(t *testing.T) {
	for step, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		assert.Equal(t, want, otp.TOTP(shared, int64(step)), "appendix D, count %d", step)
	}
}

func TestTOTP_GivesTheCodesOfRFC6238(t *testing.T) {
	for _, v := range []struct {
		seconds int64
		step    int64
		code    string // of 8 digits
	}{
		{59, 0x1, "94287082"},
		{1111111109, 0x23523EC, "07081804"},
		{1111111111, 0x23523ED, "14050471"},
		{1234567890, 0x273EF07, "89005924"},
		{2000000000, 0x3F940AA, "69279037"},
		{20000000000, 0x27BC86AA, "65353130"},
	} {
		step := otp.TOTPStep(time.Unix(v.seconds, 0))
		assert.Equal(t, v.step, step, "appendix B, %d s", v.seconds)
		assert.Equal(t, v.code[2:], otp.TOTP(shared, step), "appendix B, %d s", v.seconds)
	}
}

func TestTOTPStep_LastsThirtySeconds(t *testing.T) {
	assert.Equal(t, int64(0), otp.TOTPStep(time.Unix(0, 0)))
	assert.Equal(t, int64(0), otp.TOTPStep(time.Unix(29, 999_999_999)))
	assert.Equal(t, int64(1), otp.TOTPStep(time.Unix(30, 0)))
	there := time.Unix(1111111111, 0).In(time.FixedZone("", 5*60*60))
	assert.Equal(t, int64(0x23523ED), otp.TOTPStep(there), "wherever the clock is")
}

func TestVerifyTOTP_TakesTheCodeOfThreeSteps(t *testing.T) {
	const step = 1000
	code := otp.TOTP(shared, step)
	begin := time.Unix(step*30, 0)
	for after, want := range map[time.Duration]bool{
		-time.Hour:                        false,
		-31 * time.Second:                 false,
		-30*time.Second - time.Nanosecond: false,
		-30 * time.Second:                 true, // the phone's clock is ahead
		0:                                 true,
		29 * time.Second:                  true,
		30 * time.Second:                  true,
		60*time.Second - time.Nanosecond:  true, // typed slowly
		60 * time.Second:                  false,
		time.Hour:                         false,
	} {
		got, ok := otp.VerifyTOTP(shared, code, begin.Add(after))
		assert.Equal(t, want, ok, after)
		if want {
			assert.Equal(t, int64(step), got, "the step of the code, not that of the clock: %v", after)
		}
	}
}

func TestVerifyTOTP_TakesNothingElse(t *testing.T) {
	now := time.Unix(59, 0) // whose step is 1
	require.Equal(t, "287082", otp.TOTP(shared, 1))
	for _, code := range []string{"", "287083", "28708", "2870820", "94287082", "287082 ", " 287082", "28-7082", "0287082", "٢٨٧٠٨٢", "\x00\x00\x00\x00\x00\x00"} {
		_, ok := otp.VerifyTOTP(shared, code, now)
		assert.False(t, ok, "%q", code)
	}
	other := bytes.Clone(shared)
	other[19] ^= 1
	_, ok := otp.VerifyTOTP(other, "287082", now)
	assert.False(t, ok, "the code of another secret")
}

func TestVerifyTOTP_WithoutASecretNothingIsRight(t *testing.T) {
	now := time.Unix(59, 0)
	for _, secret := range [][]byte{nil, {}} {
		_, ok := otp.VerifyTOTP(secret, otp.TOTP(secret, 1), now)
		assert.False(t, ok)
	}
}

func TestVerifyTOTP_ReturnsTheLaterOfTwoStepsWithOneCode(t *testing.T) {
	const early = 910_737 // the first step whose code is also that of the next
	require.Equal(t, otp.TOTP(shared, early), otp.TOTP(shared, early+1))
	step, ok := otp.VerifyTOTP(shared, otp.TOTP(shared, early), time.Unix(early*30, 0))
	assert.True(t, ok)
	assert.Equal(t, int64(early+1), step, "or the code would be good once more")
}

func TestNewTOTPSecret_DrawsTwentyBytes(t *testing.T) {
	secret, err := otp.NewTOTPSecret(iotest.OneByteReader(bytes.NewReader(append(bytes.Clone(shared), "more"...))))
	require.NoError(t, err)
	assert.Equal(t, shared, secret)

	for name, random := range map[string]*strings.Reader{"nothing": strings.NewReader(""), "too little": strings.NewReader(string(shared[:19]))} {
		secret, err := otp.NewTOTPSecret(random)
		assert.Error(t, err, name)
		assert.Empty(t, secret, name)
	}
	broken := errors.New("no entropy")
	_, err = otp.NewTOTPSecret(iotest.ErrReader(broken))
	assert.ErrorIs(t, err, broken)
}

func TestCanonicalTOTP_OneSpellingACode(t *testing.T) {
	for _, spelling := range []string{"012345", "012 345", "012-345", " 012345 ", "\t0 1 2 3 4 5", "01-23-45"} {
		code, ok := otp.CanonicalTOTP(spelling)
		assert.True(t, ok, "%q", spelling)
		assert.Equal(t, "012345", code, "%q", spelling)
	}
	for _, spelling := range []string{"", " ", "01234", "0123456", "01234567", "01234a", "+12345", "012.345", "012345\n", "012345\x00",
		"012\u00a0345", "٠١٢٣٤٥", "０１２３４５", "01234\u0665", "\xff012345", strings.Repeat("0", 1<<16)} {
		_, ok := otp.CanonicalTOTP(spelling)
		assert.False(t, ok, "%.40q", spelling)
	}
}

func TestTOTPURI_KeepsAnyNameInItsPlace(t *testing.T) {
	for _, c := range []struct{ issuer, account, label string }{
		{"Contoso", "casey@contoso.com", "Contoso:casey@contoso.com"},
		{"Contoso: the shop", "casey", "Contoso the shop:casey"},
		{"Tom & Söhne + Co. 100%", "o'neil+shop@contoso.com", "Tom & Söhne + Co. 100%:o'neil+shop@contoso.com"},
		{"x?secret=AAAA&issuer=y#z", "a/b?secret=AAAA#c:d", "x?secret=AAAA&issuer=y#z:a/b?secret=AAAA#cd"},
		{"株式会社コントソ", "", "株式会社コントソ:"},
	} {
		text := otp.TOTPURI(shared, c.issuer, c.account)
		assert.NotContains(t, text, "+", "a blank, or a plus, depending on who reads it")
		u, err := url.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, "otpauth", u.Scheme)
		assert.Equal(t, "totp", u.Host)
		assert.Equal(t, "/"+c.label, u.Path)
		assert.Empty(t, u.Fragment)
		issuer, _, _ := strings.Cut(c.label, ":")
		assert.Equal(t, url.Values{"secret": {otp.TOTPText(shared)}, "issuer": {issuer}, "algorithm": {"SHA1"},
			"digits": {"6"}, "period": {"30"}}, u.Query())
	}
}

func TestTOTPText_HasNoPadding(t *testing.T) {
	for n := range 21 {
		assert.Regexp(t, `^[A-Z2-7]*$`, otp.TOTPText(shared[:n]))
	}
}
