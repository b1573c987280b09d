package storetest

import (
	"context"
	"errors"
	"html"
	"maps"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

// wrongUsers break one promise each.
var wrongUsers = []wrong[store.Users]{
	{"a user is read back as it was created, by ID and by username", "attributes are dropped", changeCreated(func(u *store.User) { u.Attributes = nil })},
	{"a user is read back as it was created, by ID and by username", "everybody is enabled", changeCreated(func(u *store.User) { u.Disabled = false })},
	{"a user is read back as it was created, by ID and by username", "epochs have 32 bits", changeCreated(func(u *store.User) { u.Epoch = int64(int32(u.Epoch)) })},
	{"a user is read back as it was created, by ID and by username", "times are whole seconds", changeCreated(func(u *store.User) { u.CreatedAt = u.CreatedAt.Truncate(time.Second) })},
	{"a user is read back as it was created, by ID and by username", "times are local", changeRead(func(u *store.User) { u.CreatedAt = u.CreatedAt.In(time.FixedZone("here", 3600)) })},
	{"a user is read back as it was created, by ID and by username", "the username is the address", changeCreated(func(u *store.User) { u.Email = u.Username })},
	{"a user is read back as it was created, by ID and by username", "the look-up by username knows another ID", overrideByName(byNameOtherID)},
	{"a new user has version 1 whatever the caller says", "the caller's version is kept", versionsAsGiven},
	{"attributes keep every character", "attributes are trimmed", changeAttributes(strings.TrimSpace)},
	{"attributes keep every character", "attributes are escaped", changeAttributes(html.EscapeString)},
	{"attributes keep every character", "attributes are composed", changeAttributes(func(v string) string { return strings.ReplaceAll(v, "u\u0308", "ü") })},
	{"attributes keep every character", "long attributes are cut", changeAttributes(func(v string) string { return v[:min(len(v), 1000)] })},
	{"attributes keep every character", "empty attributes are dropped", changeCreated(dropEmptyAttributes)},
	{"attributes are not shared with the caller", "attributes are shared", shareAttributes},
	{"who is missing is not found", "who is missing is read as nobody", overrideByID(byIDFindsAll)},
	{"who is missing is not found", "an update creates who is missing", overrideUpdate(updateCreates)},
	{"a username is taken once", "nobody is told that a username is taken", overrideCreate(createIgnoresExisting)},
	{"a username is taken once", "a new user takes the row over", overrideCreate(createReplaces)},
	{"an ID is taken once", "nobody is told that an ID is taken", overrideCreate(createIgnoresExisting)},
	{"an ID is taken once", "a new user takes the row over", overrideCreate(createReplaces)},
	{"usernames are compared as bytes", "case is folded", foldUsername(strings.ToLower)},
	{"usernames are compared as bytes", "trailing blanks do not count", foldUsername(func(n string) string { return strings.TrimRight(n, " ") })},
	{"usernames are compared as bytes", "accents do not count", foldUsername(strings.NewReplacer("á", "a", "a\u0301", "a", "à", "a").Replace)},
	{"usernames are compared as bytes", "ß is ss", foldUsername(func(n string) string { return strings.ReplaceAll(n, "ß", "ss") })},
	{"usernames are compared as bytes", "usernames are patterns", foldUsername(func(n string) string { return strings.ReplaceAll(n, "%", "_") })},
	{"usernames are compared as bytes", "only the look-up folds case", overrideByName(byNameFolds)},
	{"of many creators of one username one wins", "CreateUser looks first", overrideCreate(createLooksFirst)},
	{"of many creators of one ID one wins", "CreateUser looks first", overrideCreate(createLooksFirst)},

	{"an update replaces the row and raises the version by one", "the version rises by two", overrideUpdate(updateTwice)},
	{"an update replaces the row and raises the version by one", "an update keeps what is empty", overrideUpdate(updateKeepsEmpty)},
	{"an update replaces the row and raises the version by one", "an update merges attributes", overrideUpdate(updateMerges)},
	{"an update leaves ID and CreatedAt as they are", "CreatedAt is replaced", replaceCreatedAt},
	{"a stale version does not update", "UpdateUser looks at no version", overrideUpdate(updateAlways)},
	{"a new username replaces the old one", "the username stays", overrideUpdate(updateKeepsUsername)},
	{"a new username replaces the old one", "the old username remains", oldUsernamesRemain},
	{"a new username that is taken is refused", "nobody is told that it is taken", overrideUpdate(updateIgnoresExisting)},
	{"a new username that is taken is refused", "the rest of the row is written", overrideUpdate(updateTheRest)},
	{"of many updates of one version one wins", "UpdateUser reads and then writes", overrideUpdate(updateReadsFirst)},
	{"of many who want one new username one gets it", "UpdateUser looks first", overrideUpdate(updateLooksFirst)},

	{"a call whose context is done fails and changes nothing", "contexts are ignored", ignoreUsersContext},
	{"a call whose context is done fails and changes nothing", "CreateUser looks at the context too late", overrideCreate(createThenContext)},
	{"a call whose context is done fails and changes nothing", "a look-up takes any error for not found", overrideByID(byIDNothing)},
}

// The types below are the methods of store.Users with the right adapter as an argument.
type (
	findFunc  func(ctx context.Context, right store.Users, key string) (store.User, error)
	writeFunc func(ctx context.Context, right store.Users, u store.User) error
)

// wrongUserTable is the right adapter but for the methods that are set.
type wrongUserTable struct {
	store.Users
	create, update writeFunc
	byName, byID   findFunc
}

func (s wrongUserTable) CreateUser(ctx context.Context, u store.User) error {
	if s.create == nil {
		return s.Users.CreateUser(ctx, u)
	}
	return s.create(ctx, s.Users, u)
}

func (s wrongUserTable) UpdateUser(ctx context.Context, u store.User) error {
	if s.update == nil {
		return s.Users.UpdateUser(ctx, u)
	}
	return s.update(ctx, s.Users, u)
}

func (s wrongUserTable) UserByUsername(ctx context.Context, username string) (store.User, error) {
	if s.byName == nil {
		return s.Users.UserByUsername(ctx, username)
	}
	return s.byName(ctx, s.Users, username)
}

func (s wrongUserTable) UserByID(ctx context.Context, id string) (store.User, error) {
	if s.byID == nil {
		return s.Users.UserByID(ctx, id)
	}
	return s.byID(ctx, s.Users, id)
}

func overrideCreate(f writeFunc) func() store.Users {
	return func() store.Users { return wrongUserTable{Users: memory.New(), create: f} }
}

func overrideUpdate(f writeFunc) func() store.Users {
	return func() store.Users { return wrongUserTable{Users: memory.New(), update: f} }
}

func overrideByName(f findFunc) func() store.Users {
	return func() store.Users { return wrongUserTable{Users: memory.New(), byName: f} }
}

func overrideByID(f findFunc) func() store.Users {
	return func() store.Users { return wrongUserTable{Users: memory.New(), byID: f} }
}

func changeCreated(change func(*store.User)) func() store.Users {
	return overrideCreate(func(ctx context.Context, right store.Users, u store.User) error {
		change(&u)
		return right.CreateUser(ctx, u)
	})
}

func changeAttributes(change func(string) string) func() store.Users {
	return changeCreated(func(u *store.User) {
		u.Attributes = maps.Clone(u.Attributes)
		for name, value := range u.Attributes {
			u.Attributes[name] = change(value)
		}
	})
}

func dropEmptyAttributes(u *store.User) {
	u.Attributes = maps.Clone(u.Attributes)
	maps.DeleteFunc(u.Attributes, func(_, value string) bool { return value == "" })
}

// changeRead is the right adapter whose users are changed on their way out.
func changeRead(change func(*store.User)) func() store.Users {
	read := func(u store.User, err error) (store.User, error) {
		change(&u)
		return u, err
	}
	return func() store.Users {
		return wrongUserTable{
			Users: memory.New(),
			byID: func(ctx context.Context, right store.Users, id string) (store.User, error) {
				return read(right.UserByID(ctx, id))
			},
			byName: func(ctx context.Context, right store.Users, username string) (store.User, error) {
				return read(right.UserByUsername(ctx, username))
			},
		}
	}
}

// foldUsername stores usernames as they are and finds them by a key that forgets something.
func foldUsername(fold func(string) string) func() store.Users {
	return func() store.Users {
		names := map[string]string{}
		return wrongUserTable{
			Users: memory.New(),
			create: func(ctx context.Context, right store.Users, u store.User) error {
				if _, taken := names[fold(u.Username)]; taken {
					return store.ErrExists
				}
				names[fold(u.Username)] = u.Username
				return right.CreateUser(ctx, u)
			},
			byName: func(ctx context.Context, right store.Users, username string) (store.User, error) {
				return right.UserByUsername(ctx, names[fold(username)])
			},
		}
	}
}

func byNameFolds(ctx context.Context, right store.Users, username string) (store.User, error) {
	u, err := right.UserByUsername(ctx, username)
	if errors.Is(err, store.ErrNotFound) {
		return right.UserByUsername(ctx, strings.ToLower(username))
	}
	return u, err
}

func byNameOtherID(ctx context.Context, right store.Users, username string) (store.User, error) {
	u, err := right.UserByUsername(ctx, username)
	u.ID = strings.ToUpper(u.ID)
	return u, err
}

func byIDFindsAll(ctx context.Context, right store.Users, id string) (store.User, error) {
	u, err := right.UserByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.User{}, nil
	}
	return u, err
}

func byIDNothing(ctx context.Context, right store.Users, id string) (store.User, error) {
	u, err := right.UserByID(ctx, id)
	if err != nil {
		return store.User{}, store.ErrNotFound
	}
	return u, nil
}

func createIgnoresExisting(ctx context.Context, right store.Users, u store.User) error {
	if err := right.CreateUser(ctx, u); !errors.Is(err, store.ErrExists) {
		return err
	}
	return nil
}

// createReplaces is INSERT OR REPLACE.
func createReplaces(ctx context.Context, right store.Users, u store.User) error {
	err := right.CreateUser(ctx, u)
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	for _, find := range []func() (store.User, error){
		func() (store.User, error) { return right.UserByUsername(ctx, u.Username) },
		func() (store.User, error) { return right.UserByID(ctx, u.ID) },
	} {
		if old, err := find(); err == nil {
			u.ID, u.Version = old.ID, old.Version
			return right.UpdateUser(ctx, u)
		}
	}
	return err
}

func createLooksFirst(ctx context.Context, right store.Users, u store.User) error {
	_, byName := right.UserByUsername(ctx, u.Username)
	_, byID := right.UserByID(ctx, u.ID)
	if byName == nil || byID == nil {
		return store.ErrExists
	}
	runtime.Gosched()
	return createIgnoresExisting(ctx, right, u)
}

func createThenContext(ctx context.Context, right store.Users, u store.User) error {
	_ = right.CreateUser(context.WithoutCancel(ctx), u)
	return ctx.Err()
}

func updateCreates(ctx context.Context, right store.Users, u store.User) error {
	err := right.UpdateUser(ctx, u)
	if errors.Is(err, store.ErrNotFound) {
		return right.CreateUser(ctx, u)
	}
	return err
}

func updateTwice(ctx context.Context, right store.Users, u store.User) error {
	if err := right.UpdateUser(ctx, u); err != nil {
		return err
	}
	u.Version++
	return right.UpdateUser(ctx, u)
}

func updateKeepsEmpty(ctx context.Context, right store.Users, u store.User) error {
	if old, err := right.UserByID(ctx, u.ID); err == nil && u.Email == "" {
		u.Email = old.Email
	}
	return right.UpdateUser(ctx, u)
}

func updateMerges(ctx context.Context, right store.Users, u store.User) error {
	if old, err := right.UserByID(ctx, u.ID); err == nil {
		maps.Copy(old.Attributes, u.Attributes)
		u.Attributes = old.Attributes
	}
	return right.UpdateUser(ctx, u)
}

// updateAlways updates whatever version is there.
func updateAlways(ctx context.Context, right store.Users, u store.User) error {
	for {
		old, err := right.UserByID(ctx, u.ID)
		if err != nil {
			return err
		}
		u.Version = old.Version
		if err := right.UpdateUser(ctx, u); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func updateReadsFirst(ctx context.Context, right store.Users, u store.User) error {
	if old, err := right.UserByID(ctx, u.ID); err == nil && old.Version != u.Version {
		return store.ErrConflict
	}
	runtime.Gosched()
	return updateAlways(ctx, right, u)
}

func updateKeepsUsername(ctx context.Context, right store.Users, u store.User) error {
	if old, err := right.UserByID(ctx, u.ID); err == nil {
		u.Username = old.Username
	}
	return right.UpdateUser(ctx, u)
}

func updateIgnoresExisting(ctx context.Context, right store.Users, u store.User) error {
	if err := right.UpdateUser(ctx, u); !errors.Is(err, store.ErrExists) {
		return err
	}
	return nil
}

func updateTheRest(ctx context.Context, right store.Users, u store.User) error {
	err := right.UpdateUser(ctx, u)
	if errors.Is(err, store.ErrExists) {
		_ = updateKeepsUsername(ctx, right, u)
	}
	return err
}

func updateLooksFirst(ctx context.Context, right store.Users, u store.User) error {
	if other, err := right.UserByUsername(ctx, u.Username); err == nil && other.ID != u.ID {
		return store.ErrExists
	}
	runtime.Gosched()
	return updateIgnoresExisting(ctx, right, u)
}

func versionsAsGiven() store.Users {
	given := map[string]int64{}
	return wrongUserTable{
		Users: memory.New(),
		create: func(ctx context.Context, right store.Users, u store.User) error {
			given[u.ID] = u.Version
			return right.CreateUser(ctx, u)
		},
		byID: func(ctx context.Context, right store.Users, id string) (store.User, error) {
			u, err := right.UserByID(ctx, id)
			u.Version = given[id]
			return u, err
		},
	}
}

func shareAttributes() store.Users {
	shared := map[string]map[string]string{}
	return wrongUserTable{
		Users: memory.New(),
		create: func(ctx context.Context, right store.Users, u store.User) error {
			shared[u.ID] = u.Attributes
			return right.CreateUser(ctx, u)
		},
		byID: func(ctx context.Context, right store.Users, id string) (store.User, error) {
			u, err := right.UserByID(ctx, id)
			u.Attributes = shared[id]
			return u, err
		},
	}
}

func replaceCreatedAt() store.Users {
	replaced := map[string]time.Time{}
	return wrongUserTable{
		Users: memory.New(),
		update: func(ctx context.Context, right store.Users, u store.User) error {
			replaced[u.ID] = u.CreatedAt
			return right.UpdateUser(ctx, u)
		},
		byID: func(ctx context.Context, right store.Users, id string) (store.User, error) {
			u, err := right.UserByID(ctx, id)
			u.CreatedAt = replaced[id]
			return u, err
		},
	}
}

// oldUsernamesRemain is an index that is only ever added to.
func oldUsernamesRemain() store.Users {
	var mu sync.Mutex
	ids := map[string]string{}
	remember := func(u store.User, err error) error {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			ids[u.Username] = u.ID
		}
		return err
	}
	return wrongUserTable{
		Users: memory.New(),
		create: func(ctx context.Context, right store.Users, u store.User) error {
			return remember(u, right.CreateUser(ctx, u))
		},
		update: func(ctx context.Context, right store.Users, u store.User) error {
			return remember(u, right.UpdateUser(ctx, u))
		},
		byName: func(ctx context.Context, right store.Users, username string) (store.User, error) {
			mu.Lock()
			defer mu.Unlock()
			return right.UserByID(ctx, ids[username])
		},
	}
}

func ignoreUsersContext() store.Users {
	right := memory.New()
	write := func(do writeFunc) writeFunc {
		return func(ctx context.Context, right store.Users, u store.User) error {
			return do(context.WithoutCancel(ctx), right, u)
		}
	}
	return wrongUserTable{
		Users:  right,
		create: write(func(ctx context.Context, right store.Users, u store.User) error { return right.CreateUser(ctx, u) }),
		update: write(func(ctx context.Context, right store.Users, u store.User) error { return right.UpdateUser(ctx, u) }),
	}
}
