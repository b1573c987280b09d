// Command table runs the tests that report figures and prints all of those as one table in Markdown:
//
//	go run ./internal/figures/table        as on every change
//	go run ./internal/figures/table -long  as they are promised: an hour, on a machine that does nothing else
//	go run ./internal/figures/table -run 'T4|T18'  a part: the tests whose names match
//
// It ends with status 1 if a test fails, a figure breaks its limit or has the name of another, or a test of the plan has
// none.
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// planned are the tests of the plan whose figures are in the table.
var planned = []string{
	"T2", "T3", "T4", "T5", "T7", "T8", "T9", "T10", "T11", "T12", "T13", "T14", "T17", "T18", "T19", "T20", "T22", "T23", "T24",
}

// reporting lists where the tests are that report figures.
var reporting = []struct{ pkg, tests string }{
	{"./otp", "^TestNew_EveryCode"},
	{"./password", "^Test(Check_EachPassword|Verify_EveryGeneration|Hasher_ACrowd)"},
	{"./token", "^Test(Verify_NoForgeryIsAccepted|Opaque_EverySingleByte)"},
	{"./internal/flow", "^Test(T[0-9]|Skew_)"},
	{"./handler", "^Test(T[0-9]|Model_|Log_KnowsTheRequest|Outage_IsAnswered|L2_|Signals_|Starts_AtOnce|Tries_AtOnce)"},
	{"./internal/proofs", "."},
}

func main() {
	long := flag.Bool("long", false, "run the long forms")
	part := flag.String("run", "", "run only the tests whose names match `REGEXP`")
	flag.Parse()
	if !table(*part, *long) {
		os.Exit(1)
	}
}

// table runs the tests, prints what they report, and tells whether all is well.
func table(part string, long bool) bool {
	var rows, wrong []string
	for _, r := range reporting {
		tests, err := among(r.pkg, r.tests, part)
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		if tests == "" {
			continue
		}
		found, ok := run(r.pkg, tests, long)
		rows = append(rows, found...)
		if !ok {
			wrong = append(wrong, r.pkg+" has failed")
		}
	}
	print(os.Stdout, rows)
	wrong = append(wrong, twice(rows)...)
	if part == "" {
		wrong = append(wrong, missing(rows)...)
	}
	for _, line := range wrong {
		fmt.Fprintln(os.Stderr, line)
	}
	return len(wrong) == 0
}

// among narrows the tests of a package to those whose names match a part, as a regular expression; "" if there are none.
func among(pkg, tests, part string) (string, error) {
	if part == "" {
		return tests, nil
	}
	matches, err := regexp.Compile(part)
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "test", "-list", tests, pkg).Output()
	if err != nil {
		return "", fmt.Errorf("%s: list tests: %w", pkg, err)
	}
	var names []string
	for name := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(name, "Test") && matches.MatchString(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	return "^(" + strings.Join(names, "|") + ")$", nil
}

// run runs tests and returns the figures that they report, and whether all is well.
func run(pkg, tests string, long bool) (rows []string, ok bool) {
	c := exec.Command("go", "test", "-count=1", "-v", "-timeout=120m", "-run", tests, pkg)
	c.Env = os.Environ()
	if long {
		c.Env = append(c.Env, "NATIVEAUTH_PROOFS=long")
	}
	out, err := c.CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", pkg, err)
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "--- FAIL") || strings.Contains(line, "Error") || strings.HasPrefix(line, "panic") {
				fmt.Fprint(os.Stderr, line)
			}
		}
	}
	return gather(strings.NewReader(string(out))), err == nil
}

// logged is a line of figures.Report in what go test -v prints.
var logged = regexp.MustCompile(`^\s+\S+_test\.go:\d+: ([^\t]+\t[^\t]+\t[^\t]*\t[^\t]+\t(?:pass|FAIL))$`)

func gather(r io.Reader) (rows []string) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := logged.FindStringSubmatch(lines.Text()); m != nil {
			rows = append(rows, m[1])
		}
	}
	return rows
}

// print prints the rows, T2 before T15.
func print(w io.Writer, rows []string) {
	slices.SortStableFunc(rows, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	fmt.Fprintln(w, "| figure | value | unit | limit | |\n|---|---|---|---|---|")
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(strings.Split(strings.ReplaceAll(row, "|", `\|`), "\t"), " | "))
	}
}

// rank is where the rows of a test come. Those without a number come first.
func rank(row string) int {
	name, _, _ := strings.Cut(row, " ")
	n, _ := strconv.Atoi(strings.TrimRight(name[1:], "abcdefghijklmnopqrstuvwxyz"))
	return int(name[0])*1000 + n
}

// missing says which tests of the plan have no figure.
func missing(rows []string) (lines []string) {
	for _, name := range planned {
		if !slices.ContainsFunc(rows, func(row string) bool { return strings.HasPrefix(row, name+" ") }) {
			lines = append(lines, name+" has no figure")
		}
	}
	return lines
}

// twice says which names more than one figure has: nobody could tell which is which.
func twice(rows []string) (lines []string) {
	seen := map[string]bool{}
	for _, row := range rows {
		name, _, _ := strings.Cut(row, "\t")
		if seen[name] {
			lines = append(lines, name+" is there twice")
		}
		seen[name] = true
	}
	return lines
}
