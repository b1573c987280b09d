package handler_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// raw sends a body as it is.
func (w *world) raw(path, body string) answer {
	w.Helper()
	return w.send(request(w.T, w.base+path, body))
}

func TestForm_LeniencesOfTheContract(t *testing.T) {
	id := "client_id=" + plain
	for _, row := range []struct{ name, body string }{
		{"any order is good", "challenge_type=oob+redirect&username=sam%40contoso.com&" + id},
		{"an ampersand may lead", "&" + id + "&username=sam@contoso.com&challenge_type=oob%20redirect"},
		{"empty pairs are skipped", id + "&&username=sam@contoso.com&&&challenge_type=oob%20redirect&"},
		{"a question mark may lead", "?" + id + "&username=sam@contoso.com&challenge_type=oob%20redirect"},
		{"a question mark and an ampersand may lead", "?&" + id + "&username=sam@contoso.com&challenge_type=oob%20redirect"},
		{"blanks around values are dropped", id + "++&username=%20sam@contoso.com%09&challenge_type=oob+redirect+"},
		{"line ends around values are dropped", id + "%0D%0A&username=%0Asam@contoso.com&challenge_type=oob+redirect%0D%0A"},
		{"runs of blanks part the challenge types", id + "&username=sam@contoso.com&challenge_type=++oob+++redirect"},
		{"challenge types may be in capitals", id + "&username=sam@contoso.com&challenge_type=OOB+Redirect"},
		{"unknown parameters are ignored", id + "&username=sam@contoso.com&challenge_type=oob+redirect&nca=1&x-client-SKU=msal&dc=&flag"},
		{"an unknown parameter may be doubled", id + "&username=sam@contoso.com&challenge_type=oob+redirect&dc=1&dc=2"},
		{"a password is ignored at the start", id + "&username=sam@contoso.com&challenge_type=oob+redirect&password=+secret+"},
		{"empty attributes are none", id + "&username=sam@contoso.com&challenge_type=oob+redirect&attributes="},
		{"capability is read", id + "&username=sam@contoso.com&challenge_type=oob+redirect&capability=mfa_required,registration_required"},
		{"capabilities is read", id + "&username=sam@contoso.com&challenge_type=oob+redirect&capabilities=mfa_required+registration_required"},
		{"capability and capabilities may come both", id + "&username=sam@contoso.com&challenge_type=oob+redirect&capabilities=mfa_required&capability=other"},
	} {
		t.Run(row.name, func(t *testing.T) { newWorld(t).raw("/signup/v1.0/start", row.body).ok() })
	}
}

func TestForm_AContinuationTokenMayBeSpeltAndDoubledAsInTheExamples(t *testing.T) {
	for _, row := range []struct{ name, tokens string }{
		{"with a hyphen", "continuation-token=T"},
		{"twice the same", "continuation_token=T&continuation_token=T"},
		{"the last one counts", "continuation_token=old&continuation_token=T"},
		{"the last that is not empty counts", "continuation_token=T&continuation_token=&continuation_token=+"},
		{"one of each spelling", "continuation-token=old&continuation_token=T"},
		{"a signup-token is ignored", "signup-token=old&continuation_token=T"},
		{"led by a question mark", "?continuation_token=T"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			token := w.signUpStart(plain, casey).ok()
			w.raw("/signup/v1.0/challenge", strings.ReplaceAll(row.tokens, "T", token)+"&client_id="+plain).ok()
		})
	}
	t.Run("an earlier one does not count", func(t *testing.T) {
		w := newWorld(t)
		token := w.signUpStart(plain, casey).ok()
		w.raw("/signup/v1.0/challenge", "client_id="+plain+"&continuation_token="+token+"&continuation_token=other").
			refused(400, "invalid_request", "", 55200)
	})
}

// D3 of the contract.
func TestForm_EveryOtherKnownParameterIsRefusedWhenDoubled(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{
		"client_id", "username", "challenge_type", "capabilities", "capability", "grant_type", "oob", "password", "attributes",
		"scope", "refresh_token", "client-request-id", "client_info", "claims", "id", "new_password", "challenge_target", "challenge_channel",
	} {
		for _, values := range [][2]string{{"a", "a"}, {"a", "b"}, {"a", ""}, {"", "a"}} {
			w.post("/oauth2/v2.0/token", name, values[0], name, values[1]).
				refused(400, "invalid_request", "", 90023).says("Parameter " + name + " is given twice.")
		}
	}
	w.raw("/oauth2/v2.0/token", "username=a&%20username=b").refused(400, "invalid_request", "", 90023)
	w.raw("/oauth2/v2.0/token", "?username=a&user%6eame=b").refused(400, "invalid_request", "", 90023)
}

// I1 of the security requirements.
func TestForm_EachParameterHasItsCap(t *testing.T) {
	w := newWorld(t)
	for name, limit := range map[string]int{
		"challenge_type": 256, "capabilities": 1024, "capability": 1024, "continuation_token": 4096, "grant_type": 256, "oob": 32,
		"password": 1024, "new_password": 1024, "attributes": 16384, "scope": 1024, "refresh_token": 1024, "client-request-id": 256,
	} {
		for length, tooLong := range map[int]bool{limit - 1: false, limit: false, limit + 1: true} {
			// Without a client_id the next rule answers with 90100.
			a := w.post("/oauth2/v2.0/token", name, strings.Repeat("a", length))
			if !tooLong {
				a.refused(400, "invalid_request", "", 90100)
				continue
			}
			a.refused(400, "invalid_request", "", 90023).says("Parameter " + name + " is too long.")
		}
		// What is measured is the value, not the blanks around it.
		w.post("/oauth2/v2.0/token", name, strings.Repeat("a", limit-1)+" ").refused(400, "invalid_request", "", 90100)
	}
}

func TestForm_AClientIDHas128CharactersAtMost(t *testing.T) {
	w := newWorld(t)
	for _, row := range []struct {
		id, code string
		number   int
	}{
		{strings.Repeat("a", 127), "unauthorized_client", 700016},
		{strings.Repeat("a", 128), "unauthorized_client", 700016},
		{strings.Repeat("a", 129), "invalid_request", 90100},
		{"09AZaz.~_-", "unauthorized_client", 700016},
	} {
		w.post(endpoints[0], "client_id", row.id).refused(400, row.code, "", row.number)
	}
	for _, c := range " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}é" {
		w.post(endpoints[0], "client_id", "a"+string(c)+"b").refused(400, "invalid_request", "", 90100).says("client_id parameter is empty or not valid")
	}
}

func TestForm_AUsernameHas254BytesAtMost(t *testing.T) {
	w := newWorld(t)
	host := strings.Repeat(strings.Repeat("d", 48)+".", 4) + "com" // 199 bytes
	for length, good := range map[int]bool{253: true, 254: true, 255: false, 4000: false} {
		a := w.signUpStart(plain, strings.Repeat("l", length-len(host)-1)+"@"+host)
		if good {
			a.ok()
			continue
		}
		a.refused(400, "invalid_request", "", 90100).says("username parameter is empty or not valid")
	}
}

func TestForm_HoldsAtMost64Parameters(t *testing.T) {
	w := newWorld(t)
	known := form("client_id", plain, "username", casey, "challenge_type", native)
	w.raw(endpoints[0], known+strings.Repeat("&x=y", 61)).ok()
	w.raw(endpoints[0], known+strings.Repeat("&x=y", 62)).refused(400, "invalid_request", "", 90023).says("Too many parameters.")
}

// I4 of the security requirements.
func TestForm_OnlyPlainTextIsRead(t *testing.T) {
	w := newWorld(t)
	bad := []string{"%00", "a%00b", "a%01b", "a%08b", "a%0Ab", "a%0Db", "a%1Fb", "%7F", "a%7Fb", "%FF", "%C3", "%C0%80", "%ED%A0%80", "%", "%2", "%zz", "a%"}
	for _, name := range []string{"client_id", "username", "challenge_type", "continuation_token", "grant_type", "oob", "scope", "refresh_token", "password", "new_password", "client_info", "unknown"} {
		for _, value := range bad {
			w.raw("/oauth2/v2.0/token", name+"="+value).refused(400, "invalid_request", "", 90023)
		}
	}
	for _, name := range bad {
		w.raw("/oauth2/v2.0/token", name+"=x").refused(400, "invalid_request", "", 90023)
	}
	for b := range 256 { // bytes that nobody encoded
		body := "username=a" + string([]byte{byte(b)}) + "b"
		if b < ' ' && b != '&' || b == 0x7f || b >= 0x80 || b == '%' {
			w.raw("/oauth2/v2.0/token", body).refused(400, "invalid_request", "", 90023)
		} else {
			w.raw("/oauth2/v2.0/token", body).refused(400, "invalid_request", "", 90100)
		}
	}
}

func TestForm_WhatWasSentIsNotRepeated(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{"canary%00=1", "username=canary%00", "canary=%zz", "client_id=canary%20!", "attributes={canary}&client_id=" + plain} {
		resp, text := w.bare("POST", w.base+endpoints[0], body)
		assert.Equal(t, 400, resp.StatusCode)
		assert.NotContains(t, text, "canary", body)
	}
}

// The attributes parameter: 1.3 and I6.
func TestForm_AttributesAreOneFlatJSONObject(t *testing.T) {
	w := newWorld(t)
	members := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = `"a` + strings.Repeat("b", i) + `":1`
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	for _, row := range []struct {
		name, json string
		good       bool
	}{
		{"an empty object is fine", `{}`, true},
		{"blanks and lines are fine", "{\r\n\t\"city\" : \"Bern\"\n}", true},
		{"escapes are fine", `{"c\u0069ty":"B\u0065rn"}`, true},
		{"an unknown name may hold anything", `{"unknown":{"deep":[1,2,{"er":null}]}}`, true},
		{"an unknown name may be nested deeply", `{"unknown":` + strings.Repeat("[", 8000) + strings.Repeat("]", 8000) + `}`, true},
		{"50 members are fine", members(50), true},
		{"51 members are too many", members(51), false},
		{"text is refused", `city`, false},
		{"an array is refused", `[]`, false},
		{"a string is refused", `"{}"`, false},
		{"null is refused", `null`, false},
		{"an object that does not end is refused", `{"city":"Bern"`, false},
		{"a comma at the end is refused", `{"city":"Bern",}`, false},
		{"single quotes are refused", `{'city':'Bern'}`, false},
		{"names without quotes are refused", `{city:"Bern"}`, false},
		{"something after the object is refused", `{"city":"Bern"} {}`, false},
		{"a comment is refused", `{"city":"Bern"}//`, false},
		{"a member that occurs twice is refused", `{"city":"Bern","city":"Bern"}`, false},
		{"a member that occurs twice, once escaped, is refused", `{"city":"Bern","c\u0069ty":"Bonn"}`, false},
		{"a member that occurs twice in other cases is refused", `{"city":"Bern","City":"Bonn"}`, false},
		{"an unknown member that occurs twice is refused", `{"x":1,"X":2}`, false},
		{"a number out of shape is refused", `{"city":01}`, false},
		{"a bare line end in a string is refused", "{\"city\":\"Be\nrn\"}", false},
		{"deeper than any parser goes", strings.Repeat("{\"a\":", 3000), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			a := w.signUpStart(asking, casey, "attributes", row.json)
			if row.good {
				a.ok()
				return
			}
			a.refused(400, "invalid_request", "", 90023).says("attributes")
		})
	}
	w.signUpStart(asking, casey, "attributes", "{\"city\":\"Be\xffrn\"}").refused(400, "invalid_request", "", 90023)
	w.signUpStart(asking, casey, "attributes", "{\"city\":\"Be\x00rn\"}").refused(400, "invalid_request", "", 90023)
}

func TestForm_NumbersOfAnySizeAreText(t *testing.T) {
	w := newWorld(t)
	a := w.signUpStart(asking, casey, "attributes", `{"city":1e400}`).refused(400, "invalid_grant", "attribute_validation_failed", 901014)
	assert.Len(t, a.body["invalid_attributes"], 1) // read, and then no city
	w.signUpStart(asking, casey, "attributes", `{"displayName":1e400}`).ok()
}
