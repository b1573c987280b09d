package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
)

// Section 6.2, D18 and D19 of the contract. The client "asking" wants displayName, city and the
// terms, and takes jobTitle and hobbies.

const (
	required = `"displayName":"Casey","city":"Bern","` + terms + `":true`
	optional = `"jobTitle":"Cook","` + hobbies + `":"Traveling,Dancing"`
	easy     = "44444444-4444-4444-8444-444444444444" // takes attributes and asks for none
)

var (
	requiredValues = map[string]string{"displayName": "Casey", "city": "Bern", terms: "true"}
	allValues      = map[string]string{"displayName": "Casey", "city": "Bern", terms: "true", "jobTitle": "Cook", hobbies: "Dancing,Traveling"}
)

func withEasy(c *handler.Config) {
	c.Clients = append(c.Clients, handler.Client{ID: easy, Attributes: attrs.Schema{{Name: "city"}, {Name: "jobTitle"}}})
}

// has checks what an account says of its owner.
func (w *world) has(user string, values map[string]string) {
	w.Helper()
	u, err := w.store.UserByUsername(w.Context(), user)
	require.NoError(w, err)
	assert.Equal(w, values, u.Attributes)
}

// credentialRequired goes on to the code, as MSAL does.
func (w *world) credentialRequired(client string, a answer) (token, code string) {
	w.Helper()
	next := a.refused(400, "credential_required", "", 55103).text("continuation_token")
	return w.nextCode(func() answer { return w.signUpChallenge(client, next) })
}

// names lists the attributes that an answer names, in its order.
func (a answer) names(member string) (names []string) {
	a.t.Helper()
	list, _ := a.body[member].([]any)
	for _, each := range list {
		names = append(names, each.(map[string]any)["name"].(string))
	}
	return names
}

func TestAttributes_GivenAtTheStartAreNotAskedForAgain(t *testing.T) {
	w := newWorld(t)
	token, code := w.signUpSent(asking, casey, "attributes", "{"+required+","+optional+"}")
	w.signUpCode(asking, token, code).ok()
	w.has(casey, allValues)
}

func TestAttributes_RequiredOnesAtTheStartEndTheAsking(t *testing.T) {
	w := newWorld(t)
	token, code := w.signUpSent(asking, casey, "attributes", "{"+required+"}")
	done := w.signUpCode(asking, token, code).ok()
	w.has(casey, requiredValues)
	w.signUpAttributes(asking, done, "{"+optional+"}").refused(400, "invalid_request", "", 55200)
}

func TestAttributes_OptionalOnesAtTheStartAreKept(t *testing.T) {
	w := newWorld(t)
	token, code := w.signUpSent(asking, casey, "attributes", "{"+optional+"}")
	next := w.signUpCode(asking, token, code).refused(400, "attributes_required", "", 55106).text("continuation_token")
	w.signUpAttributes(asking, next, "{"+required+"}").ok()
	w.has(casey, allValues)
}

func TestAttributes_BeforeTheCodeAreKeptAndTheCodeIsAskedForAgain(t *testing.T) {
	for name, row := range map[string]struct {
		attributes string
		missing    []string
		values     map[string]string
	}{
		"only required": {required, nil, requiredValues},
		"only optional": {optional, []string{"displayName", "city", terms}, allValues},
		"both":          {required + "," + optional, nil, allValues},
		"none":          {"", []string{"displayName", "city", terms}, requiredValues},
	} {
		for _, sent := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				token, old := w.signUpStart(asking, casey).ok(), ""
				if sent {
					token, old = w.nextCode(func() answer { return w.signUpChallenge(asking, token) })
				}
				a := w.signUpAttributes(asking, token, "{"+row.attributes+"}")
				token, code := w.credentialRequired(asking, a)
				if old != "" && old != code {
					w.signUpCode(asking, token, old).refused(400, "invalid_grant", "invalid_oob_value", 50181)
				}
				a = w.signUpCode(asking, token, code)
				if row.missing != nil {
					next := a.refused(400, "attributes_required", "", 55106).text("continuation_token")
					assert.Equal(t, row.missing, a.names("required_attributes"))
					a = w.signUpAttributes(asking, next, "{"+required+"}")
				}
				a.ok()
				w.has(casey, row.values)
			})
		}
	}
}

func TestAttributes_BeforeTheCodeEndTheCodeThatWasSent(t *testing.T) {
	w := newWorld(t)
	token, code := w.signUpSent(asking, casey)
	next := w.signUpAttributes(asking, token, "{}").refused(400, "credential_required", "", 55103).text("continuation_token")
	for _, each := range []string{token, next} {
		w.signUpCode(asking, each, code).refused(400, "invalid_request", "", 55200)
	}
}

func TestAttributes_BeforeTheCodeDoNotMakePeopleWaitForAnother(t *testing.T) {
	w := newWorld(t, withInterval(time.Minute))
	token, code := w.signUpSent(asking, casey)
	w.signUpCode(asking, token, "00000000").refused(400, "invalid_grant", "invalid_oob_value", 50181)
	next := w.signUpAttributes(asking, token, "{"+required+"}").refused(400, "credential_required", "", 55103).text("continuation_token")
	again := w.signUpChallenge(asking, next)
	token = again.ok()
	assert.Equal(t, "oob", again.body["challenge_type"])
	for range 3 { // tries are the code's, not the token's: this is the second to the fourth
		w.signUpCode(asking, token, "00000000").refused(400, "invalid_grant", "invalid_oob_value", 50181)
	}
	w.signUpCode(asking, token, code).ok()
	assert.Equal(t, 1, w.mail.count())
	w.has(casey, requiredValues)
}

func TestChallenge_WhatSentNothingMakesNobodyWait(t *testing.T) {
	w := newWorld(t, withInterval(time.Minute))
	start := w.signUpStart(plain, casey).ok()
	require.NoError(t, w.auth.Shutdown(t.Context())) // mail is not taken any more
	for range 2 {
		w.signUpChallenge(plain, start).refused(503, "temporarily_unavailable", "", 90033)
	}
}

func TestAttributes_BeforeTheCodeMayBeGivenMoreThanOnce(t *testing.T) {
	w := newWorld(t)
	token := w.signUpStart(asking, casey, "attributes", `{"city":"Bonn","displayName":"C"}`).ok()
	for _, part := range []string{`{"city":"Basel"}`, `{"displayName":"Casey","city":"Bern"}`, `{"` + terms + `":"TRUE"}`} {
		token = w.signUpAttributes(asking, token, part).refused(400, "credential_required", "", 55103).text("continuation_token")
	}
	token, code := w.nextCode(func() answer { return w.signUpChallenge(asking, token) })
	w.signUpCode(asking, token, code).ok()
	w.has(casey, requiredValues)
}

// asked takes a sign-up to where attributes are asked for.
func (w *world) asked(user string) answer {
	w.Helper()
	token, code := w.signUpSent(asking, user)
	return w.signUpCode(asking, token, code).refused(400, "attributes_required", "", 55106)
}

func TestAttributes_AreAskedForWithEverythingAFormNeeds(t *testing.T) {
	w := newWorld(t)
	a := w.asked(casey)
	attribute := func(name, kind, regex string) map[string]any {
		return map[string]any{"name": name, "type": kind, "required": true, "options": map[string]any{"regex": regex}}
	}
	assert.Equal(t, []any{
		attribute("displayName", "string", ""), attribute("city", "string", `^[A-Za-z .'-]{2,60}$`), attribute(terms, "boolean", ""),
	}, a.body["required_attributes"])
	assert.NotContains(t, a.body, "invalid_attributes")
}

func TestAttributes_AfterTheCode(t *testing.T) {
	for _, row := range []struct {
		name, attributes string
		missing          []string // nil: the sign-up is finished
		values           map[string]string
	}{
		{"required ones finish the sign-up", required, nil, requiredValues},
		{"required and optional ones finish it", required + "," + optional, nil, allValues},
		{"optional ones alone are passed over", optional, []string{"displayName", "city", terms}, requiredValues},
		{"none are passed over", "", []string{"displayName", "city", terms}, requiredValues},
		{"a part leaves the rest to be asked for", `"city":"Bern"`, []string{"displayName", terms}, requiredValues},
		{"optional ones in the company of a part are kept", `"city":"Bern",` + optional, []string{"displayName", terms}, allValues},
		{"null is as good as nothing", `"displayName":null,"city":"Bern","` + terms + `":null`, []string{"displayName", terms}, requiredValues},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			token := w.asked(casey).text("continuation_token")
			a := w.signUpAttributes(asking, token, "{"+row.attributes+"}")
			if row.missing != nil {
				next := a.refused(400, "attributes_required", "", 55106).text("continuation_token")
				assert.Equal(t, row.missing, a.names("required_attributes"))
				assert.NotEqual(t, token, next)
				a = w.signUpAttributes(asking, next, "{"+required+"}")
			}
			w.redeemToken(asking, a.ok()).tokens()
			w.has(casey, row.values)
		})
	}
}

// D19 of the contract.
func TestAttributes_OnlyOptionalOnesMustComeBeforeTheCode(t *testing.T) {
	w := newWorld(t, withEasy)
	token, code := w.signUpSent(easy, casey)
	done := w.signUpCode(easy, token, code).ok()
	w.signUpAttributes(easy, done, `{"city":"Bern"}`).refused(400, "invalid_request", "", 55200)
	w.has(casey, nil)
	w.redeemToken(easy, done).tokens()

	token, code = w.signUpSent(easy, "sam@contoso.com", "attributes", `{"city":"Bern"}`)
	w.signUpCode(easy, token, code).ok()
	w.has("sam@contoso.com", map[string]string{"city": "Bern"})
}

func TestAttributes_UnknownAndReservedNamesSetNothing(t *testing.T) {
	others := `"id":"1","sub":"1","username":"sam","password":"x","email_verified":true,"roles":"admin","version":9,"epoch":9,` +
		`"disabled":true,"email":"sam@contoso.com","createdAt":"1999","CITY":"Bonn","DisplayName":"X","unknown":{"a":[1]},"hobbies":"Dancing"`
	w := newWorld(t)
	token, code := w.signUpSent(plain, "sam@contoso.com", "attributes", "{"+others+"}")
	w.signUpCode(plain, token, code).ok()
	w.has("sam@contoso.com", nil)

	next := w.asked(casey).text("continuation_token")
	w.signUpAttributes(asking, next, "{"+strings.NewReplacer(`"CITY":"Bonn",`, "", `"DisplayName":"X",`, "").Replace(others)+","+required+"}").ok()
	w.has(casey, requiredValues)
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	assert.Regexp(t, guidForm, u.ID)
	assert.Equal(t, casey, u.Email)
	assert.False(t, u.Disabled)
	assert.Zero(t, u.Epoch)
	assert.EqualValues(t, 1, u.Version)
}

// D18 of the contract, and the inputs of 6.2.
func TestAttributes_Values(t *testing.T) {
	long := strings.Repeat("x", 1024)
	for _, row := range []struct {
		name, member, value, kept string // kept "" means refused
	}{
		{"a text is kept", "displayName", `"Casey J."`, "Casey J."},
		{"a number becomes its text", "displayName", `-1.50e3`, "-1.50e3"},
		{"a boolean becomes its text", "displayName", `true`, "true"},
		{"text of other scripts is kept", "displayName", `"ケイシー 🎉"`, "ケイシー 🎉"},
		{"an empty text is refused where one is required", "displayName", `""`, ""},
		{"an array is refused", "displayName", `["Casey"]`, ""},
		{"an object is refused", "displayName", `{"first":"Casey"}`, ""},
		{"a line end is refused", "displayName", `"a\nb"`, ""},
		{"a NUL is refused", "displayName", `"a\u0000b"`, ""},
		{"half a pair is refused", "displayName", `"\ud800"`, ""},
		{"a value at the cap is kept", "displayName", `"` + long + `"`, long},
		{"a value over the cap is refused", "displayName", `"` + long + `x"`, ""},
		{"a value that fits its pattern is kept", "city", `"St. Gallen"`, "St. Gallen"},
		{"a value against its pattern is refused", "city", `"B3rn"`, ""},
		{"a boolean may be a text", terms, `"True"`, "true"},
		{"a boolean may be false", terms, `false`, "false"},
		{"a boolean is no number", terms, `1`, ""},
		{"an option may be chosen", hobbies, `"Dancing"`, "Dancing"},
		{"options may be parted by a comma", hobbies, `"Dancing,Swimming"`, "Dancing,Swimming"},
		{"options may be parted by a comma and a blank", hobbies, `"Swimming, Dancing"`, "Dancing,Swimming"},
		{"an option nobody offers is refused", hobbies, `"Dancing,Chess"`, ""},
		{"an option chosen twice is refused", hobbies, `"Dancing,Dancing"`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			all := map[string]string{"displayName": `"C"`, "city": `"Bern"`, terms: `"true"`}
			all[row.member] = row.value
			var members []string
			for name, value := range all {
				members = append(members, `"`+name+`":`+value)
			}
			token, code := w.signUpSent(asking, casey)
			token = w.signUpCode(asking, token, code).text("continuation_token")
			a := w.signUpAttributes(asking, token, "{"+strings.Join(members, ",")+"}")
			if row.kept == "" {
				a.refused(400, "invalid_grant", "attribute_validation_failed", 901014)
				assert.Equal(t, []string{row.member}, a.names("invalid_attributes"))
				return
			}
			a.ok()
			u, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			assert.Equal(t, row.kept, u.Attributes[row.member])
		})
	}
}

// Section 2.2 of the contract: Android reads nothing that is nested.
func TestAttributes_InvalidOnesAreListedFlat(t *testing.T) {
	w := newWorld(t)
	bad := `{"` + terms + `":"maybe","city":"<Bern>","displayName":"","jobTitle":"Cook"}`
	start := w.signUpStart(asking, casey).ok()
	sent, _ := w.signUpSent(asking, casey)
	next := w.asked(casey).text("continuation_token")
	for where, a := range map[string]answer{
		"at the start":     w.signUpStart(asking, casey, "attributes", bad),
		"before the mail":  w.signUpAttributes(asking, start, bad),
		"before the code":  w.signUpAttributes(asking, sent, bad),
		"after the code":   w.signUpAttributes(asking, next, bad),
		"and once more so": w.signUpAttributes(asking, next, bad),
	} {
		a.refused(400, "invalid_grant", "attribute_validation_failed", 901014)
		assert.Equal(t, []string{"displayName", "city", terms}, a.names("invalid_attributes"), where)
		for _, each := range a.body["invalid_attributes"].([]any) {
			m := each.(map[string]any)
			assert.Len(t, m, 2, where)
			assert.NotEmpty(t, m["reason"].(string), where)
			assert.NotContains(t, m["reason"], "Bern", "values are not repeated")
		}
		assert.NotContains(t, a.body, "required_attributes", where)
		assert.NotContains(t, a.body, "continuation_token", where)
	}
	w.signUpAttributes(asking, next, "{"+required+"}").ok() // the token is as good as before
}

func TestAttributes_ThatAreRefusedLeaveTheCodeAlone(t *testing.T) {
	w := newWorld(t)
	token, code := w.signUpSent(asking, casey)
	w.signUpAttributes(asking, token, `{"city":"1"}`).refused(400, "invalid_grant", "attribute_validation_failed", 901014)
	w.signUpCode(asking, token, code).refused(400, "attributes_required", "", 55106)
}
