package handler

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

const jsonType = "application/json"

// readEither reads a body that is a form or one flat JSON object, as its content type says, into the same
// parameters: for endpoints of APIs beside the native one, whose clients send either. Nothing else about
// the two differs.
func readEither(w http.ResponseWriter, r *http.Request) (form, error) {
	media, err := mediaOf(r)
	if err != nil {
		return form{}, err
	}
	if media != jsonType {
		return readForm(w, r)
	}
	body, err := readText(w, r)
	if err != nil {
		return form{}, err
	}
	values, err := parseJSON(body)
	if err != nil {
		return form{}, err
	}
	return decodeForm(r, values)
}

// parseJSON reads one flat JSON object into the known parameters. Strings are kept, booleans and numbers
// become their JSON text, null counts as absent. What two parsers could read differently is refused: a
// member that occurs twice, also in another case, text that is not UTF-8, anything after the object.
func parseJSON(body string) (map[string][]string, error) {
	if !utf8.ValidString(body) { // encoding/json would replace what is not
		return nil, malformed("the body is not plain text")
	}
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil, malformed("the body is not a JSON object")
	}
	values := make(map[string][]string, 8)
	seen := make(map[string]bool, 8)
	for dec.More() {
		name, value, null, err := parseMember(dec)
		switch {
		case err != nil:
			return nil, err
		case len(seen) == maxParameters:
			return nil, malformed("too many parameters")
		case seen[strings.ToLower(name)]:
			return nil, malformed("a parameter is given twice")
		}
		seen[strings.ToLower(name)] = true
		if _, known := caps[name]; known && !null {
			values[name] = []string{value}
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, malformed("the body is not a JSON object")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("something follows the JSON object")
	}
	return values, nil
}

// parseMember reads a name and its value, in the form that they have as a parameter.
func parseMember(dec *json.Decoder) (name, value string, null bool, err error) {
	token, err := dec.Token()
	name, ok := token.(string)
	if err != nil || !ok {
		return "", "", false, malformed("the body is not a JSON object")
	}
	if token, err = dec.Token(); err != nil {
		return "", "", false, malformed("the body is not a JSON object")
	}
	switch v := token.(type) {
	case nil:
		null = true
	case string:
		if strings.ContainsRune(v, utf8.RuneError) { // what encoding/json makes of half a surrogate pair
			return "", "", false, malformed("a parameter is not plain text")
		}
		value = v
	case json.Number, bool:
		value = fmt.Sprint(v)
	default: // the beginning of an array or an object
		return "", "", false, malformed("a parameter is neither text nor a number nor a boolean")
	}
	name, value, err = parameter(name, value)
	return name, value, null, err
}
