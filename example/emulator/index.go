package emulator

import (
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"
)

// index lists the calls, each as a line for a shell that begins with curl.
func (e *Emulator) index(w http.ResponseWriter, r *http.Request, curl string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	base := "http://" + r.Host
	if r.TLS != nil {
		base = "https://" + r.Host
	}
	fmt.Fprintf(w, "A stand-in for the native authentication of Microsoft Entra External ID, at\n\n  %s\n\nApps:\n\n", e.issuer)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range e.setup.Config.Clients {
		fmt.Fprintf(table, "  %s\t%s\n", c.ID, c.Name)
	}
	_ = table.Flush() // fails only if the client has gone, as all that is printed here
	fmt.Fprintf(w, "\nPages for people:\n\n  %[1]s/dev/inbox  mail and text messages\n  %[1]s/dev/flows  what apps ask, and what they are told\n"+
		"\nWhat tests can do, on this machine alone; answers are JSON:\n", base)
	for _, c := range e.calls() {
		fmt.Fprintf(w, "\n  %s\n    %s\n", c.about, shellLine(curl, base, c))
	}
}

// shellLine is a call in a shell.
func shellLine(curl, base string, c call) string {
	method, path, _ := strings.Cut(c.pattern, " ")
	example := "ada@contoso.example"
	if strings.Contains(path, "snapshots") {
		example = "signed-up"
	}
	path = strings.ReplaceAll(path, "{name}", example)
	query, rest, _ := strings.Cut(c.more, " ")
	line := curl
	if method != http.MethodGet {
		line += " -X " + method
	}
	if strings.HasPrefix(rest, "-d") {
		line += " -H 'Content-Type: application/json'"
	}
	return strings.TrimSpace(line + " '" + base + path + query + "' " + rest)
}
