package password_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/password"
)

// favourites are words that people like to take. They are written down here again, so that a word
// that goes missing from the package is missed.
var favourites = strings.Fields(`
	password passwort senha parola admin administrator welcome secret letmein changeme login hello test guest master
	qwerty azerty asdfgh iloveyou sunshine princess monkey dragon football baseball superman batman spiderman shadow
	michael jennifer jessica ashley daniel thomas charlie jordan hunter andrew joshua matthew nicole hannah amanda robert
	summer winter spring autumn monday friday january october december christmas london berlin paris chicago dallas
	america canada germany liverpool arsenal chelsea barcelona juventus ferrari mercedes porsche mustang harley yamaha
	samsung google facebook microsoft windows internet computer starwars pokemon minecraft naruto matrix pepper cookie
	chocolate banana cherry orange purple yellow silver diamond flower butterfly tiger lion eagle falcon dolphin buster
	ginger bailey angel heaven jesus freedom whatever nothing forever lovely family mother sister killer ninja
`)

// habits are what people do to a word.
var habits = []func(string) string{
	func(w string) string { return w + "1" },
	func(w string) string { return w + "12" },
	func(w string) string { return w + "123" },
	func(w string) string { return w + "1234" },
	func(w string) string { return w + "123456" },
	func(w string) string { return w + "!" },
	func(w string) string { return w + "1!" },
	func(w string) string { return w + "2024" },
	func(w string) string { return w + "@2025" },
	func(w string) string { return w + "1987!" },
	func(w string) string { return w + "007" },
	func(w string) string { return w + "69" },
	func(w string) string { return w + "!!!!" },
	func(w string) string { return "123" + w },
	func(w string) string { return "!" + w + "!" },
	func(w string) string { return "my" + w },
	func(w string) string { return w + w },
	func(w string) string { return w + "-" + w },
	func(w string) string { return w + "4711" },
	func(w string) string { return w + "x" },
	func(w string) string { return strings.ToUpper(w) + "1" },
	func(w string) string { return strings.ToUpper(w[:1]) + w[1:] + "#1" },
	func(w string) string { return strings.ToUpper(w[:1]) + w[1:] + "2023!" },
	func(w string) string { return strings.Replace(w, "a", "@", 1) + "123" },
	func(w string) string { return strings.NewReplacer("o", "0", "e", "3").Replace(w) + "12" },
	func(w string) string { return strings.Join(strings.Split(w, ""), " ") },
	func(w string) string { return strings.Join(strings.Split(w, ""), ".") + ".1" },
}

func TestCheck_RefusesThreeThousandOfWhatIsTriedFirst(t *testing.T) {
	tried := map[string]bool{}
	for _, w := range favourites {
		for _, habit := range habits {
			tried[habit(w)] = true
		}
	}
	for year := 1940; year <= 2030; year++ {
		for _, day := range []string{"0101", "3112", "1231", "2404", "1107"} {
			tried[day+itoa(year)] = true
			tried[itoa(year)+day] = true
		}
	}
	for p := range strings.FieldsSeq(`
		12345678 123456789 1234567890 87654321 0987654321 11111111 00000000 88888888 12344321 12341234 11223344 112233445566
		123123123 121212121 147258369 159357159 789456123 987654321 13579246810 1357908642 31415926535 qwertyui qwertyuiop
		poiuytrewq asdfghjkl asdfghjkl; zxcvbnm, zxcvbnm123 qwerty12 qwerty123 123qweasd qweasdzxc 1q2w3e4r 1q2w3e4r5t q1w2e3r4
		1qaz2wsx 1qaz2wsx3edc !QAZ2wsx 1qaz@WSX zaq12wsx zaq1xsw2 qazwsxedc abcdefgh abcdefgh1 abcd1234 abc12345 a1b2c3d4 1a2b3c4d
		aaaaaaaa aaaaaaaaaa abababab abcabcabc xyxyxyxy aabbccdd aaaabbbb !@#$%^&* !@#$1234 1!2@3#4$ !1@2#3$4 ........ --------
		qwertz123 yxcvbnm1 azertyuiop qsdfghjklm йцукенгш фывапрол p@ssw0rd P@$$w0rd1 Pa$$w0rd! pa55word passw0rd!23 drowssap
		drowssap1 321drowssap rootroot admin@123 Admin123! admin1admin testtest test1234 testuser1 user1234 welcome@123
		dragon1dragon1 dragon4829 #8=%tiger trustno1! letmein1! iloveyou2 iloveyou! loveme123 superstar7 starwars77 nothing1 changeme! default1 secret123
		newpassword mypassword1 password.1 pass-word 31-12-1999 24/12/2001 2001.02.03 monkeykey1`) {
		tried[p] = true
	}
	refused := 0
	for p := range tried {
		if utf8.RuneCountInString(p) < 8 || !assert.Equal(t, password.Banned, verdict(t, password.Policy{}, p), "%q", p) {
			continue
		}
		refused++
	}
	assert.GreaterOrEqual(t, refused, 3000)
	t.Log("common_passwords_refused", refused, "of 8 and more characters", "3000", refused >= 3000)
}

func itoa(n int) string {
	return string([]byte{byte('0' + n/1000), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}

func TestCheck_LeavesDecentPasswordsAlone(t *testing.T) {
	for _, p := range []string{
		"correct horse battery staple", "correcthorsebatterystaple", "Tr0ub4dor&3", "monkey river candle tuba",
		"the dragon ate my homework", "my new home office computer", "password managers are nice", "I never liked mondays!",
		"summer rain on tin roofs", "two lions and a parrot", "snapdragon", "dragonfly lamp", "xkcd-936 is fun", "blue elephant",
		"sonntags nie vor zehn", "quatre-vingt-dix-neuf", "жёлтый чемодан", "紫色の雨が降る夜に", "drei Chinesen mit", "ærlig talt!",
		"kX9#mQ2v", "vT7pWq3z", "hq8zkwmv", "R4nd-0m.Z", "7f1Gd93xQz", "u8J!s2Lp", "Zk4@vN1q", "J4p!x7Rw", "wq-zk-vt-pj", "aK3$fL9&",
		"b7e1f4c9a2d8", "gQ7vXz-pR2mK", "+Vx9/hTq=", "lumpy7gravel", "oblong-kettle", "fjordglimpse", "7 brown owls hum",
		"thunder over kyoto 88 times", "meinhutderhat3ecken", "unladen-swallow", "dragon48291", "12345.9x%", "7!93rq8=", "monkey#7=40%", "octopus tea cosy", "wet paint, no bench",
	} {
		assert.Empty(t, verdict(t, password.Policy{}, p), "%q", p)
	}
}

// What a generator draws is as good as any: few may be refused for what they happen to look like.
func TestCheck_LeavesRandomPasswordsAlone(t *testing.T) {
	random := rand.New(rand.NewChaCha8([32]byte{4, 7}))
	for alphabet, most := range map[string]int{
		"abcdefghijklmnopqrstuvwxyz":                                                   10,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789":               10,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*()-_=+": 15,
	} {
		const drawn = 3000
		refused := 0
		for range drawn {
			p := make([]byte, 8)
			for i := range p {
				p[i] = alphabet[random.IntN(len(alphabet))]
			}
			if verdict(t, password.Policy{}, string(p)) != "" {
				refused++
			}
		}
		assert.LessOrEqual(t, refused, most, "of %d from %q", drawn, alphabet)
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, p := range map[string]string{"passphrase": "correct horse battery staple", "longest": text(256), "puzzle": strings.Repeat("1234p4ssw0rD!", 19)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = password.Policy{}.Check(b.Context(), p, "casey.jensen@contoso.example")
			}
		})
	}
}

// However many parts a name or an address has, it is no password as a whole.
func TestCheck_TheAddressIsNoPassword(t *testing.T) {
	for _, address := range []string{"j.r.r.tolkien@x.example", "mary-ann.van.der.berg@mail.example.com", "a.b.c.d.e.f@b.c.example", "o_o+x+y+z+12@example.com"} {
		local, _, _ := strings.Cut(address, "@")
		joined := strings.Map(func(r rune) rune {
			if strings.ContainsRune("._+-", r) {
				return -1
			}
			return r
		}, local)
		for _, text := range []string{address, strings.ToUpper(address), local, joined, local + "2024", joined + "!", "1" + local} {
			if len(text) >= 8 {
				assert.Equal(t, password.Banned, verdict(t, password.Policy{}, text, address), text)
			}
		}
	}
}
