package handler

import (
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// assertRead checks parameters that were read: known ones alone, each once, no longer than it may be, and
// text.
func assertRead(t *testing.T, values map[string][]string) {
	t.Helper()
	for name, list := range values {
		limit, known := caps[name]
		require.True(t, known, "%q", name)
		require.Len(t, list, 1, name)
		assert.LessOrEqual(t, len(list[0]), limit, name)
		assert.True(t, utf8.ValidString(list[0]), name)
		for _, r := range list[0] {
			laidOut := name == "attributes" && strings.ContainsRune("\t\r\n", r)
			assert.False(t, (r < ' ' || r == 0x7f) && !laidOut, "%s: %q", name, list[0])
		}
	}
	_, err := decodeForm(httptest.NewRequest("POST", "/", nil), values)
	if err != nil {
		assert.ErrorIs(t, err, errMalformed)
	}
}

// assertRefused checks that an error is an answer of the contract, with words for the caller that hold
// nothing of what the caller sent.
func assertRefused(t *testing.T, err error) {
	t.Helper()
	said, ok := errors.AsType[*malformedError](err)
	require.True(t, ok, "%v", err)
	known := append(slices.Collect(maps.Keys(caps)), "another")
	for _, name := range known {
		if said.text == "parameter "+name+" is given twice" || said.text == "parameter "+name+" is too long" || said.text == "parameter "+name+" is not plain text" {
			return
		}
	}
	for _, words := range []string{
		"too many parameters", "a parameter name is not form-encoded", "a parameter value is not form-encoded",
		"a parameter name is not plain text", "the body is not plain text", "the body is not a JSON object", "a parameter is given twice",
		"something follows the JSON object", "a parameter is not plain text", "a parameter is neither text nor a number nor a boolean",
	} {
		if said.text == words {
			return
		}
	}
	assert.Fail(t, "an answer with words of its own", "%q", said.text)
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"", "?", "&&=&", "client_id=a&username=casey%40contoso.com&challenge_type=oob+redirect", "?client_id=a", "&client_id=a&",
		"client_id=a&client_id=b", "continuation_token=a&continuation_token=", "continuation-token=a", "continuation_token=&continuation_token=b",
		"attributes=%7B%22city%22%3A%22%0D%0ABern%22%7D", "password=+%20a+", "username=%00", "username=%ff", "username=%C3%A4", "oob=%zz", "oob=%",
		"a=%00", "%00=a", " client_id =a", "client_id=%E2%80%AE", "username=" + strings.Repeat("a", 255), strings.Repeat("x=1&", 70), "client_id=a;username=b", "=client_id",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := parseBody(body)
		if err != nil {
			assertRefused(t, err)
			return
		}
		assertRead(t, values)
		again, err := parseBody(url.Values(values).Encode())
		assert.NoError(t, err)
		assert.Equal(t, values, again, "what was read is written and read alike")
	})
}

func FuzzJSONBody(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "[]", "null", `{"username":"casey@contoso.com","grant_type":"password"}`, `{"username":1e400,"scope":true,"oob":null}`, `{"a":1,"A":2}`,
		`{"username":"a","username":"b"}`, `{"username":"\ud800"}`, `{"username":"\u0000"}`, `{"username":{"$ne":1}}`, `{"scope":[]}`, `{} {}`, `{"a":1`, `{"a"}`,
		"{\"username\":\"\xff\"}", `{"continuation-token":"a","continuation_token":"b"}`, strings.Repeat("[", 10000), `{"scope":"` + strings.Repeat("a", 1025) + `"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := parseJSON(body)
		if err != nil {
			assertRefused(t, err)
			return
		}
		assertRead(t, values)
		flat := map[string]string{}
		for name, list := range values {
			flat[name] = list[0]
		}
		text, err := json.Marshal(flat)
		require.NoError(t, err)
		again, err := parseJSON(string(text))
		assert.NoError(t, err)
		assert.Equal(t, values, again, "what was read is written and read alike")
	})
}

func FuzzContentType(f *testing.F) {
	for _, seed := range []string{
		"", formType, jsonType, formType + "; charset=utf-8", "APPLICATION/X-WWW-FORM-URLENCODED", formType + ";", "multipart/form-data; boundary=x", "text/plain", "/", ";", "a/b; c", "a/b; c=d; c=e",
		" " + formType + " ", formType + ", " + jsonType, "application/json; charset=\"utf-8\"", "application/\x00", strings.Repeat("a/", 1000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header["Content-Type"] = []string{text}
		media, err := mediaOf(r)
		if err != nil {
			assert.ErrorIs(t, err, errMediaType)
			return
		}
		assert.Equal(t, strings.ToLower(media), media, "one spelling of each type")
		if text != "" {
			want, _, err := mime.ParseMediaType(text)
			assert.NoError(t, err)
			assert.Equal(t, want, media)
		}
	})
}
