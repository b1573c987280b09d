package httpsms

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const defaultTimeout = 10 * time.Second

// Config says where messages are posted to and how the receiver knows who posts. URL must be set.
type Config struct {
	// URL is where to post: https, or http on a loopback host. A query is sent as it stands; a user and
	// a password in it are sent as Basic credentials.
	URL string
	// Token goes with each message as "Authorization: Bearer". "" sends none.
	Token string
	// Header goes with each message: an API key that has a header of its own, for example.
	Header http.Header
	// Client does the posting. nil means one with a timeout of 10 seconds, which every other should
	// have, too. Redirects are not followed, whatever it says about them.
	Client *http.Client
}

// LogValue keeps token, headers and all but the host of the URL out of logs, whoever logs a Config.
func (c Config) LogValue() slog.Value {
	host := ""
	if u, err := url.Parse(c.URL); err == nil {
		host = u.Host
	}
	return slog.GroupValue(slog.String("host", host))
}

// Validate returns every problem of c at once, each in words that say what to set, or nil. They do not
// quote what may be secret: URL, Token and Header.
func (c Config) Validate() error {
	problems := c.problemsOfURL()
	report := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	report(c.Token != "" && !tokenPattern.MatchString(c.Token), "Token is not of visible ASCII characters")
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		canonical := http.CanonicalHeaderKey(name)
		report(!namePattern.MatchString(name), "Header has %q, which is no name of a header", name)
		report(slices.Contains(ours, canonical), "Header sets %s, which is not the host's to choose", canonical)
		report(canonical == "Authorization" && c.Token != "", "Header sets Authorization, and so does Token")
		report(slices.ContainsFunc(c.Header[name], hasControl), "Header sets %q to something with control characters", name)
	}
	return errors.Join(problems...)
}

var (
	tokenPattern = regexp.MustCompile(`^[!-~]+$`)
	namePattern  = regexp.MustCompile("^[0-9A-Za-z!#$%&'*+.^_`|~-]+$") // RFC 9110 §5.6.2
)

// ours are the headers that belong to the message or to the connection.
var ours = []string{"Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Host",
	"Idempotency-Key", "X-Idempotency-Key"}

var errURL = errors.New("URL is not an https URL")

func hasControl(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

func (c Config) problemsOfURL() []error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return []error{errURL}
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return []error{errors.New("URL is http, which shows codes to the network: use https")}
	case u.Fragment != "":
		return []error{errors.New("URL has a fragment, which is never sent")}
	case u.User != nil && (c.Token != "" || c.Header.Get("Authorization") != ""):
		return []error{errors.New("URL has a user, which is sent as Authorization, and so does Token or Header")}
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// client returns a copy of what the host gave, which follows no redirect: a message is for the place
// that was configured, and most redirects would make a GET of it.
func (c Config) client() *http.Client {
	client := *cmp.Or(c.Client, &http.Client{Timeout: defaultTimeout})
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}
