package password

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// The bounds of what is run, each a few seconds of one processor at the most.
const (
	mostBcrypt = 15        // the cost, a power of two
	mostScrypt = 1 << 21   // N·r·p, and so 256 MiB
	mostPBKDF2 = 4_000_000 // iterations, times the blocks of the sum
)

// foreign are the kinds of hashes that come with accounts from elsewhere. They are of the bytes
// that were typed, so nothing is normalised.
var foreign = []kind{
	// $2a$, $2b$ and $2y$ name one algorithm and the bugs of libraries that are long mended.
	{regexp.MustCompile(`^(\$2[aby]\$([0-9]{2})\$[A-Za-z0-9./]{53})$`), readBcrypt},
	{regexp.MustCompile(`^\$scrypt\$ln=` + aNumber + `,r=` + aNumber + `,p=` + aNumber + `\$` + aBase64 + `\$` + aBase64 + `$`), readScrypt},
	{regexp.MustCompile(`^\$pbkdf2-(sha1|sha256|sha512)\$i=` + aNumber + `(?:,l=` + aNumber + `)?\$` + aBase64 + `\$` + aBase64 + `$`), readPBKDF2},
	// passlib's own: base64 with a dot for the plus, and sha1 goes without saying.
	{regexp.MustCompile(`^\$pbkdf2(|-sha256|-sha512)\$` + aNumber + `\$([A-Za-z0-9./]{1,86})\$([A-Za-z0-9./]{1,86})$`), readPasslib},
	// Django's own: the salt is text, and the base64 is padded.
	{regexp.MustCompile(`^pbkdf2_(sha1|sha256|sha512)\$` + aNumber + `\$([!-#%-~]{1,128})\$([A-Za-z0-9+/]{1,86}={0,2})$`), readDjango},
}

// bcryptHash is a hash of at most 72 bytes of a password and says nothing about more. Whether the
// tool that made it cut a longer password or refused it cannot be known, so a longer one never
// matches: else a hash would accept passwords that nobody chose. Who had one resets it.
type bcryptHash string

const bcryptReads = 72

func readBcrypt(fields []string) (digest, error) {
	if n, _ := strconv.Atoi(fields[1]); n < bcrypt.MinCost || n > mostBcrypt {
		return nil, fmt.Errorf("bcrypt with cost %d, %d to %d are run", n, bcrypt.MinCost, mostBcrypt)
	}
	return bcryptHash(fields[0]), nil
}

func (b bcryptHash) cost() cost { return cost{threads: 1} }

func (b bcryptHash) matches(password string) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(b), []byte(password))
	if err != nil && !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, fmt.Errorf("bcrypt: %w", err)
	}
	return err == nil && len(password) <= bcryptReads && !isAmbiguous(password), nil
}

type scryptHash struct {
	n, r, p   int
	salt, sum []byte
}

func readScrypt(fields []string) (digest, error) {
	ln, r, p := number(fields[0]), number(fields[1]), number(fields[2])
	if ln > 21 || r > mostScrypt || p > mostScrypt || r*p<<ln > mostScrypt {
		return nil, fmt.Errorf("scrypt with ln=%d, r=%d, p=%d, N·r·p at most %d is run", ln, r, p, mostScrypt)
	}
	salt, sum, err := saltAndSum(base64.RawStdEncoding, fields[3], fields[4])
	return scryptHash{1 << ln, int(r), int(p), salt, sum}, err
}

// cost is that of RFC 7914 section 6: N blocks to look up, and p to mix, of 128·r bytes each.
func (s scryptHash) cost() cost { return cost{threads: 1, memory: int64(s.n+s.p) * 128 * int64(s.r)} }

func (s scryptHash) matches(password string) (bool, error) {
	sum, err := scrypt.Key([]byte(password), s.salt, s.n, s.r, s.p, len(s.sum))
	if err != nil {
		return false, fmt.Errorf("scrypt: %w", err)
	}
	return subtle.ConstantTimeCompare(sum, s.sum) == 1 && !isAmbiguous(password), nil
}

type pbkdf2Hash struct {
	hash       func() hash.Hash
	iterations int
	salt, sum  []byte
}

var pbkdf2Hashes = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

func readPBKDF2(fields []string) (digest, error) {
	salt, sum, err := saltAndSum(base64.RawStdEncoding, fields[3], fields[4])
	if err != nil {
		return nil, err
	}
	if length := fields[2]; length != "" && number(length) != uint64(len(sum)) {
		return nil, fmt.Errorf("a sum of %d bytes where l=%s", len(sum), length)
	}
	return newPBKDF2(fields[0], fields[1], salt, sum)
}

func readPasslib(fields []string) (digest, error) {
	plus := strings.NewReplacer(".", "+")
	salt, sum, err := saltAndSum(base64.RawStdEncoding, plus.Replace(fields[2]), plus.Replace(fields[3]))
	if err != nil {
		return nil, err
	}
	name := strings.TrimPrefix(fields[0], "-")
	if name == "" {
		name = "sha1"
	}
	return newPBKDF2(name, fields[1], salt, sum)
}

func readDjango(fields []string) (digest, error) {
	sum, err := decodeSum(base64.StdEncoding, fields[3])
	if err != nil {
		return nil, err
	}
	return newPBKDF2(fields[0], fields[1], []byte(fields[2]), sum)
}

func newPBKDF2(name, iterations string, salt, sum []byte) (digest, error) {
	hash := pbkdf2Hashes[name]
	size := hash().Size()
	blocks := (len(sum) + size - 1) / size // each is computed anew, RFC 8018 section 5.2
	n := number(iterations)
	if n*uint64(blocks) > mostPBKDF2 {
		return nil, fmt.Errorf("PBKDF2 with %d iterations for %d blocks, at most %d in all are run", n, blocks, mostPBKDF2)
	}
	return pbkdf2Hash{hash, int(n), salt, sum}, nil
}

func (p pbkdf2Hash) cost() cost { return cost{threads: 1} }

func (p pbkdf2Hash) matches(password string) (bool, error) {
	sum, err := pbkdf2.Key(p.hash, password, p.salt, p.iterations, len(p.sum))
	if err != nil {
		return false, fmt.Errorf("PBKDF2: %w", err)
	}
	return subtle.ConstantTimeCompare(sum, p.sum) == 1 && !isAmbiguous(password), nil
}

// isAmbiguous tells whether a password has twins under a foreign hash. With a NUL in it, it has:
// HMAC pads its key with NULs (RFC 2104 section 2), and bcrypt repeats its own with NULs between.
func isAmbiguous(password string) bool { return strings.Contains(password, "\x00") }
