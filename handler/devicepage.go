package handler

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // of the page
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// The page where people type the code of a device. It runs no script and loads nothing.

// markup is an answer that is a page.
type markup []byte

//go:embed device.html
var deviceHTML string

//go:embed device.css
var deviceCSS string

var (
	deviceTemplate = template.Must(template.New("device").Parse(deviceHTML))
	headerHTML     = []string{"text/html; charset=utf-8"}

	// devicePolicy lets in the page's own style and nothing else, and lets nobody frame it.
	devicePolicy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		base64.StdEncoding.EncodeToString(styleHash[:]))
	styleHash = sha256.Sum256([]byte(deviceCSS))
)

// pageHeaders sets what every page has, and returns its Content-Type.
func (x *exchange) pageHeaders() []string {
	h := x.w.Header()
	h.Set("Content-Security-Policy", devicePolicy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // no-referrer would take the Origin from the page's own forms
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Content-Language", "en")
	return headerHTML
}

// deviceRows are what only the page answers.
var deviceRows = []row{
	{Status: http.StatusUnauthorized, Code: "unauthorized", cause: errNoSession},
	{Status: http.StatusUnauthorized, Code: "unauthorized", cause: flow.ErrSessionOver},
	{Status: http.StatusForbidden, Code: "access_denied", cause: flow.ErrApproval},
}

// The steps of the page.
const (
	stepCode    = "code"    // type it
	stepConfirm = "confirm" // allow the device, or deny it
	stepEnd     = "end"     // that was it
)

// deviceView is what the page shows.
type deviceView struct {
	Step, Title    string
	App, Account   string
	Code           string
	Error          string // at the field
	Client         string
	Scopes         []string
	Text           string // of an end
	Link, LinkText string
	Style          template.CSS
}

func (x *exchange) render(v deviceView) markup {
	v.App, v.Style = x.auth.cfg.App, template.CSS(deviceCSS)
	var b bytes.Buffer
	if err := deviceTemplate.Execute(&b, v); err != nil {
		panic(err) // a buffer takes all
	}
	return b.Bytes()
}

// devicePage shows the page, to people who are signed in: a GET changes nothing.
func (x *exchange) devicePage() (any, error) {
	x.w.Header().Add("Vary", "Cookie")
	if err := sameOrigin(x.r); err != nil {
		return nil, err
	}
	var f form
	posted := x.r.Method == http.MethodPost
	if posted {
		var err error
		f, err = readForm(x.w, x.r)
		x.correlate(f.CorrelationID)
		if err != nil {
			return nil, err
		}
	}
	defer x.watch()()
	ctx, cancel := x.stepContext()
	defer cancel()
	by, err := x.signedIn(ctx)
	switch {
	case !posted && isNobody(err):
		return x.toSignIn(), nil
	case err != nil:
		return nil, err
	case !posted:
		return x.render(deviceView{Step: stepCode, Title: titleCode}), nil
	}
	p, err := x.decide(ctx, by, f)
	if err != nil {
		return nil, &typedError{f.UserCode, p.Account, err}
	}
	return x.render(x.decided(f.Action, p)), nil
}

const titleCode = "Connect a device"

// signedIn returns the sign-in of the session that the request came with.
func (x *exchange) signedIn(ctx context.Context) (flow.Session, error) {
	loaded, _, err := x.auth.session(ctx, x.r)
	if err != nil {
		return flow.Session{}, fmt.Errorf("load session: %w", err)
	}
	return x.auth.resume(loaded)
}

func isNobody(err error) bool {
	return errors.Is(err, errNoSession) || errors.Is(err, flow.ErrSessionOver)
}

// toSignIn sends somebody to the host's sign-in, or says that they need it.
func (x *exchange) toSignIn() headed {
	v := x.nobody()
	if v.Link == "" {
		return headed{http.StatusUnauthorized, nil, x.render(v)}
	}
	return headed{http.StatusSeeOther, func(w http.ResponseWriter) { w.Header().Set("Location", v.Link) }, x.render(v)}
}

// nobody is the page for people who are not signed in.
func (x *exchange) nobody() deviceView {
	v := deviceView{
		Step: stepEnd, Title: "Sign in first",
		Text: "To connect a device, sign in to " + x.auth.cfg.App + " in this browser. Then open this page again.",
	}
	if page := x.auth.cfg.SignInPage; page != "" {
		mark := "?"
		if strings.Contains(page, "?") {
			mark = "&"
		}
		v.Link = page + mark + "return_to=" + url.QueryEscape(x.auth.cfg.Issuer+pathDevicePage)
		v.LinkText = "Sign in"
	}
	return v
}

// decided is the page after an action.
func (x *exchange) decided(action string, p flow.PendingDevice) deviceView {
	name := x.auth.nameOf(p.Client.ID)
	v := deviceView{Step: stepEnd, Account: p.Account}
	switch action {
	case actionApprove:
		v.Title = "Your device is connected"
		v.Text = name + " can use your account now. The device goes on by itself within a few seconds. You can close this page."
	case actionDeny:
		v.Title = "The device was denied"
		v.Text = name + " got nothing. You can close this page."
	default:
		v.Step, v.Title, v.Code = stepConfirm, "Allow "+name+" to use your account?", p.UserCode
		v.Client, v.Scopes = name, x.auth.cfg.describe(p.Scopes)
	}
	return v
}

// typedError is what a code came to that somebody typed.
type typedError struct {
	code    string
	account string // "" where that was not looked up
	err     error
}

func (e *typedError) Error() string { return e.err.Error() }
func (e *typedError) Unwrap() error { return e.err }

// deviceTrouble is the page for an error. What people can mend by typing is said at the field.
func (x *exchange) deviceTrouble(e row, err error) any {
	v := deviceView{Step: stepCode, Title: titleCode}
	if typed, ok := errors.AsType[*typedError](err); ok {
		v.Code, v.Account = typed.code, typed.account
	}
	tooSoon, waits := errors.AsType[*flow.TooSoonError](err)
	switch {
	case isNobody(err):
		v = x.nobody()
	case errors.Is(err, flow.ErrParameter):
		v.Error = "Type the code that your device shows."
	case errors.Is(err, flow.ErrUserCode):
		v.Error = "That code is not right, was used, or has expired. Check it on your device."
	case waits:
		v.Error = "Too many wrong codes. Try again in " + inMinutes(tooSoon.Wait) + "."
	case errors.Is(err, flow.ErrApproval):
		again := x.nobody()
		v = deviceView{
			Step: stepEnd, Title: "A second factor is needed", Link: again.Link, LinkText: "Sign in again",
			Text: "The device’s app asks for a sign-in with a second factor, and yours had none. Sign in again with one, then type the code once more.",
		}
	case errors.Is(err, errCrossOrigin):
		v = deviceView{Step: stepEnd, Title: "That did not come from this page", Text: "Nothing was changed. Open this page by itself and type the code again.", Link: "?", LinkText: "Type the code"}
	default:
		v = deviceView{Step: stepEnd, Title: "That did not work", Text: e.Text, Link: "?", LinkText: "Type the code again"}
	}
	return x.render(v)
}

// inMinutes says a wait to people.
func inMinutes(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	if n <= 1 {
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", n)
}
