package handler_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// described is the description of an API, as the API serves it.
type described map[string]any

func newDescribed(t *testing.T, auth *handler.Auth) described {
	t.Helper()
	text, err := json.Marshal(auth.OpenAPI())
	require.NoError(t, err)
	var d described
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

// at walks down members.
func at(v any, path ...string) any {
	for _, name := range path {
		members, _ := v.(map[string]any)
		v = members[name]
	}
	return v
}

// operation finds what is described of a path, by any method that it takes.
func (d described) operation(path string) any {
	item, _ := at(map[string]any(d), "paths", path).(map[string]any)
	for _, op := range item {
		return op
	}
	return nil
}

// check says in what an answer differs from its description; "" if in nothing. What is answered for paths that are none is not
// in it, nor pages.
func (d described) check(path string, status int, media string, body any) string {
	op := d.operation(path)
	answer := at(op, "responses", strconv.Itoa(status))
	if op == nil || status == http.StatusNotFound || strings.HasPrefix(media, "text/html") {
		return ""
	}
	if answer == nil {
		return fmt.Sprintf("%s answers %d %v, of which the description has nothing", path, status, at(body, "error"))
	}
	schema := at(answer, "content", strings.TrimSuffix(media, "; charset=utf-8"), "schema")
	if schema == nil {
		schema = at(answer, "content", media, "schema")
	}
	if schema == nil {
		return fmt.Sprintf("%s answers %d as %s, of which the description has nothing", path, status, media)
	}
	if wrong := d.mismatch(schema, body); wrong != "" {
		return fmt.Sprintf("%s answers %d %s: %s", path, status, at(body, "error"), wrong)
	}
	return ""
}

// mismatch says why a value is not of a schema: of the part of JSON Schema that the description is written in.
func (d described) mismatch(schema, value any) string {
	s, _ := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		return d.mismatch(at(map[string]any(d), strings.Split(strings.TrimPrefix(ref, "#/"), "/")...), value)
	}
	for _, one := range list(s["allOf"]) {
		if wrong := d.mismatch(one, value); wrong != "" {
			return wrong
		}
	}
	if any := list(s["anyOf"]); any != nil {
		var all []string
		for _, one := range any {
			wrong := d.mismatch(one, value)
			if wrong == "" {
				return ""
			}
			all = append(all, wrong)
		}
		return strings.Join(all, "; or ")
	}
	if values := list(s["enum"]); values != nil && !slices.Contains(values, value) {
		return fmt.Sprintf("%v is none of %v", value, values)
	}
	if t := s["type"]; t != nil && !slices.Contains(append(list(t), t), any(typeOf(value))) {
		return fmt.Sprintf("%v is no %v", value, t)
	}
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if wrong := d.mismatch(s["items"], item); wrong != "" {
				return wrong
			}
		}
	case map[string]any:
		return d.members(s, v)
	}
	return ""
}

func (d described) members(s, value map[string]any) string {
	for _, name := range list(s["required"]) {
		if _, there := value[name.(string)]; !there {
			return fmt.Sprintf("%v is missing", name)
		}
	}
	known, _ := s["properties"].(map[string]any)
	for name, v := range value {
		if schema, there := known[name]; there {
			if wrong := d.mismatch(schema, v); wrong != "" {
				return name + ": " + wrong
			}
		} else if _, closed := s["required"]; closed {
			return name + " is not described"
		}
	}
	return ""
}

func list(v any) []any { l, _ := v.([]any); return l }

// typeOf is the type of a JSON value.
func typeOf(v any) string {
	switch v := v.(type) {
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	case nil:
		return "null"
	}
	return "object"
}

func TestOpenAPI_DescribesEveryPathOfTheConfigAndNoOther(t *testing.T) {
	w := newWorld(t)
	served, described := slices.Collect(maps.Keys(w.auth.Paths())), slices.Collect(maps.Keys(at(map[string]any(newDescribed(t, w.auth)), "paths").(map[string]any)))
	assert.ElementsMatch(t, slices.DeleteFunc(served, func(p string) bool { return p == "/oauth2/logout" }), described, "which is there for sessions alone")

	// The same document is served, to browsers and to tools, and may be kept.
	resp, err := http.Get(w.base + "/.well-known/openapi.json")
	require.NoError(t, err)
	defer resp.Body.Close()
	var document map[string]any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&document))
	assert.Equal(t, map[string]any(newDescribed(t, w.auth)), document)
	assert.Equal(t, "public, max-age=3600", resp.Header.Get("Cache-Control"))
	assert.Equal(t, "http://127.0.0.1/contoso.onmicrosoft.com", document["servers"].([]any)[0].(map[string]any)["url"])
}

// Each parameter that is said to be required is: without it the call is refused, whatever else it has.
func TestOpenAPI_ParametersAreThoseOfTheAPI(t *testing.T) {
	w := newWorld(t)
	d := newDescribed(t, w.auth)
	ids := map[string]bool{}
	for path := range at(map[string]any(d), "paths").(map[string]any) {
		op := d.operation(path)
		id := at(op, "operationId").(string)
		assert.False(t, ids[id], "%s is twice", id)
		ids[id] = true
		schema := at(op, "requestBody", "content", "application/x-www-form-urlencoded", "schema")
		if schema == nil {
			continue
		}
		members := at(schema, "properties").(map[string]any)
		for name, m := range members {
			limit, ok := at(m, "maxLength").(float64)
			if !ok {
				continue
			}
			a := w.post(path, name, strings.Repeat("x", int(limit)+1))
			assert.Equal(t, 400, a.status, "%s is longer than it may be at %s", name, path)
		}
	}
	for _, path := range []string{"/nowhere", "/.well-known/nothing"} {
		assert.Nil(t, d.operation(path))
	}
}

// The check of every answer in these tests can fail.
func TestOpenAPI_IsHeldAgainstEveryAnswer(t *testing.T) {
	w := newWorld(t)
	d := newDescribed(t, w.auth)
	const media = "application/json; charset=utf-8"
	good := map[string]any{"continuation_token": "x"}
	assert.Empty(t, d.check("/signup/v1.0/start", 200, media, good))
	for _, row := range []struct {
		status int
		media  string
		body   any
	}{
		{200, media, map[string]any{}},
		{200, media, map[string]any{"continuation_token": 1.0}},
		{200, media, map[string]any{"continuation_token": "x", "code": "12345678"}},
		{201, media, good},
		{200, "text/plain", good},
		{400, media, map[string]any{"error": "teapot"}},
		{400, media, map[string]any{"error": "invalid_request"}},
	} {
		assert.NotEmpty(t, d.check("/signup/v1.0/start", row.status, row.media, row.body), row)
	}
}
