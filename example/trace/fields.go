package trace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is shown of a request or an answer is bounded, so that what is kept is.
const (
	longestName  = 40  // characters
	longestValue = 200 // characters
	longestText  = 1000
	mostFields   = 64
	mostTokens   = 16
)

// open are the parameters, and the members of answers, whose values are shown. All others are secrets, or what somebody
// has mistyped: of these it is shown that they are there, and how long they are.
var open = set(
	"client_id", "username", "challenge_type", "capabilities", "capability", "grant_type", "scope", "client-request-id", "client_info",
	"id", "challenge_target", "challenge_channel", "client_assertion_type", "token_type_hint", "action", "ui_locales",
	"auth_source_id", "phone_number", "email", "usage", "auto_signup", "audience", "realm", "authenticator_id",

	"binding_method", "challenge_target_label", "code_length", "interval", "poll_interval", "expires_in", "ext_expires_in",
	"refresh_token_expires_in", "idle_timeout", "status", "redirect_reason", "token_type", "methods", "required_attributes",
	"invalid_attributes", "active", "verification_uri",
)

// tokens are what one answer gives and a later request brings. They tell which flow a request is of.
var tokens = set(
	"continuation_token", "continuation-token", "refresh_token", "access_token", "id_token", "token", "mfa_token", "otp_token", "oob_code",
	"device_code", "user_code",
)

// told are the members of an error that have a place of their own.
var told = set("error", "suberror", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id")

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// reader makes fields of what was sent, and collects the tokens in it.
type reader struct {
	trace  *Trace
	fields []Field
	keys   []key
	more   int // fields that are not shown
}

// add adds a field. One too many is read nevertheless, for its token.
func (d *reader) add(name, value string, inURL bool) {
	mark := ""
	if tokens[name] && value != "" && len(d.keys) < mostTokens {
		k := d.trace.key("token", folded(name, value))
		d.keys, mark = append(d.keys, k), k.short()
	}
	if len(d.fields) == mostFields {
		d.more++
		return
	}
	f := Field{Name: clean(name, longestName), InURL: inURL, Mark: mark}
	switch {
	case open[name]:
		f.Value = clean(value, longestValue)
	case name == "attributes":
		f.Value = memberNames(value)
	default:
		f.Secret, f.Value = true, inCharacters(value)
	}
	d.fields = append(d.fields, f)
}

// all returns the fields; the last says how many there are beside.
func (d *reader) all() []Field {
	if d.more > 0 {
		return append(d.fields, Field{Name: "…", Value: fmt.Sprintf("and %d more", d.more)})
	}
	return append([]Field{}, d.fields...) // [] and not null
}

// folded is a token as it is the same for the API: people type a user code as they like.
func folded(name, value string) string {
	if name != "user_code" {
		return strings.TrimSpace(value)
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, value)
}

// nameForm is how parameters are called. What is not is perhaps a value: of JSON that is none, or of a password with an
// ampersand that was not encoded.
var nameForm = regexp.MustCompile(`^[0-9A-Za-z._-]+$`)

// query reads pairs as they stand in a URL or a form.
func (d *reader) query(text string, inURL bool) {
	for pair := range strings.SplitSeq(strings.TrimPrefix(text, "?"), "&") {
		if pair == "" {
			continue
		}
		name, value, isPair := strings.Cut(pair, "=")
		plainName, err := url.QueryUnescape(name)
		plainValue, err2 := url.QueryUnescape(value)
		plainName = strings.TrimSpace(plainName)
		if !isPair || err != nil || err2 != nil || !nameForm.MatchString(plainName) {
			d.add("not form-encoded", pair, inURL)
			continue
		}
		d.add(plainName, plainValue, inURL)
	}
}

// members reads a JSON object.
func (d *reader) members(object map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !told[name] {
			d.add(name, text(object[name]), false)
		}
	}
}

// value returns the first field of a name, if it is shown. The API reads none in the URL.
func (d *reader) value(names ...string) string {
	for _, name := range names {
		i := slices.IndexFunc(d.fields, func(f Field) bool { return f.Name == name && !f.Secret && !f.InURL && f.Value != "" })
		if i >= 0 {
			return d.fields[i].Value
		}
	}
	return ""
}

// parseObject reads a body that is a JSON object; nil if it is none.
func parseObject(body []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var object map[string]any
	if d.Decode(&object) != nil {
		return nil
	}
	return object
}

// text is a JSON value as people read it.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return ""
	case json.Number, bool:
		return fmt.Sprint(v)
	}
	b, _ := json.Marshal(v) // it was JSON before
	return string(b)
}

// memberNames says which attributes there are. Their values are what people say about themselves.
func memberNames(value string) string {
	object := parseObject([]byte(value))
	if object == nil {
		return "not a JSON object, " + inCharacters(value)
	}
	return clean(strings.Join(slices.Sorted(maps.Keys(object)), ", "), longestValue)
}

// clean cuts a text that somebody else wrote. What cannot be seen, or turns what stands beside it around, is replaced. It is
// a copy, for what it comes from is larger and not kept.
func clean(s string, most int) string {
	s = s[:min(len(s), utf8.UTFMax*(most+1))] // enough to see that it is too long
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return utf8.RuneError
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= most {
		return strings.Clone(s)
	}
	return string([]rune(s)[:most]) + "…"
}

func inCharacters(s string) string {
	n := utf8.RuneCountInString(s)
	if n == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", n)
}
