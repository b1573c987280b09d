package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

// wrongPasswords break a promise by what they do to passwords.
var wrongPasswords = []wrong[store.Users]{
	{"a user is read back as it was created, by ID and by username", "passwords are dropped", changeCreated(func(u *store.User) { u.PasswordHash = "" })},
	{"a user is read back as it was created, by ID and by username", "password histories are dropped", changeCreated(func(u *store.User) { u.PasswordHistory = nil })},
	{"a user is read back as it was created, by ID and by username", "nobody must change a password", changeCreated(func(u *store.User) { u.MustChangePassword = false })},
	{"a user is read back as it was created, by ID and by username", "no password has ever changed", changeCreated(func(u *store.User) { u.PasswordChangedAt = time.Time{} })},
	{"a user is read back as it was created, by ID and by username", "passwords change at whole seconds", changeCreated(func(u *store.User) { u.PasswordChangedAt = u.PasswordChangedAt.Truncate(time.Second) })},
	{"a user is read back as it was created, by ID and by username", "passwords change in local time", changeRead(func(u *store.User) { u.PasswordChangedAt = u.PasswordChangedAt.In(time.FixedZone("here", 3600)) })},
	{"a user is read back as it was created, by ID and by username", "never is 1970", changeRead(neverIs1970)},

	{"passwords keep every character and their order", "long hashes are cut", changeCreated(func(u *store.User) { u.PasswordHash = u.PasswordHash[:min(len(u.PasswordHash), 255)] })},
	{"passwords keep every character and their order", "an update cuts long hashes", changeUpdated(func(u *store.User) { u.PasswordHash = u.PasswordHash[:min(len(u.PasswordHash), 255)] })},
	{"passwords keep every character and their order", "hashes are trimmed", changeHistory(func(h []string) []string { return apply(h, strings.TrimSpace) })},
	{"passwords keep every character and their order", "hashes in the history are cut", changeHistory(func(h []string) []string { return apply(h, func(v string) string { return v[:min(len(v), 255)] }) })},
	{"passwords keep every character and their order", "the history is a list with commas", changeHistory(func(h []string) []string { return strings.Split(strings.Join(h, ","), ",") })},
	{"passwords keep every character and their order", "the history is reversed", changeHistory(func(h []string) []string { slices.Reverse(h); return h })},
	{"passwords keep every character and their order", "the history is sorted", changeHistory(func(h []string) []string { slices.Sort(h); return h })},
	{"passwords keep every character and their order", "the history is a set", changeHistory(slices.Compact[[]string])},
	{"passwords keep every character and their order", "the history ends after ten", changeHistory(func(h []string) []string { return h[:min(len(h), 10)] })},

	{"the password history is not shared with the caller", "CreateUser keeps the slice", keepHistories(theSame, slices.Clone, slices.Clone)},
	{"the password history is not shared with the caller", "UpdateUser keeps the slice", keepHistories(slices.Clone, theSame, slices.Clone)},
	{"the password history is not shared with the caller", "UserByID hands out the slice", keepHistories(slices.Clone, slices.Clone, theSame)},

	{"an update replaces the row and raises the version by one", "an update keeps the password", keepOnUpdate(hash)},
	{"an update replaces the row and raises the version by one", "an update keeps the password history", keepOnUpdate(history)},
	{"an update replaces the row and raises the version by one", "an update keeps when the password changed", keepOnUpdate(changedAt)},
	{"an update replaces the row and raises the version by one", "an update keeps the demand for a new password", keepOnUpdate(mustChange)},
	{"a stale version does not update", "passwords have no versions", keepApart(hash)},
	{"a stale version does not update", "password histories have no versions", keepApart(history)},
	{"a stale version does not update", "the time of a password has no versions", keepApart(changedAt)},
	{"a stale version does not update", "the demand for a new password has no versions", keepApart(mustChange)},
	{"a new username that is taken is refused", "the password is written", keepApart(hash)},
	{"of many updates of one version one wins", "the password is that of the last who tried", keepApart(hash)},
}

// moveFunc copies a field.
type moveFunc func(to *store.User, from store.User)

func hash(to *store.User, from store.User)       { to.PasswordHash = from.PasswordHash }
func history(to *store.User, from store.User)    { to.PasswordHistory = from.PasswordHistory }
func changedAt(to *store.User, from store.User)  { to.PasswordChangedAt = from.PasswordChangedAt.UTC() }
func mustChange(to *store.User, from store.User) { to.MustChangePassword = from.MustChangePassword }

func neverIs1970(u *store.User) {
	if u.PasswordChangedAt.IsZero() {
		u.PasswordChangedAt = time.Unix(0, 0).UTC()
	}
}

func changeUpdated(change func(*store.User)) func() store.Users {
	return overrideUpdate(func(ctx context.Context, right store.Users, u store.User) error {
		change(&u)
		return right.UpdateUser(ctx, u)
	})
}

// changeHistory hands change a copy.
func changeHistory(change func([]string) []string) func() store.Users {
	return changeCreated(func(u *store.User) { u.PasswordHistory = change(slices.Clone(u.PasswordHistory)) })
}

func apply(texts []string, change func(string) string) []string {
	for i, text := range texts {
		texts[i] = change(text)
	}
	return texts
}

// keepOnUpdate forgets a column in its UPDATE.
func keepOnUpdate(field moveFunc) func() store.Users {
	return overrideUpdate(func(ctx context.Context, right store.Users, u store.User) error {
		if old, err := right.UserByID(ctx, u.ID); err == nil {
			field(&u, old)
		}
		return right.UpdateUser(ctx, u)
	})
}

// keepApart has a second table for a field, and writes it without a condition.
func keepApart(field moveFunc) func() store.Users {
	return func() store.Users {
		var fields sync.Map // ID -> store.User
		find := func(u store.User, err error) (store.User, error) {
			if kept, ok := fields.Load(u.ID); ok {
				field(&u, kept.(store.User))
			}
			return u, err
		}
		return wrongUserTable{
			Users: memory.New(),
			update: func(ctx context.Context, right store.Users, u store.User) error {
				fields.Store(u.ID, u)
				return right.UpdateUser(ctx, u)
			},
			byID: func(ctx context.Context, right store.Users, id string) (store.User, error) {
				return find(right.UserByID(ctx, id))
			},
			byName: func(ctx context.Context, right store.Users, username string) (store.User, error) {
				return find(right.UserByUsername(ctx, username))
			},
		}
	}
}

// keepHistories copies histories in the ways given.
func keepHistories(create, update, read func([]string) []string) func() store.Users {
	return func() store.Users {
		kept := map[string][]string{}
		return wrongUserTable{
			Users: memory.New(),
			create: func(ctx context.Context, right store.Users, u store.User) error {
				kept[u.ID] = create(u.PasswordHistory)
				return right.CreateUser(ctx, u)
			},
			update: func(ctx context.Context, right store.Users, u store.User) error {
				kept[u.ID] = update(u.PasswordHistory)
				return right.UpdateUser(ctx, u)
			},
			byID: func(ctx context.Context, right store.Users, id string) (store.User, error) {
				u, err := right.UserByID(ctx, id)
				u.PasswordHistory = read(kept[id])
				return u, err
			},
		}
	}
}

func theSame(h []string) []string { return h }
