// Package store holds what nativeauth keeps: the user, and the two interfaces behind which a
// host keeps its user table and the short-lived state of the flows.
//
// Everything that may happen only once in this module is decided by one conditional write of an
// implementation of these interfaces, never by a lock in the process. The promises on the methods
// are therefore the security of the whole; store/storetest proves them for an adapter.
//
// # Use an adapter
//
// adapters/sqlstore is both, on SQLite, PostgreSQL, MySQL and MariaDB; adapters/redisstore is a [State];
// adapters/memory is both, for tests.
//
// # Keep users in a table of one's own
//
// [Users] has four methods; the example there is a table with columns of the host's own and a second row in
// the same transaction. A whole [User] has to come back as it was written. A unique index decides who gets
// a name, and one conditional statement who may change a row.
//
// # Create and change users
//
// A host calls the same methods: an importer CreateUser, with an ID that never changes and names in the
// canonical form of otp.ParseAddress; a page of the app UserByID and UpdateUser, again from the start
// after [ErrConflict].
package store

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// The errors an implementation answers with, wrapped or bare. Any other error means that the store
// is out of order, and the caller is told to come back later.
var (
	// ErrNotFound says that there is no such row, or that it has expired.
	ErrNotFound = errors.New("store: not found")
	// ErrExists says that a user with that username, or that ID, is there already.
	ErrExists = errors.New("store: already exists")
	// ErrConflict says that the version given is not the stored one: somebody else won.
	ErrConflict = errors.New("store: version conflict")
)

// User is an account. A row is complete when it is created: it is written at the step that
// finishes a sign-up, after the address was proven, and never before.
type User struct {
	// ID is chosen by nativeauth when the sign-up starts, as a lower-case GUID, and never changes.
	// Rows that a host brings along may have any other non-empty ID.
	ID string
	// Username is what the person signs in with, in canonical form: an e-mail address with ASCII
	// letters in lower case, a name that the host gave, or a telephone number as "+8613612345678", where a
	// code by SMS has made the account. It is compared byte by byte.
	Username string
	// Email is the canonical address that codes go to. It differs from Username only where that is
	// not an address; it is empty if nothing can be sent.
	Email string
	// Attributes are the values of the declared schema, by name. A Boolean is "true" or "false", a
	// multiple choice its options joined by commas.
	Attributes map[string]string
	// PasswordHash is what a password is checked against: a PHC string as package password writes it,
	// or a hash that a team brings along from elsewhere (bcrypt, scrypt, PBKDF2). It has up to 512
	// bytes of printable ASCII, and none where the account has no password.
	PasswordHash string
	// PasswordHistory are the hashes of earlier passwords, the newest first, which may not become the
	// password again. Each is as PasswordHash is; whoever writes them keeps 24 at most.
	PasswordHistory []string
	// PasswordChangedAt is when the present password was set, in UTC, to the millisecond at least. It
	// is zero where that never happened or nobody knows. It is kept for the host to show.
	PasswordChangedAt time.Time
	// MustChangePassword lets the right password lead to a demand to reset it and to nothing else.
	MustChangePassword bool
	// Methods are what the person can prove a second factor with, in the order in which they were
	// registered, 10 at most. There are none where none was registered.
	Methods []Method
	// Disabled accounts cannot sign in and cannot refresh.
	Disabled bool
	// Epoch is raised, in the same write, by whatever ends all sessions of the user. Flows and
	// refresh tokens remember the epoch that they were born in and die with it.
	Epoch int64
	// Version counts the writes of the row. UpdateUser takes the version that was read.
	Version int64
	// CreatedAt is when the sign-up finished, in UTC, to the millisecond at least.
	CreatedAt time.Time
}

// LogValue keeps hashes, addresses and what people say about themselves out of logs, whoever logs a
// User.
func (u User) LogValue() slog.Value { return slog.GroupValue(slog.String("id", u.ID)) }

// Users is the host's user table. Its methods are called by many goroutines at once, and by
// several instances on one database. They return an error soon after ctx is done, and change
// nothing if it was done before the call. Attributes, PasswordHistory and Methods are copied, with what
// is inside of them: neither side keeps the other's map or slice.
type Users interface {
	// CreateUser stores a new user, whose Version becomes 1 whatever u says. It returns ErrExists
	// if the username or the ID is taken, also when both callers race: a unique index decides, not
	// a look-up before the insert. A host that has rows of its own for a new user writes them here,
	// in the same transaction.
	CreateUser(ctx context.Context, u User) error
	// UserByUsername returns the user with exactly this canonical username, or ErrNotFound.
	UserByUsername(ctx context.Context, username string) (User, error)
	// UserByID returns the user with this ID, or ErrNotFound.
	UserByID(ctx context.Context, id string) (User, error)
	// UpdateUser replaces the row whose version is still u.Version, and raises the version by one.
	// It returns ErrConflict if the row has another version by now, ErrNotFound if it is gone, and
	// ErrExists if a new username is taken. ID and CreatedAt do not change.
	UpdateUser(ctx context.Context, u User) error
}

// Entry is a value in a State.
type Entry struct {
	// Value is any bytes, up to 8 KiB. Neither side changes a Value after handing it over.
	Value []byte
	// Version is set by Get. Put and Delete take the version that was read; 0 stands for "no such
	// entry". No two entries that a key ever holds have the same version, expired ones included.
	Version int64
	// TTL is, for Put, how long the entry is to live, more than zero; from Get, how long it still
	// will. The store's own clock judges, to the millisecond at least, so that instances whose
	// clocks differ agree.
	TTL time.Duration
}

// Count is the value of a counter.
type Count struct {
	Value int64         // after the addition
	TTL   time.Duration // until the counter ends, by the store's clock
}

// State is a key-value store with expiry and compare-and-swap. Flows, refresh-token families and
// counters live in it. Keys are 1 to 200 bytes of any value; entries and counters do not share
// keys. Its methods are called by many goroutines at once, and by several instances on one
// database. They return an error soon after ctx is done, and change nothing if it was done before
// the call.
type State interface {
	// Get returns the entry, or ErrNotFound if there is none or its life is over.
	Get(ctx context.Context, key string) (Entry, error)
	// Put saves e under key if the stored version is still e.Version (0: the key must not exist or
	// its entry must have expired), else it returns ErrConflict. Of any number of parallel calls
	// with one version exactly one wins: this is all that makes a code good only once, so a read
	// followed by a write, also inside a transaction, is not an implementation. One conditional
	// statement is. Each Put starts a new life of e.TTL.
	Put(ctx context.Context, key string, e Entry) error
	// Delete removes the entry if its version is still version, else it returns ErrConflict, also
	// when the entry is gone or has expired: a delete can win only once.
	Delete(ctx context.Context, key string, version int64) error
	// Add adds delta to the counter at key, atomically, and returns what it is then. A counter that
	// does not exist or whose life is over starts at zero and gets the life ttl in the same atomic
	// step; later additions leave its end where it is. The addition is durable when Add returns.
	Add(ctx context.Context, key string, delta int64, ttl time.Duration) (Count, error)
}
