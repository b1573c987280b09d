package handler

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// pathDescription is where the description is served.
const pathDescription = "/.well-known/openapi.json"

// object is one of JSON, whose members are sorted when it is written.
type object = map[string]any

// describe serves the description of the API as it is configured: OpenAPI 3.1.
func (x *exchange) describe() (any, error) { return x.auth.description() }

// OpenAPI returns a description of the API (OpenAPI 3.1.0), of the paths that this config has, as it is served at
// {Issuer}/.well-known/openapi.json. It is for tools that make clients, mocks and pages of it. The caller may change it.
func (a *Auth) OpenAPI() map[string]any {
	d := describer{auth: a, schemas: object{}}
	paths := object{}
	for _, o := range operations {
		_, there := a.routes[o.path]
		if there && (o.path != pathLogout || a.cfg.Sessions != nil) {
			paths[o.path] = object{strings.ToLower(o.method()): d.operation(o)}
		}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Native authentication of " + a.cfg.App, "version": "1.0",
			"description": "People sign up and sign in on the app's own screens. Compatible with Microsoft Entra External ID's native authentication, and not affiliated with Microsoft.",
		},
		"servers": []any{object{"url": a.cfg.Issuer}},
		"paths":   paths,
		"components": object{
			"schemas": d.schemas,
			"securitySchemes": object{
				"bearer": object{"type": "http", "scheme": "bearer"},
				"basic":  object{"type": "http", "scheme": "basic", "description": "Of a confidential client: client_secret_basic (RFC 6749 §2.3.1)."},
			},
		},
	}
}

// describer makes the description.
type describer struct {
	auth    *Auth
	schemas object
}

func (d *describer) operation(o operation) object {
	op := object{
		"operationId": operationID(o.path), "summary": o.about, "responses": d.responses(o),
		"parameters": []any{object{
			"name": correlationName, "in": "header", "description": "A GUID by which client and server call this request. It is echoed.",
			"schema": object{"type": "string", "format": "uuid"},
		}},
	}
	if !o.reads {
		op["requestBody"] = object{"required": true, "content": content(d.form(o), o.media()...)}
	}
	if o.bearer {
		op["security"] = []any{object{"bearer": []any{}}}
	} else if o.authenticates() {
		op["security"] = []any{object{}, object{"basic": []any{}}}
	}
	return op
}

// operationID makes a name of a path: /oauth2/v2.0/token is oauth2V20Token.
func operationID(path string) string {
	var b strings.Builder
	upper := false
	for _, r := range strings.TrimPrefix(path, "/") {
		switch {
		case r == '.': // 2.0 is 20
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z':
			if upper && r >= 'a' {
				r += 'A' - 'a'
			}
			b.WriteRune(r)
			upper = false
		default:
			upper = true
		}
	}
	return b.String()
}

// media are the content types that a path takes.
func (o operation) media() []string {
	if o.json {
		return []string{formType, "application/json"}
	}
	return []string{formType}
}

// form is the schema of a body.
func (d *describer) form(o operation) object {
	members, required := object{}, []any{}
	for _, p := range o.params {
		schema := object{"type": "string"}
		if limit := caps[p.name]; limit > 0 && limit < maxBody {
			schema["maxLength"] = limit
		}
		if p.about != "" {
			schema["description"] = p.about
		}
		members[p.name] = schema
		if p.required {
			required = append(required, p.name)
		}
	}
	schema := object{"type": "object", "properties": members}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

func content(schema object, media ...string) object {
	all := object{}
	for _, m := range media {
		all[m] = object{"schema": schema}
	}
	return all
}

// responses are the answers of a path, by status: what it answers when all goes well, and its errors.
func (d *describer) responses(o operation) object {
	all := object{"200": object{"description": "It went well.", "content": content(d.oneOf(o.answers), d.answerMedia(o))}}
	for status, names := range d.auth.errorsOf(o) {
		all[strconv.Itoa(status)] = d.failure(o, names)
	}
	if o.path == pathLogout {
		all["303"] = object{"description": "The app's own page, in Location."}
	}
	return all
}

// answerMedia is the content type of a path's answers.
func (d *describer) answerMedia(o operation) string {
	if p := plainly[o.path]; p != nil && p.media != nil {
		return p.media[0]
	}
	return "application/json"
}

// failure is an answer with one of some errors.
func (d *describer) failure(o operation, names []string) object {
	of := any(errorBody{})
	if plainly[o.path] != nil {
		of = plainErrorBody{}
	}
	values := make([]any, len(names))
	for i, n := range names {
		values[i] = n
	}
	schema := object{"allOf": []any{d.schema(reflect.TypeOf(of)), object{"properties": object{"error": object{"enum": values}}}}}
	return object{"description": strings.Join(names, ", "), "content": content(schema, d.answerMedia(o))}
}

// everywhere are the errors that any path can answer.
var everywhere = []string{"invalid_request", "temporarily_unavailable", "server_error"}

// errorsOf are the errors of a path, by status.
func (a *Auth) errorsOf(o operation) map[int][]string {
	rows := slices.Clone(catalogue)
	if p := plainly[o.path]; p != nil {
		rows = append(rows, rowClientAuth)
		rows = append(rows, p.rows...)
	}
	if o.authenticates() {
		for _, name := range ofClients { // whoever has used the Authorization header
			rows = append(rows, row{Status: http.StatusUnauthorized, Code: name})
		}
	}
	if o.bearer { // RFC 6750 §3.1
		for _, r := range []*refusal{refuseMissing, refuseToken, refuseApprover, refuseApproval, refuseScope(nil)} {
			rows = append(rows, row{Status: r.status, Code: r.word()})
		}
	}
	all := map[int][]string{}
	for _, r := range rows {
		r = a.cfg.Legacy.legacy(o.path, r)
		known := slices.Contains(everywhere, r.Code) || slices.Contains(o.errors, r.Code)
		if known && !slices.Contains(all[r.Status], r.Code) {
			all[r.Status] = append(all[r.Status], r.Code)
		}
	}
	for status := range all {
		slices.Sort(all[status])
	}
	return all
}

// oneOf is the schema of bodies of which one comes.
func (d *describer) oneOf(bodies []any) object {
	var all []any
	for _, b := range bodies {
		all = append(all, d.schema(reflect.TypeOf(b)))
	}
	if len(all) == 1 {
		return all[0].(object)
	}
	return object{"anyOf": all}
}

// schema describes a type as encoding/json writes it. That of a struct with a name stands among the components.
func (d *describer) schema(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Slice:
		if t == reflect.TypeFor[[]string]() || t.Elem().Kind() != reflect.String {
			return object{"type": "array", "items": d.schema(t.Elem())}
		}
		return object{"type": []any{"string", "array"}, "items": object{"type": "string"}} // token.Audience: one is a text
	case reflect.Array:
		return object{"type": "array", "items": d.schema(t.Elem()), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Map:
		return object{"type": "object"}
	case reflect.Struct:
		return d.structure(t)
	}
	return object{"type": "string"}
}

func (d *describer) structure(t reflect.Type) object {
	name := strings.TrimSuffix(t.Name(), "Body")
	if name == "" {
		return object{"type": "object"}
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	ref := object{"$ref": "#/components/schemas/" + name}
	if _, there := d.schemas[name]; there {
		return ref
	}
	members, required := object{}, []any{}
	d.schemas[name] = object{"type": "object", "properties": members}
	for i := range t.NumField() {
		member, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		members[member] = d.schema(t.Field(i).Type)
		if !strings.Contains(options, "omitempty") {
			required = append(required, member)
		}
	}
	d.schemas[name].(object)["required"] = required
	return ref
}
