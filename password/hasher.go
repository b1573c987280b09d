package password

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
)

const (
	defaultMemory  = 19_456 // KiB; this and the next are OWASP's least for argon2id
	defaultTime    = 2
	defaultThreads = 1

	mostMemory  = 256 << 10 // KiB
	mostTime    = 10
	mostThreads = 16

	saltSize = 16 // bytes, RFC 9106 section 3.1
	sumSize  = 32
)

// Params are what one hash costs (argon2id, RFC 9106 section 3.1). The zero Params are the
// recommended ones and the least.
type Params struct {
	Memory  uint32 // KiB, at most 256 MiB; 0 means 19 456
	Time    uint32 // passes over the memory, at most 10; 0 means 2
	Threads uint8  // at most 16; 0 means 1
}

func (p Params) withDefaults() Params {
	return Params{cmp.Or(p.Memory, defaultMemory), cmp.Or(p.Time, defaultTime), cmp.Or(p.Threads, defaultThreads)}
}

// Validate returns every problem of p at once, each in words that say what to change, or nil.
func (p Params) Validate() error {
	var problems []error
	check := func(name string, value, least, most uint32) {
		if value < least || value > most {
			problems = append(problems, fmt.Errorf("%s %d is out of bounds, use %d to %d, or 0 for the default", name, value, least, most))
		}
	}
	p = p.withDefaults()
	check("Memory", p.Memory, defaultMemory, mostMemory)
	check("Time", p.Time, defaultTime, mostTime)
	check("Threads", uint32(p.Threads), defaultThreads, mostThreads)
	return errors.Join(problems...)
}

// HasherConfig says how a Hasher works. The zero HasherConfig is the recommended one.
type HasherConfig struct {
	Params Params
	Random io.Reader // of salts, safe for concurrent use; nil means crypto/rand.Reader
}

// Hasher makes and compares the hashes that are stored in place of passwords. It is safe for
// concurrent use, and a process needs one: what bounds the work is its own.
//
// At once it runs no more hashes than there are processors, nor than fit into 128 MiB: six of the
// default Params. A stored one that is larger runs alone. What they use and what they have left to
// the garbage collector stays within 256 MiB, or within what the host's heap may grow anyway. The
// others wait their turn, 256 of them at most and each for a second at most: the rest gets ErrBusy.
// A context that ends while its caller waits ends the waiting; a hash that has begun is finished.
type Hasher struct {
	params Params
	random io.Reader
	gate   *gate
	nobody argon2id // what is compared with where there is no hash
}

// NewHasher returns a Hasher. It panics where Params.Validate finds a problem.
func NewHasher(c HasherConfig) *Hasher {
	if err := c.Params.Validate(); err != nil {
		panic(fmt.Sprintf("password: NewHasher: %v", err))
	}
	params := c.Params.withDefaults()
	return &Hasher{
		params: params,
		random: cmp.Or[io.Reader](c.Random, rand.Reader),
		gate:   newGate(),
		nobody: argon2id{params, make([]byte, saltSize), make([]byte, sumSize)},
	}
}

// Hash returns what to store for a password, in PHC form, with a salt of its own. It does not judge
// the password: see Policy.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	a := argon2id{Params: h.params, salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(h.random, a.salt); err != nil {
		return "", fmt.Errorf("password: draw a salt: %w", err)
	}
	if err := h.gate.do(ctx, a.cost(), func() { a.sum = a.derive(password, sumSize) }); err != nil {
		return "", err
	}
	return a.String(), nil
}

// Result is what a comparison came to. The zero Result is that of a wrong password.
type Result struct {
	Right  bool // it is the password
	Rehash bool // and what is stored should be replaced by a new Hash of it
}

// Verify compares a password with what is stored: a hash of this package, or one that came with an
// account from elsewhere, which is then to be replaced, as is one of other Params:
//
//   - bcrypt ($2a$, $2b$, $2y$), for passwords of at most 72 bytes, which is all it can tell apart
//   - scrypt ($scrypt$ln=…,r=…,p=…$salt$hash)
//   - PBKDF2 with sha1, sha256 or sha512 ($pbkdf2-sha256$i=…$salt$hash, and as passlib and Django
//     write it)
//   - argon2id of other Params
//
// An account without a password has no hash: with stored "" every password is wrong, after the same
// work as ever. A hash that cannot be read, or that asks for more than 256 MiB, 10 passes or 16
// threads, is not run: Verify does the usual work in its place and returns ErrUnreadable. Other
// errors are ErrBusy and that of ctx. With any error the Result is zero.
//
// How long it takes depends on what is stored, and on nothing else. Until accounts from elsewhere
// have signed in once, theirs can be told by the time.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (Result, error) {
	if stored == "" {
		return Result{}, h.Pretend(ctx, password)
	}
	d, err := read(stored)
	if err != nil {
		return Result{}, cmp.Or(h.Pretend(ctx, password), err)
	}
	right, err := h.matches(ctx, d, password)
	if err != nil || !right {
		return Result{}, err
	}
	return Result{Right: true, Rehash: !h.isCurrent(d)}, nil
}

// Pretend does the work of a Verify whose result is thrown away. It is for accounts that do not
// exist, so that the time of an answer does not tell them from those that do.
func (h *Hasher) Pretend(ctx context.Context, password string) error {
	_, err := h.matches(ctx, h.nobody, password)
	return err
}

// Used tells whether a password is that of one of the stored hashes. Each one costs a Verify, until
// one matches. Those that cannot be read are passed over: a person could otherwise never choose
// another password.
func (h *Hasher) Used(ctx context.Context, password string, stored []string) (bool, error) {
	for _, s := range stored {
		d, err := read(s)
		if err != nil {
			continue
		}
		if right, err := h.matches(ctx, d, password); right || err != nil {
			return right, err
		}
	}
	return false, nil
}

// matches compares a password with a digest when there is room for it.
func (h *Hasher) matches(ctx context.Context, d digest, password string) (right bool, err error) {
	busy := h.gate.do(ctx, d.cost(), func() { right, err = d.matches(password) })
	if err = cmp.Or(busy, err); err != nil {
		return false, err
	}
	return right, nil
}

// isCurrent tells whether Hash would make a digest like d today.
func (h *Hasher) isCurrent(d digest) bool {
	a, ours := d.(argon2id)
	return ours && a.Params == h.params && len(a.salt) == saltSize && len(a.sum) == sumSize
}
