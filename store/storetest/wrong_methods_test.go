package storetest

import (
	"bytes"
	"cmp"
	"context"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

// wrongMethods break a promise by what they do to methods.
var wrongMethods = []wrong[store.Users]{
	{"a user is read back as it was created, by ID and by username", "methods are dropped", changeCreated(func(u *store.User) { u.Methods = nil })},
	{"a user is read back as it was created, by ID and by username", "the look-up by username leaves methods out", overrideByName(byNameWithoutMethods)},
	{"a user is read back as it was created, by ID and by username", "no method is the default", changeMethod(func(m *store.Method) { m.Default = false })},
	{"a user is read back as it was created, by ID and by username", "methods are added at whole seconds", changeMethod(func(m *store.Method) { m.AddedAt = m.AddedAt.Truncate(time.Second) })},
	{"a user is read back as it was created, by ID and by username", "methods are added in local time", changeMethodRead(func(m *store.Method) { m.AddedAt = m.AddedAt.In(time.FixedZone("here", 3600)) })},

	{"methods keep every byte and their order", "methods are reversed", changeMethods(func(all []store.Method) []store.Method { slices.Reverse(all); return all })},
	{"methods keep every byte and their order", "methods are sorted", changeMethods(sortMethods)},
	{"methods keep every byte and their order", "methods end after five", changeMethods(func(all []store.Method) []store.Method { return all[:min(len(all), 5)] })},
	{"methods keep every byte and their order", "there is one method of a kind", changeMethods(oneOfAKind)},
	{"methods keep every byte and their order", "none is one that says nothing", changeRead(noneIsEmpty)},
	{"methods keep every byte and their order", "methods were always added in 1970", changeMethodRead(addedIn1970)},
	{"methods keep every byte and their order", "kinds that the adapter does not know are dropped", changeMethod(knownKind)},
	{"methods keep every byte and their order", "targets are escaped", changeMethod(func(m *store.Method) { m.Target = html.EscapeString(m.Target) })},
	{"methods keep every byte and their order", "long targets are cut", changeMethod(func(m *store.Method) { m.Target = m.Target[:min(len(m.Target), 253)] })},
	{"methods keep every byte and their order", "secrets are text", changeMethod(func(m *store.Method) { m.Secret = []byte(strings.ToValidUTF8(string(m.Secret), "\ufffd")) })},
	{"methods keep every byte and their order", "secrets end at a zero", changeMethod(func(m *store.Method) { m.Secret, _, _ = bytes.Cut(m.Secret, []byte{0}) })},
	{"methods keep every byte and their order", "long secrets are cut", changeMethod(func(m *store.Method) { m.Secret = m.Secret[:min(len(m.Secret), 255)] })},
	{"methods keep every byte and their order", "long codes are cut", changeMethod(func(m *store.Method) {
		m.Codes = eachCode(m.Codes, func(c []byte) []byte { return c[:min(len(c), 63)] })
	})},
	{"methods keep every byte and their order", "codes are text", changeMethod(func(m *store.Method) {
		m.Codes = eachCode(m.Codes, func(c []byte) []byte { return bytes.ToValidUTF8(c, nil) })
	})},
	{"methods keep every byte and their order", "codes are a list with commas", changeMethod(splitCodes)},
	{"methods keep every byte and their order", "codes are sorted", changeMethod(func(m *store.Method) { slices.SortFunc(m.Codes, bytes.Compare) })},
	{"methods keep every byte and their order", "codes are a set", changeMethod(func(m *store.Method) { m.Codes = slices.CompactFunc(m.Codes, bytes.Equal) })},
	{"methods keep every byte and their order", "codes end after ten", changeMethod(func(m *store.Method) { m.Codes = m.Codes[:min(len(m.Codes), 10)] })},
	{"methods keep every byte and their order", "an update cuts long secrets", changeUpdated(func(u *store.User) {
		u.Methods = each(u.Methods, func(m *store.Method) { m.Secret = m.Secret[:min(len(m.Secret), 255)] })
	})},
	{"methods keep every byte and their order", "an update keeps methods where there are to be none", overrideUpdate(updateKeepsLastMethods)},

	{"methods are not shared with the caller", "CreateUser keeps the slice of methods", keepMethods(theSameMethods, cloneMethods, cloneMethods)},
	{"methods are not shared with the caller", "UpdateUser keeps the slice of methods", keepMethods(cloneMethods, theSameMethods, cloneMethods)},
	{"methods are not shared with the caller", "UserByID hands out the slice of methods", keepMethods(cloneMethods, cloneMethods, theSameMethods)},
	{"methods are not shared with the caller", "CreateUser keeps what is in the slice of methods", keepMethods(slices.Clone, cloneMethods, cloneMethods)},
	{"methods are not shared with the caller", "UpdateUser keeps what is in the slice of methods", keepMethods(cloneMethods, slices.Clone, cloneMethods)},
	{"methods are not shared with the caller", "UserByID hands out what is in the slice of methods", keepMethods(cloneMethods, cloneMethods, slices.Clone)},
	{"methods are not shared with the caller", "secrets are shared", keepMethods(shareSecrets, cloneMethods, cloneMethods)},
	{"methods are not shared with the caller", "lists of codes are shared", keepMethods(shareLists, cloneMethods, cloneMethods)},
	{"methods are not shared with the caller", "codes are shared", keepMethods(shareCodes, cloneMethods, cloneMethods)},

	{"an update replaces the row and raises the version by one", "an update keeps methods", keepOnUpdate(methods)},
	{"an update replaces the row and raises the version by one", "an update adds methods to those that are there", overrideUpdate(updateAddsMethods)},
	{"a stale version does not update", "methods have no versions", keepApart(methods)},
	{"a new username that is taken is refused", "methods are written", keepApart(methods)},
	{"methods outlive an update of something else", "an update drops methods that are as before", overrideUpdate(updateDropsOldMethods)},
	{"methods outlive an update of something else", "methods belong to a username", overrideUpdate(updateForgetsByUsername)},
	{"of many who use up a recovery code one wins each version", "the codes are those of the last who tried", keepApart(methods)},
	{"of many who use up a recovery code one wins each version", "UpdateUser reads and then writes", overrideUpdate(updateReadsFirst)},
}

func methods(to *store.User, from store.User) { to.Methods = utcMethods(from.Methods) }

// utcMethods leaves alone what is none of the fault.
func utcMethods(all []store.Method) []store.Method {
	return each(all, func(m *store.Method) { m.AddedAt = m.AddedAt.UTC() })
}

// each changes copies.
func each(all []store.Method, change func(*store.Method)) []store.Method {
	all = cloneMethods(all)
	for i := range all {
		change(&all[i])
	}
	return all
}

func eachCode(codes [][]byte, change func([]byte) []byte) [][]byte {
	for i, code := range codes {
		codes[i] = change(code)
	}
	return codes
}

func changeMethod(change func(*store.Method)) func() store.Users {
	return changeCreated(func(u *store.User) { u.Methods = each(u.Methods, change) })
}

func changeMethodRead(change func(*store.Method)) func() store.Users {
	return changeRead(func(u *store.User) { u.Methods = each(u.Methods, change) })
}

// changeMethods hands change a copy.
func changeMethods(change func([]store.Method) []store.Method) func() store.Users {
	return changeCreated(func(u *store.User) { u.Methods = change(cloneMethods(u.Methods)) })
}

func byNameWithoutMethods(ctx context.Context, right store.Users, username string) (store.User, error) {
	u, err := right.UserByUsername(ctx, username)
	u.Methods = nil
	return u, err
}

func sortMethods(all []store.Method) []store.Method {
	slices.SortFunc(all, func(a, b store.Method) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func oneOfAKind(all []store.Method) []store.Method {
	return slices.CompactFunc(all, func(a, b store.Method) bool { return a.Kind == b.Kind })
}

func noneIsEmpty(u *store.User) {
	if len(u.Methods) == 0 {
		u.Methods = []store.Method{{}}
	}
}

func addedIn1970(m *store.Method) {
	if m.AddedAt.IsZero() {
		m.AddedAt = time.Unix(0, 0).UTC()
	}
}

func knownKind(m *store.Method) {
	known := []store.MethodKind{store.MethodEmail, store.MethodSMS, store.MethodTOTP, store.MethodRecovery}
	if !slices.Contains(known, m.Kind) {
		m.Kind = ""
	}
}

func splitCodes(m *store.Method) {
	if comma := []byte(","); len(m.Codes) > 0 {
		m.Codes = bytes.Split(bytes.Join(m.Codes, comma), comma)
	}
}

// updateKeepsLastMethods is COALESCE(NULLIF(?, '[]'), methods).
func updateKeepsLastMethods(ctx context.Context, right store.Users, u store.User) error {
	if old, err := right.UserByID(ctx, u.ID); err == nil && len(u.Methods) == 0 {
		u.Methods = old.Methods
	}
	return right.UpdateUser(ctx, u)
}

func updateAddsMethods(ctx context.Context, right store.Users, u store.User) error {
	if old, err := right.UserByID(ctx, u.ID); err == nil {
		for _, m := range old.Methods {
			if !slices.ContainsFunc(u.Methods, func(n store.Method) bool { return n.ID == m.ID }) {
				u.Methods = append(slices.Clip(u.Methods), m)
			}
		}
	}
	return right.UpdateUser(ctx, u)
}

func updateDropsOldMethods(ctx context.Context, right store.Users, u store.User) error {
	same := func(a, b store.Method) bool { return a.ID == b.ID }
	if old, err := right.UserByID(ctx, u.ID); err == nil && slices.EqualFunc(old.Methods, u.Methods, same) {
		u.Methods = nil
	}
	return right.UpdateUser(ctx, u)
}

func updateForgetsByUsername(ctx context.Context, right store.Users, u store.User) error {
	if old, err := right.UserByID(ctx, u.ID); err == nil && old.Username != u.Username {
		u.Methods = nil
	}
	return right.UpdateUser(ctx, u)
}

// keepMethods copies methods in the ways given.
func keepMethods(create, update, read func([]store.Method) []store.Method) func() store.Users {
	return func() store.Users {
		kept := map[string][]store.Method{}
		return wrongUserTable{
			Users: memory.New(),
			create: func(ctx context.Context, right store.Users, u store.User) error {
				kept[u.ID] = create(u.Methods)
				return right.CreateUser(ctx, u)
			},
			update: func(ctx context.Context, right store.Users, u store.User) error {
				kept[u.ID] = update(u.Methods)
				return right.UpdateUser(ctx, u)
			},
			byID: func(ctx context.Context, right store.Users, id string) (store.User, error) {
				u, err := right.UserByID(ctx, id)
				u.Methods = read(kept[id])
				return u, err
			},
		}
	}
}

func theSameMethods(all []store.Method) []store.Method { return all }

func shareSecrets(all []store.Method) []store.Method {
	mine := cloneMethods(all)
	for i := range mine {
		mine[i].Secret = all[i].Secret
	}
	return mine
}

func shareLists(all []store.Method) []store.Method {
	mine := cloneMethods(all)
	for i := range mine {
		mine[i].Codes = all[i].Codes
	}
	return mine
}

func shareCodes(all []store.Method) []store.Method {
	mine := cloneMethods(all)
	for i := range mine {
		mine[i].Codes = slices.Clone(all[i].Codes)
	}
	return mine
}
