package handler

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read reads a body of a content type, "" for none.
func read(contentType, body string) (form, error) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return readEither(httptest.NewRecorder(), r)
}

func TestReadEither_AFormAndAJSONObjectSayTheSame(t *testing.T) {
	want := form{ClientID: "app", Username: "casey@contoso.com", Password: " harbour ", Scope: "a b"}
	for _, body := range []string{
		"client_id=app&username=+casey%40contoso.com+&password=+harbour+&scope=a+b&unknown=1",
		"?client_id=app&username=casey@contoso.com&password=%20harbour%20&scope=a%20b",
	} {
		for _, contentType := range []string{"", formType, formType + "; charset=UTF-8"} {
			f, err := read(contentType, body)
			require.NoError(t, err)
			f.body = ""
			assert.Equal(t, want, f)
		}
	}
	for _, body := range []string{
		`{"client_id":"app","username":" casey@contoso.com ","password":" harbour ","scope":"a b"}`,
		" {\n\"scope\" : \"a b\", \"password\":\"\\u0020harbour \", \"username\":\"casey@contoso.com\",\t\"client_id\":\"app\",\"unknown\":1} ",
	} {
		for _, contentType := range []string{jsonType, jsonType + ";charset=UTF-8", "Application/JSON"} {
			f, err := read(contentType, body)
			require.NoError(t, err)
			assert.Equal(t, want, f)
		}
	}
}

func TestReadEither_JSONValuesBecomeText(t *testing.T) {
	for value, want := range map[string]string{
		`"text"`: "text", `""`: "", `true`: "true", `false`: "false", `12`: "12", `-0.5e7`: "-0.5e7", `1e400`: "1e400",
		`null`: "", `"é 用户"`: "é 用户", `"a\/b"`: "a/b",
	} {
		f, err := read(jsonType, `{"client_id":`+value+`}`)
		require.NoError(t, err, value)
		assert.Equal(t, want, f.ClientID, value)
	}
	f, err := read(jsonType, `{}`)
	require.NoError(t, err)
	assert.Equal(t, form{}, f)
}

// members returns n members that nobody knows.
func members(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"m%d":%d`, i, i)
	}
	return strings.Join(list, ",")
}

func TestReadEither_WhatIsRefused(t *testing.T) {
	for name, row := range map[string]struct {
		contentType, body string
		want              error
	}{
		"nothing at all":                           {jsonType, "", errMalformed},
		"no object":                                {jsonType, `"client_id"`, errMalformed},
		"an array":                                 {jsonType, `[{"client_id":"a"}]`, errMalformed},
		"an object that does not end":              {jsonType, `{"client_id":"a"`, errMalformed},
		"a member without a value":                 {jsonType, `{"client_id"}`, errMalformed},
		"a comma too many":                         {jsonType, `{"client_id":"a",}`, errMalformed},
		"two objects":                              {jsonType, `{"client_id":"a"}{}`, errMalformed},
		"text after the object":                    {jsonType, `{"client_id":"a"} x`, errMalformed},
		"a form that says it is JSON":              {jsonType, `client_id=a`, errMalformed},
		"JSON that says it is a form":              {formType, `%{"client_id":"a"}`, errMalformed},
		"an array as a value":                      {jsonType, `{"client_id":["a"]}`, errMalformed},
		"an object as a value":                     {jsonType, `{"client_id":{"a":1}}`, errMalformed},
		"an unknown object":                        {jsonType, `{"x":{}}`, errMalformed},
		"deep nesting":                             {jsonType, `{"x":` + strings.Repeat("[", 30000), errMalformed},
		"a member twice":                           {jsonType, `{"client_id":"a","client_id":"a"}`, errMalformed},
		"a member twice, once in capitals":         {jsonType, `{"client_id":"a","Client_ID":"b"}`, errMalformed},
		"a member twice, once null":                {jsonType, `{"client_id":null,"client_id":"a"}`, errMalformed},
		"a member in two spellings":                {jsonType, `{"client_id":"a","client\u005fid":"b"}`, errMalformed},
		"a name with blanks beside it":             {jsonType, `{"client_id":"a"," client_id":"b"}`, errMalformed},
		"an unknown member twice":                  {jsonType, `{"x":1,"x":1}`, errMalformed},
		"a token twice":                            {jsonType, `{"continuation_token":"a","continuation-token":"b"}`, errMalformed},
		"a control character":                      {jsonType, `{"client_id":"a\u0000"}`, errMalformed},
		"a control character in an unknown member": {jsonType, `{"x":"\u0007"}`, errMalformed},
		"a control character in a name":            {jsonType, `{"x\u0000":1}`, errMalformed},
		"invalid UTF-8":                            {jsonType, "{\"client_id\":\"\xff\"}", errMalformed},
		"half a surrogate pair":                    {jsonType, `{"client_id":"\ud800"}`, errMalformed},
		"a value beyond its cap":                   {jsonType, `{"scope":"` + strings.Repeat("x", 1025) + `"}`, errMalformed},
		"65 members":                               {jsonType, "{" + members(65) + "}", errMalformed},
		"more than 64 KiB":                         {jsonType, `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, errTooLarge},
		"another type":                             {"text/plain", `{"client_id":"a"}`, errMediaType},
		"a type that only ends so":                 {"application/jwk+json", `{"client_id":"a"}`, errMediaType},
		"several parts":                            {"multipart/form-data; boundary=x", "--x--", errMediaType},
		"no type":                                  {";", `{"client_id":"a"}`, errMediaType},
	} {
		_, err := read(row.contentType, row.body)
		assert.ErrorIs(t, err, row.want, name)
	}
	_, err := read(jsonType, "{"+members(64)+"}")
	assert.NoError(t, err, "64 members")
	_, err = read(jsonType, `{"scope":"`+strings.Repeat("x", 1024)+`"}`)
	assert.NoError(t, err, "a value of its cap")
}

func TestReadForm_TakesNoJSON(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"client_id":"a"}`))
	r.Header.Set("Content-Type", jsonType)
	_, err := readForm(httptest.NewRecorder(), r)
	assert.ErrorIs(t, err, errMediaType)
}

// The words of a refusal hold nothing that the caller sent.
func TestReadEither_ARefusalRepeatsNothing(t *testing.T) {
	for _, body := range []string{`{"canary":"\u0000canary"}`, `{"canary":["canary"]}`, `{"canary":1,"canary":2}`, `{"scope":"canary\u0001"}`, `canary`} {
		_, err := read(jsonType, body)
		require.ErrorIs(t, err, errMalformed)
		assert.NotContains(t, err.Error(), "canary")
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, body := range []string{
		`{"client_id":"a","otp":"12345678","auto_signup":true}`, `{"scope":null}`, `{"a":1e400}`, `{"client_id":"\ud800"}`,
		`{"a":[1]}`, `{"a":1,"a":2}`, `[]`, `{`, `{"continuation-token":"x"}`, "{\"\xff\":1}", `{"scope":"a b"}{}`, `{" scope ":" a "}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := parseJSON(body)
		if err != nil {
			assert.ErrorIs(t, err, errMalformed)
			return
		}
		assert.LessOrEqual(t, len(values), maxParameters)
		for name, list := range values {
			limit, known := caps[name]
			assert.True(t, known, name)
			assert.Len(t, list, 1)
			assert.LessOrEqual(t, len(list[0]), limit)
			assert.True(t, isText(list[0], "\t\r\n"))
		}
	})
}

// An API beside the native one has its own rows, and those of all plain answers where it has none.
func TestPlain_AnAPIHasItsOwnRows(t *testing.T) {
	own := &plain{rows: []row{{Status: 403, Code: "invalid_grant", Text: "Wrong email or password.", cause: errCredential}}}
	assert.Equal(t, 403, own.rowOf(fmt.Errorf("no: %w", errCredential)).Status)
	assert.Equal(t, rowClientAuth, own.rowOf(noClient("unknown")))
	assert.Equal(t, rowOf(errMalformed), own.rowOf(malformed("x")))
	assert.Equal(t, rowOf(errUnavailable), own.rowOf(fmt.Errorf("anything")))
}
