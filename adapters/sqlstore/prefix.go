package sqlstore

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
)

// defaultPrefix begins the name of everything that the package makes in a database, and is written in
// all statements and migrations.
const defaultPrefix = "nativeauth_"

// prefixes are what may take its place: short enough for the names that PostgreSQL and MySQL take,
// and nothing that would need quotes.
var prefixes = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// WithTablePrefix lets the names of all tables and indexes begin with prefix instead of nativeauth_,
// so that two applications can share one database. It has 1 to 31 characters, lower-case letters,
// digits and underscores, of which the first is a letter. Where it is changed, what was stored under
// the one before stays there and is not found.
func WithTablePrefix(prefix string) Option {
	return func(o *options) { o.prefix = &prefix }
}

// tablePrefix returns the prefix that was chosen.
func (o options) tablePrefix() (string, error) {
	if o.prefix == nil {
		return defaultPrefix, nil
	}
	if !prefixes.MatchString(*o.prefix) {
		return "", fmt.Errorf("the table prefix %q does not match %s", *o.prefix, prefixes)
	}
	return *o.prefix, nil
}

// withPrefix returns the statements for tables of another prefix.
func (q queries) withPrefix(prefix string) queries {
	for _, text := range []*string{
		&q.hasSchema, &q.schemaVersion,
		&q.createUser, &q.userByUsername, &q.userByID, &q.updateUser, &q.userVersion,
		&q.getState, &q.createState, &q.replaceState, &q.deleteState, &q.addCounter, &q.readCounter,
		&q.cleanState, &q.cleanCounters,
		&q.listKeys, &q.addKey, &q.resealKey, &q.removeKeys,
	} {
		*text = strings.ReplaceAll(*text, defaultPrefix, prefix)
	}
	return q
}

// prefixed is a folder of migrations with another prefix in them.
type prefixed struct {
	fs.FS
	options options
}

func (p prefixed) Open(name string) (fs.File, error) {
	prefix, err := p.options.tablePrefix()
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	file, err := p.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if folder, ok := file.(fs.ReadDirFile); ok {
		return prefixedFolder{folder, p}, nil
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte(defaultPrefix), []byte(prefix))
	return rewritten{bytes.NewReader(text), rewrittenInfo{info, int64(len(text))}}, nil
}

// prefixedFolder lists files with the size that they have when they are opened.
type prefixedFolder struct {
	fs.ReadDirFile
	files prefixed
}

func (f prefixedFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	entries, err := f.ReadDirFile.ReadDir(n)
	for i, e := range entries {
		entries[i] = prefixedEntry{e, f.files}
	}
	return entries, err
}

type prefixedEntry struct {
	fs.DirEntry
	files prefixed
}

func (e prefixedEntry) Info() (fs.FileInfo, error) { return fs.Stat(e.files, e.Name()) }

// rewritten is a file in memory.
type rewritten struct {
	*bytes.Reader
	info rewrittenInfo
}

func (f rewritten) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f rewritten) Close() error               { return nil }

// rewrittenInfo is what is known of the file before it was rewritten, but for its size.
type rewrittenInfo struct {
	fs.FileInfo
	size int64
}

func (i rewrittenInfo) Size() int64 { return i.size }
