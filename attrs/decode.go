package attrs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// ErrMalformed says that a text is not one JSON object of attributes. The errors that wrap it give
// a reason and never quote the text.
var ErrMalformed = errors.New("attrs: malformed attributes")

// Submission is what a client sent, before anybody looked at the names and values. The zero value
// is an empty one. It is safe for concurrent use.
type Submission struct {
	values map[string]value
}

// value is one member. Arrays and objects are remembered to be complained about, not read.
type value struct {
	text   string
	scalar bool
}

// LogValue keeps what people say about themselves out of logs, whoever logs a Submission.
func (s Submission) LogValue() slog.Value { return slog.StringValue("[attributes]") }

// Decode reads one JSON object of at most 50 members. Strings are kept, booleans and numbers become
// their JSON text, null counts as absent. Text that two parsers could read differently is refused
// with ErrMalformed: invalid UTF-8, a member that occurs twice, also in another case, and anything
// after the object. So is nesting beyond what encoding/json reads (10 000 levels).
func Decode(text string) (Submission, error) {
	if !utf8.ValidString(text) {
		return Submission{}, malformed("not valid UTF-8")
	}
	dec := json.NewDecoder(strings.NewReader(text))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return Submission{}, malformed("not a JSON object")
	}
	values, err := decodeMembers(dec)
	if err != nil {
		return Submission{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Submission{}, malformed("something follows the object")
	}
	return Submission{values}, nil
}

// decodeMembers reads the members of an object and its closing brace.
func decodeMembers(dec *json.Decoder) (map[string]value, error) {
	values := map[string]value{}
	var names []string
	for dec.More() {
		name, v, err := decodeMember(dec)
		if err != nil {
			return nil, malformed("not valid JSON")
		}
		if len(names) == maxAttributes {
			return nil, malformed(fmt.Sprintf("more than %d members", maxAttributes))
		}
		for _, other := range names {
			if strings.EqualFold(name, other) {
				return nil, malformed("a member occurs twice")
			}
		}
		names = append(names, name)
		if v != nil {
			values[name] = *v
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, malformed("not valid JSON")
	}
	return values, nil
}

// decodeMember reads a name and its value, nil for null.
func decodeMember(dec *json.Decoder) (string, *value, error) {
	token, err := dec.Token()
	if err != nil {
		return "", nil, err
	}
	name, ok := token.(string)
	if !ok {
		return "", nil, ErrMalformed
	}
	var raw json.RawMessage // the decoder skips nested values without recursion
	if err := dec.Decode(&raw); err != nil {
		return "", nil, err
	}
	switch raw[0] {
	case 'n':
		return name, nil, nil
	case '[', '{':
		return name, &value{}, nil
	case '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return name, &value{text, true}, err
	}
	return name, &value{string(raw), true}, nil
}

func malformed(reason string) error { return fmt.Errorf("%w: %s", ErrMalformed, reason) }
