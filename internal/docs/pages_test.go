// Package docs holds the pages of this repository to what the code is: their snippets compile, their links lead
// somewhere, and what they name is there.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// block is a piece of code in a page.
type block struct {
	language string
	line     int // of the page
	text     string
}

// page is a file in Markdown.
type page struct {
	name   string // beneath the root
	prose  string // all but the code in blocks
	blocks []block
}

// pages are those for people who use the package.
func pages(t *testing.T) []page {
	t.Helper()
	names, err := filepath.Glob(root + "/*.md")
	require.NoError(t, err)
	guides, err := filepath.Glob(root + "/docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, guides)
	var all []page
	for _, name := range append(names, guides...) {
		all = append(all, read(t, name))
	}
	return all
}

func read(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	name, err := filepath.Rel(root, path)
	require.NoError(t, err)
	p := page{name: filepath.ToSlash(name)}
	inside := false
	for i, line := range strings.Split(string(text), "\n") {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !inside:
			p.blocks = append(p.blocks, block{language: language, line: i + 2})
			inside = true
		case fence:
			inside = false
		case inside:
			b := &p.blocks[len(p.blocks)-1]
			b.text += line + "\n"
		case strings.HasPrefix(line, "    "):
			p.blocks = append(p.blocks, block{language: "sh", line: i + 1, text: line})
		default:
			p.prose += line + "\n"
		}
	}
	require.False(t, inside, "%s: a block has no end", name)
	return p
}

var (
	heading   = regexp.MustCompile(`(?m)^#+ (.+)$`)
	anchorTag = regexp.MustCompile(`<a id="([^"]+)">`)
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	dropped   = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// slug is the anchor that a heading has on GitHub and pkg.go.dev.
func slug(text string) string {
	return strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(text), ""), " ", "-")
}

func (p page) anchors() map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(p.prose, -1) {
		found[slug(m[1])] = true
	}
	for _, m := range anchorTag.FindAllStringSubmatch(p.prose, -1) {
		found[m[1]] = true
	}
	return found
}

func TestLinks_LeadToFilesAndAnchorsThatAreThere(t *testing.T) {
	links := 0
	for _, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(p.prose, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			leads(t, p, m[1])
		}
	}
	assert.Greater(t, links, 200)
}

// leads fails unless a link of a page has a target.
func leads(t *testing.T, from page, to string) {
	t.Helper()
	file, anchor, _ := strings.Cut(to, "#")
	target := from
	if file != "" {
		path := filepath.Join(root, filepath.Dir(from.name), file)
		_, err := os.Stat(path)
		if !assert.NoError(t, err, "%s links to %s", from.name, to) || !strings.HasSuffix(file, ".md") {
			return
		}
		target = read(t, path)
	}
	if anchor != "" {
		assert.True(t, target.anchors()[anchor], "%s links to %s, which is no heading there", from.name, to)
	}
}

// The list at the top of a guide names its sections, so that none is overlooked.
func TestGuides_BeginWithAListOfTheirSections(t *testing.T) {
	for _, p := range pages(t) {
		if !strings.HasPrefix(p.name, "docs/") || p.name == "docs/README.md" {
			continue
		}
		top, _, _ := strings.Cut(p.prose, "\n## ")
		for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(p.prose, -1) {
			assert.Contains(t, top, "(#"+slug(m[1])+")", "%s does not list %q", p.name, m[1])
		}
	}
}

func TestGuides_AreAllInTheREADMEAndInTheIndex(t *testing.T) {
	front, index := read(t, root+"/README.md"), read(t, root+"/docs/README.md")
	for _, p := range pages(t) {
		if name, ok := strings.CutPrefix(p.name, "docs/"); ok && name != "README.md" {
			assert.Contains(t, front.prose, "(docs/"+name, "the README does not lead to it")
			assert.Contains(t, index.prose, "("+name, "the index does not lead to it")
		}
	}
}

func TestREADME_IsAFrontPage(t *testing.T) {
	text, err := os.ReadFile(root + "/README.md")
	require.NoError(t, err)
	assert.LessOrEqual(t, strings.Count(string(text), "\n"), 300, "lines: what is longer belongs into docs")
}

var (
	flagDeclared = regexp.MustCompile(`f\.\w+\((?:&[\w.]+, )?"([\w-]+)"`)
	flagSpan     = regexp.MustCompile("`-([a-z][a-z-]*)")
	flagUsed     = regexp.MustCompile(` -([a-z][a-z-]*)`)
)

func TestFlags_OfTheExampleAreThere(t *testing.T) {
	source, err := os.ReadFile(root + "/example/flags.go")
	require.NoError(t, err)
	there := map[string]bool{"h": true}
	for _, m := range flagDeclared.FindAllStringSubmatch(string(source), -1) {
		there[m[1]] = true
	}
	require.True(t, there["addr"] && there["limits"])
	used := 0
	for _, p := range pages(t) {
		if p.name == "SECURITY.md" || p.name == "CHANGELOG.md" { // which name those of other commands
			continue
		}
		found := flagSpan.FindAllStringSubmatch(p.prose, -1)
		for _, b := range p.blocks {
			if strings.Contains(b.text, "go run ./example") {
				found = append(found, flagUsed.FindAllStringSubmatch(b.text, -1)...)
			}
		}
		for _, m := range found {
			used++
			assert.True(t, there[m[1]], "%s names the flag -%s", p.name, m[1])
		}
	}
	assert.NotZero(t, used)
}
