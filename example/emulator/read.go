package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// reader collects what is wrong with a file, so that all of it is said at once.
type reader struct{ problems []problem }

type problem struct {
	line int
	text string
}

func (r *reader) complain(line int, format string, args ...any) {
	r.problems = append(r.problems, problem{line, fmt.Sprintf(format, args...)})
}

// err is every problem on a line of its own, from the top of the file to its end; nil if there is none.
func (r *reader) err(name string) error {
	slices.SortStableFunc(r.problems, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
	var all []error
	for _, p := range r.problems {
		all = append(all, fmt.Errorf("%s:%d: %s", name, p.line, p.text))
	}
	return errors.Join(all...)
}

// section is a mapping of the file. Its methods take keys out of it; what nobody has taken by the end is unknown. Of a
// key that is absent they return the zero value.
type section struct {
	r      *reader
	name   string // for people, "" for the file itself
	line   int
	values map[string]*yaml.Node
	taken  map[string]bool // the keys that there can be
}

// open reads the mapping that a file is, if it is one.
func open(r *reader, in io.Reader) (file section, ok bool) {
	var root, more yaml.Node
	d := yaml.NewDecoder(in)
	switch err := d.Decode(&root); {
	case errors.Is(err, io.EOF):
		r.complain(1, "the file is empty: begin with the sample")
		return file, false
	case err != nil:
		r.complain(lineOf(err), "this is not YAML: %v", err)
		return file, false
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		r.complain(max(1, more.Line), "a second document begins here: write one")
	}
	file = r.section("", 1, root.Content[0])
	return file, len(r.problems) == 0 || len(file.values) > 0
}

// lineOf finds the line that the parser names in its error.
func lineOf(err error) int {
	_, after, _ := strings.Cut(err.Error(), "line ")
	number, _, _ := strings.Cut(after, ":")
	line, _ := strconv.Atoi(number)
	return max(1, line)
}

func (r *reader) section(name string, line int, n *yaml.Node) section {
	s := section{r, name, line, map[string]*yaml.Node{}, map[string]bool{}}
	n = resolve(n)
	switch {
	case isNull(n):
	case n.Kind != yaml.MappingNode:
		r.complain(n.Line, "%s is not a list of keys and values, as \"name: contoso\"", cmp.Or(name, "the file"))
	default:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if s.values[key.Value] != nil {
				r.complain(key.Line, "%s is there twice: write it once", s.called(key.Value))
			}
			value.Line = cmp.Or(value.Line, key.Line)
			s.values[key.Value] = value
		}
	}
	return s
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n == nil || n.Tag == "!!null" }

// called is a key as people look for it.
func (s section) called(key string) string {
	if s.name == "" {
		return key
	}
	return s.name + "." + key
}

// take returns the value of a key, nil if there is none.
func (s section) take(key string) *yaml.Node {
	s.taken[key] = true
	if n := resolve(s.values[key]); !isNull(n) {
		return n
	}
	return nil
}

// lineOf is where a key's value begins; of one that is absent, where the section does.
func (s section) lineOf(key string) int {
	if n := s.values[key]; n != nil {
		return n.Line
	}
	return s.line
}

// complain is about the value of a key.
func (s section) complain(key, format string, args ...any) {
	s.r.complain(s.lineOf(key), "%s %s", s.called(key), fmt.Sprintf(format, args...))
}

// done complains about the keys that nobody has taken.
func (s section) done() {
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if !s.taken[key] {
			s.r.complain(s.lineOf(key), "%s is unknown: there can be %s", s.called(key), strings.Join(slices.Sorted(maps.Keys(s.taken)), ", "))
		}
	}
}

// text is a single value as it is written, so that nobody has to quote numbers and the like.
func (s section) text(key string) string {
	n := s.take(key)
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		s.complain(key, "is not a single value")
		return ""
	}
	return n.Value
}

// need is text that has to be there. example goes on after "write".
func (s section) need(key, example string) string {
	text := s.text(key)
	if text == "" {
		s.complain(key, "is missing: write %s", example)
	}
	return text
}

func (s section) flag(key string, otherwise bool) bool {
	switch text := s.text(key); text {
	case "":
		return otherwise
	case "true", "false":
		return text == "true"
	default:
		s.complain(key, "is %q: write true or false", text)
		return otherwise
	}
}

// number is a whole number within bounds.
func (s section) number(key string, otherwise, least, most int) int {
	text := s.text(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		s.complain(key, "is %q: write %d to %d", text, least, most)
		return otherwise
	}
	return n
}

func (s section) duration(key string) time.Duration {
	text := s.text(key)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		s.complain(key, "is %q: write a time with its unit, as 90s, 10m or 24h", text)
	}
	return d
}

// choice is one of the options, the first of which is the default.
func (s section) choice(key string, options ...string) string {
	text := cmp.Or(s.text(key), options[0])
	if !slices.Contains(options, text) {
		s.complain(key, "is %q: write %s", text, strings.Join(options, " or "))
		return options[0]
	}
	return text
}

// item is a single value of a list.
type item struct {
	text string
	line int
}

// list is a list of single values.
func (s section) list(key string) (list []item) {
	for _, n := range s.members(key) {
		if n = resolve(n); n.Kind != yaml.ScalarNode {
			s.r.complain(n.Line, "%s has an entry that is not a single value", s.called(key))
			continue
		}
		list = append(list, item{n.Value, n.Line})
	}
	return list
}

// sections is a list of mappings.
func (s section) sections(key string) (list []section) {
	for i, n := range s.members(key) {
		list = append(list, s.r.section(fmt.Sprintf("%s[%d]", s.called(key), i), n.Line, n))
	}
	return list
}

func (s section) members(key string) []*yaml.Node {
	n := s.take(key)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		s.complain(key, "is not a list: begin each entry with a dash")
		return nil
	}
	return n.Content
}

// in is the mapping at a key.
func (s section) in(key string) section {
	return s.r.section(s.called(key), s.lineOf(key), s.take(key))
}

// pairs is a mapping whose keys anybody chooses.
func (s section) pairs(key string) map[string]item {
	in := s.in(key)
	pairs := map[string]item{}
	for name := range in.values {
		pairs[name] = item{in.text(name), in.lineOf(name)}
	}
	return pairs
}
