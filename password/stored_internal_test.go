package password

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	salt     = "$AAECAwQFBgcICQoLDA0ODw"
	sum      = "$dEU8zhEBNbs0GcT07L3QUx+lcA3TddYEt0UsU07DeLI"
	argon    = "$argon2id$v=19$m=19456,t=2,p=1"
	django   = "$NaClNaClNaCl$9R0jOzVrDdH88PFOKJWYvjhWilkxeAq37H1Asldm/ZI="
	bcrypted = "abcdefghijklmnopqrstuuLDrQe5e4wtdgUZsbTT6Fu7p0AbOwHRa"
)

// readable are a hash of each kind.
var readable = []string{
	argon + salt + sum,
	"$2b$04$" + bcrypted,
	"$scrypt$ln=10,r=8,p=1" + salt + sum,
	"$pbkdf2-sha256$i=10" + salt + sum,
	"$pbkdf2-sha256$i=10,l=32" + salt + sum,
	"$pbkdf2-sha256$10" + salt + strings.ReplaceAll(sum, "+", "."),
	"$pbkdf2$10" + salt + strings.ReplaceAll(sum, "+", "."),
	"pbkdf2_sha256$10" + django,
}

func TestRead_AHashHasOneSpelling(t *testing.T) {
	spellings := []string{
		"", "x", "$", "password", "argon2id", "$argon2id", argon, argon + salt, argon + "$" + sum, argon + salt + "$", argon + "$$",
		" " + argon + salt + sum, argon + salt + sum + " ", argon + salt + sum + "\n", argon + salt + sum + "\x00", argon + salt + sum + "$",
		argon + salt + sum + "=", argon + salt + "==" + sum, argon + salt + sum[:43] + "J", argon + salt[:22] + "x" + sum,
		argon + salt + strings.ReplaceAll(sum, "+", "-"), argon + salt + sum[:20], argon + salt + sum[:24] + "\n" + sum[24:],
		argon + salt + "$" + strings.Repeat("A", 87), argon + salt + "$" + strings.Repeat("A", 20), argon + "$" + strings.Repeat("A", 87) + sum,
		"$argon2id$v=19$m=019456,t=2,p=1" + salt + sum, "$argon2id$v=19$m=+19456,t=2,p=1" + salt + sum,
		"$argon2id$v=19$m=19456,t=02,p=1" + salt + sum, "$argon2id$v=19$m=19456,t=2,p=01" + salt + sum, "$argon2id$v=19$m=0x4c00,t=2,p=1" + salt + sum,
		"$argon2id$v=19$m=1e4,t=2,p=1" + salt + sum, "$argon2id$v=19$m=19_456,t=2,p=1" + salt + sum, "$argon2id$v=19$m=-1,t=2,p=1" + salt + sum,
		"$argon2id$v=19$m=0,t=2,p=1" + salt + sum, "$argon2id$v=19$m=19456,t=0,p=1" + salt + sum, "$argon2id$v=19$m=19456,t=2,p=0" + salt + sum,
		"$argon2id$v=19$m=99999999999999999999,t=2,p=1" + salt + sum, "$argon2id$v=19$t=2,m=19456,p=1" + salt + sum,
		"$argon2id$v=19$m=19456,t=2" + salt + sum, "$argon2id$v=19$m=19456,t=2,p=1,keyid=AA" + salt + sum, "$argon2id$v=19$m=19456,t=2,p=1,data=AA" + salt + sum,
		"$argon2id$v=19$m=19456, t=2, p=1" + salt + sum, "$argon2id$v=19$m=19456,m=19456,t=2,p=1" + salt + sum, "$argon2id$m=19456,t=2,p=1" + salt + sum,
		"$argon2id$v=16$m=19456,t=2,p=1" + salt + sum, "$argon2id$v=18$m=19456,t=2,p=1" + salt + sum, "$argon2i$v=19$m=19456,t=2,p=1" + salt + sum,
		"$argon2d$v=19$m=19456,t=2,p=1" + salt + sum, "$Argon2id$v=19$m=19456,t=2,p=1" + salt + sum, "$argon2id$v=19$m=١٩٤٥٦,t=2,p=1" + salt + sum,
		"$argon2id$v=19$m=19456,t=2,p=1$" + salt + sum, "$$argon2id$v=19$m=19456,t=2,p=1" + salt + sum,
		"$2b$04$" + bcrypted + ".", "$2b$04$" + bcrypted[1:], "$2$04$" + bcrypted, "$2x$04$" + bcrypted, "$2B$04$" + bcrypted, "$2b$4$" + bcrypted,
		"$2b$004$" + bcrypted, "$2b$04$" + bcrypted[1:] + "+", "$2b$04$" + bcrypted + "\n", "$2b$-4$" + bcrypted, "2b$04$" + bcrypted,
		"$scrypt$ln=0,r=8,p=1" + salt + sum, "$scrypt$ln=010,r=8,p=1" + salt + sum, "$scrypt$ln=10,r=0,p=1" + salt + sum, "$scrypt$ln=10,r=8,p=0" + salt + sum,
		"$scrypt$ln=10,p=1,r=8" + salt + sum, "$scrypt$N=1024,r=8,p=1" + salt + sum, "$scrypt$ln=10,r=8,p=1" + salt + sum + "=", "$scrypt$ln=10,r=8,p=1" + salt,
		"$pbkdf2-sha256$i=0" + salt + sum, "$pbkdf2-sha256$i=01" + salt + sum, "$pbkdf2-sha256$i=10,l=31" + salt + sum, "$pbkdf2-sha256$l=32,i=10" + salt + sum,
		"$pbkdf2-sha256$i=10,l=032" + salt + sum, "$pbkdf2-md5$i=10" + salt + sum, "$pbkdf2-sha384$i=10" + salt + sum, "$pbkdf2-sha256$i=10" + salt + sum[:20],
		"$pbkdf2-sha256$10" + salt + sum, "$pbkdf2-sha256$010" + salt + strings.ReplaceAll(sum, "+", "."), "$pbkdf2-sha1$10" + salt + strings.ReplaceAll(sum, "+", "."),
		"pbkdf2_sha256$0" + django, "pbkdf2_sha256$01" + django, "pbkdf2_md5$10" + django, "pbkdf2_sha256$10" + strings.TrimSuffix(django, "="),
		"pbkdf2_sha256$10" + django + "=", strings.Replace("pbkdf2_sha256$10"+django, "ZI=", "ZJ=", 1),
		"pbkdf2_sha256$10$" + django, "pbkdf2_sha256$10$$9R0jOzVrDdH88PFOKJWYvjhWilkxeAq37H1Asldm/ZI=",
		"$pbkdf2_sha256$10" + django, "pbkdf2_sha256$10$" + strings.Repeat("s", 129) + "$9R0jOzVrDdH88PFOKJWYvjhWilkxeAq37H1Asldm/ZI=",
		"argon2" + argon + salt + sum, "bcrypt$$2b$04$" + bcrypted, "{ARGON2ID}" + argon + salt + sum, strings.Repeat("$", 1<<20), strings.Repeat("a", 513),
	}
	for _, s := range spellings {
		d, err := read(s)
		assert.ErrorIs(t, err, ErrUnreadable, "%.60q", s)
		assert.Nil(t, d)
	}
	for _, s := range readable { // they are what the others are spelled after
		_, err := read(s)
		assert.NoError(t, err, s)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range append([]string{"", argon, "$2b$31$" + bcrypted, "$scrypt$ln=63,r=1,p=1" + salt + sum}, readable...) {
		f.Add(s, uint32(19456), uint32(2), uint8(1), []byte("a salt of 16 bytes"), []byte("a sum that is 32 bytes long, yes"))
	}
	f.Fuzz(func(t *testing.T, text string, memory, time uint32, threads uint8, salt, sum []byte) {
		d, err := read(text)
		if err != nil {
			assert.ErrorIs(t, err, ErrUnreadable)
		} else {
			assert.LessOrEqual(t, d.cost().memory, int64(mostTaken+1<<20))
			assert.LessOrEqual(t, d.cost().threads, mostThreads)
		}
		if a, ours := d.(argon2id); ours {
			assert.Equal(t, text, a.String(), "a second spelling")
		}
		want := argon2id{Params{memory, time, threads}, salt, sum}
		got, err := read(want.String())
		if err != nil {
			assert.True(t, memory > mostMemory || memory < 8*uint32(threads) || time < 1 || time > mostTime || threads < 1 || threads > mostThreads ||
				len(salt) < 1 || len(salt) > mostSum || len(sum) < leastSum || len(sum) > mostSum, "%s: %v", want, err)
			return
		}
		assert.Equal(t, want, got)
	})
}
