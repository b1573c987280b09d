package password

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/nativeauth/nativeauth/internal/kdf"
)

// ErrUnreadable says that a stored hash is of no known kind, or would cost more to run than any
// honest one. It was not run. The error does not quote it.
var ErrUnreadable = errors.New("password: unreadable hash")

// digest is a stored hash that was read and found to be within the bounds.
type digest interface {
	cost() cost
	// matches does the work, the same for every password, and compares in constant time.
	matches(password string) (bool, error)
}

const (
	longestStored = 512
	leastSum      = 16 // bytes: less could be met by chance
	mostSum       = 64
)

// kind is a way to write a hash. The pattern and the strict decoding leave each value one spelling.
type kind struct {
	pattern *regexp.Regexp
	read    func(fields []string) (digest, error)
}

const (
	aNumber = `([1-9][0-9]{0,9})`
	aBase64 = `([A-Za-z0-9+/]{1,86})`
)

var argon2idPattern = regexp.MustCompile(
	`^\$argon2id\$v=19\$m=` + aNumber + `,t=` + aNumber + `,p=` + aNumber + `\$` + aBase64 + `\$` + aBase64 + `$`)

// kinds are all that can be verified, our own first.
var kinds = append([]kind{{argon2idPattern, readArgon2id}}, foreign...)

// read returns the digest that a stored text stands for, or ErrUnreadable.
func read(stored string) (digest, error) {
	if len(stored) > longestStored {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrUnreadable, longestStored)
	}
	for _, k := range kinds {
		fields := k.pattern.FindStringSubmatch(stored)
		if fields == nil {
			continue
		}
		d, err := k.read(fields[1:])
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		return d, nil
	}
	return nil, fmt.Errorf("%w: of no known kind", ErrUnreadable)
}

// argon2id is a hash of our own kind, whoever made it. It is of the normalised password.
type argon2id struct {
	Params
	salt, sum []byte
}

func readArgon2id(fields []string) (digest, error) {
	memory, time, threads := number(fields[0]), number(fields[1]), number(fields[2])
	switch {
	case memory > mostMemory || time > mostTime || threads > mostThreads:
		return nil, fmt.Errorf("argon2id with m=%d, t=%d, p=%d, at most %d, %d, %d are run",
			memory, time, threads, mostMemory, mostTime, mostThreads)
	case memory < 8*threads: // RFC 9106 section 3.1
		return nil, fmt.Errorf("argon2id with m=%d for p=%d", memory, threads)
	}
	salt, sum, err := saltAndSum(base64.RawStdEncoding, fields[3], fields[4])
	return argon2id{Params{uint32(memory), uint32(time), uint8(threads)}, salt, sum}, err
}

// String returns a in PHC form, its only spelling.
func (a argon2id) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.Memory, a.Time, a.Threads,
		base64.RawStdEncoding.EncodeToString(a.salt), base64.RawStdEncoding.EncodeToString(a.sum))
}

func (a argon2id) cost() cost { return cost{threads: int(a.Threads), memory: int64(a.Memory) << 10} }

func (a argon2id) matches(password string) (bool, error) {
	return subtle.ConstantTimeCompare(a.derive(password, len(a.sum)), a.sum) == 1, nil
}

func (a argon2id) derive(password string, size int) []byte {
	return kdf.Key([]byte(norm.NFKC.String(password)), a.salt, a.Time, a.Memory, a.Threads, uint32(size))
}

// number reads what aNumber admits.
func number(digits string) uint64 {
	n, _ := strconv.ParseUint(digits, 10, 64)
	return n
}

// saltAndSum decodes the last two fields of a hash.
func saltAndSum(encoding *base64.Encoding, salt, sum string) (saltBytes, sumBytes []byte, err error) {
	if saltBytes, err = encoding.Strict().DecodeString(salt); err != nil {
		return nil, nil, errors.New("the salt is not base64")
	}
	sumBytes, err = decodeSum(encoding, sum)
	return saltBytes, sumBytes, err
}

func decodeSum(encoding *base64.Encoding, text string) ([]byte, error) {
	sum, err := encoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("the sum is not base64")
	}
	if len(sum) < leastSum || len(sum) > mostSum {
		return nil, fmt.Errorf("a sum of %d bytes, %d to %d are read", len(sum), leastSum, mostSum)
	}
	return sum, nil
}
