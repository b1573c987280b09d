package handler_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// The page where people type the code of a device. Chromium looks at it in internal/clienttest.

// devicePage is the page as a browser gets it.
type devicePage struct {
	answer
	title string
	text  string
	root  *html.Node
}

func (b *browser) page(method string, pairs ...string) devicePage {
	b.Helper()
	a := b.do(method, b.base+"/device", form(pairs...))
	p := devicePage{answer: a}
	if a.status == http.StatusOK || a.status >= 400 {
		require.Equal(b, "text/html; charset=utf-8", a.header.Get("Content-Type"), "%v", a.body)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
	} {
		assert.Equal(b, want, a.header.Get(name), name)
	}
	policy := a.header.Get("Content-Security-Policy")
	assert.Regexp(b, `^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$`, policy)
	text := a.text("text")
	for _, never := range []string{"<script", "<link", "<img", "http://", "https://", "url(", "style="} {
		assert.NotContains(b, text, never)
	}
	root, err := html.Parse(strings.NewReader(text))
	require.NoError(b, err)
	p.root = root
	for n := range root.Descendants() {
		switch {
		case n.Type == html.ElementNode && n.Data == "title":
			p.title = n.FirstChild.Data
		case n.Type == html.TextNode && n.Parent.Data != "style":
			p.text += " " + n.Data
		}
	}
	p.text = strings.Join(strings.Fields(p.text), " ")
	return p
}

// typed is what the field holds, "" if there is none.
func (p devicePage) typed() string { return p.attribute("input", "user_code", "value") }

func (p devicePage) attribute(element, name, attribute string) (value string) {
	for n := range p.root.Descendants() {
		values := map[string]string{}
		for _, a := range n.Attr {
			values[a.Key] = a.Val
		}
		if n.Data == element && values["name"] == name {
			return values[attribute]
		}
	}
	return ""
}

// newDevicePage is a browser in which somebody is signed in.
func newDevicePage(t *testing.T, change ...func(*handler.Config)) *browser {
	t.Helper()
	w := newWorld(t, append([]func(*handler.Config){withDevices}, change...)...)
	w.signUp(casey)
	b := w.browse()
	b.signIn(casey)
	return b
}

func TestDevicePage_FromTheCodeToTheTokens(t *testing.T) {
	b := newDevicePage(t)
	d := b.device(television, "scope", "openid Orders.Read offline_access")
	p := b.page("GET")
	assert.Equal(t, 200, p.status)
	assert.Equal(t, "Connect a device – Contoso", p.title)
	assert.Equal(t, "off", p.attribute("input", "user_code", "autocomplete"))
	assert.Equal(t, "text", p.attribute("input", "user_code", "inputmode"))

	p = b.page("POST", "user_code", strings.ToLower(d.user))
	assert.Equal(t, 200, p.status)
	assert.Contains(t, p.title, "Allow Living-room TV to use your account?")
	for _, part := range []string{"Signed in as " + casey, d.user, "Living-room TV will be able to", "know which account is yours", "see your orders", "stay signed in until"} {
		assert.Contains(t, p.text, part)
	}
	b.poll(television, d.device).isPending()

	p = b.page("POST", "user_code", p.typed(), "action", "approve")
	assert.Equal(t, 200, p.status)
	assert.Contains(t, p.title, "Your device is connected")
	tokens := b.poll(television, d.device).tokens()
	assert.Equal(t, b.idOf(casey), accessClaims(t, tokens)["sub"])
	assert.Equal(t, []any{"otp"}, idClaims(t, tokens)["amr"])
	assert.Equal(t, float64(newClock().now().Unix()), idClaims(t, tokens)["auth_time"])

	p = b.page("POST", "user_code", d.user, "action", "approve")
	assert.Equal(t, 400, p.status)
	assert.Contains(t, p.text, "was used")
	assert.Contains(t, p.text, "Signed in as "+casey)

	d = b.device(projector)
	assert.Contains(t, b.page("POST", "user_code", d.user).text, projector+" will be able to", "which has no other name")
	p = b.page("POST", "user_code", d.user, "action", "deny")
	assert.Contains(t, p.title, "The device was denied")
	b.poll(projector, d.device).refused(400, "authorization_declined", "", 65004)
}

func TestDevicePage_SaysAtTheFieldWhatIsWrong(t *testing.T) {
	b := newDevicePage(t)
	d := b.device(television)
	p := b.page("POST", "user_code", "")
	assert.Equal(t, 400, p.status)
	assert.Equal(t, "Error: Connect a device – Contoso", p.title)
	assert.Contains(t, p.text, "There is a problem Type the code that your device shows.")
	assert.Equal(t, "true", p.attribute("input", "user_code", "aria-invalid"))
	assert.Equal(t, "user-code-hint user-code-error", p.attribute("input", "user_code", "aria-describedby"))

	for range 10 {
		wrong := otherUserCode(d.user)
		p = b.page("POST", "user_code", wrong)
		assert.Equal(t, 400, p.status)
		assert.Contains(t, p.text, "That code is not right")
		assert.Equal(t, wrong, p.typed(), "to be mended")
	}
	p = b.page("POST", "user_code", d.user)
	assert.Equal(t, 429, p.status)
	assert.Equal(t, "3600", p.header.Get("Retry-After"))
	assert.Contains(t, p.text, "Too many wrong codes. Try again in 60 minutes.")

	b.clock.pass(59*time.Minute + 30*time.Second)
	b.signIn(casey)
	assert.Contains(t, b.page("POST", "user_code", d.user).text, "Try again in a minute.")
	for name, pairs := range map[string][]string{
		"an unknown action":    {"user_code", d.user, "action", "burn"},
		"a code twice":         {"user_code", d.user, "user_code", d.user},
		"a control character":  {"user_code", "\x00"},
		"a code without end":   {"user_code", strings.Repeat("B", 65)},
		"something like a tag": {"user_code", `"><b>x`},
	} {
		p = b.page("POST", pairs...)
		assert.Contains(t, []int{400, 429}, p.status, name)
		assert.NotContains(t, p.answer.text("text"), "<b>x", name)
	}
}

func TestDevicePage_IsForThoseWhoAreSignedIn(t *testing.T) {
	b := newWorld(t, withDevices).browse()
	d := b.device(television)
	for _, method := range []string{"GET", "POST"} {
		p := b.page(method, "user_code", d.user, "action", "approve")
		assert.Equal(t, 401, p.status)
		assert.Contains(t, p.text, "sign in to Contoso in this browser")
	}
	b = newDevicePage(t, func(c *handler.Config) { c.SignInPage = "/sign-in?a=b" }).world.browse()
	d = b.device(television)
	p := b.page("GET")
	assert.Equal(t, 303, p.status)
	to := "/sign-in?a=b&return_to=" + url.QueryEscape(self+"/device")
	assert.Equal(t, to, p.header.Get("Location"))
	p = b.page("POST", "user_code", d.user, "action", "approve")
	assert.Equal(t, 401, p.status)
	assert.Contains(t, p.answer.text("text"), `href="/sign-in?a=b&amp;return_to=`)
	b.poll(television, d.device).isPending()

	for name, end := range map[string]func(b *browser){
		"signed out":   func(b *browser) { b.logout() },
		"ended":        func(b *browser) { require.NoError(b, b.auth.EndSessions(b.Context(), b.idOf(casey))) },
		"disabled":     func(b *browser) { b.update(casey, func(u *store.User) { u.Disabled = true }) },
		"idle":         func(b *browser) { b.clock.pass(time.Hour) },
		"gone":         func(b *browser) { b.users.gone = b.idOf(casey) },
		"another word": func(b *browser) { b.hold("forged") },
	} {
		b := newDevicePage(t)
		end(b)
		d := b.device(television)
		assert.Equal(t, 401, b.page("POST", "user_code", d.user, "action", "approve").status, name)
		assert.Equal(t, 401, b.page("GET").status, name)
		b.poll(television, d.device).isPending()
	}
}

// An access token is no session, and a session no access token.
func TestDevicePage_TakesNoAccessToken(t *testing.T) {
	w, access := newDevices(t)
	d := w.device(television)
	resp, _ := w.bare("POST", w.base+"/device", form("user_code", d.user, "action", "approve"), "Authorization", "Bearer "+access)
	assert.Equal(t, 401, resp.StatusCode)
	b := w.browse()
	b.signIn(casey)
	assert.Equal(t, 401, b.post(decide, "user_code", d.user, "action", "approve").status)
	w.poll(television, d.device).isPending()
}

// W3: nothing that another page sends is done, and a GET does nothing.
func TestDevicePage_OtherOriginsChangeNothing(t *testing.T) {
	b := newDevicePage(t)
	d := b.device(television)
	for _, page := range elsewhere {
		from := b.from(page)
		for _, action := range []string{"approve", "deny", ""} {
			p := from.page("POST", "user_code", d.user, "action", action)
			assert.Equal(t, 403, p.status, "%v", page)
			assert.NotContains(t, p.text, "Living-room")
			p.noCookie()
		}
	}
	resp := b.do("GET", b.base+"/device?"+form("user_code", d.user, "action", "approve"), "")
	assert.Equal(t, 200, resp.status)
	assert.NotContains(t, resp.text("text"), d.user)
	b.poll(television, d.device).isPending()
	for _, method := range []string{"PUT", "DELETE", "PATCH"} {
		assert.Equal(t, 405, b.page(method, "user_code", d.user, "action", "approve").status)
	}
	assert.Equal(t, 415, func() int {
		r := request(t, b.base+"/device", `{"user_code":"x"}`)
		r.Header.Set("Content-Type", "application/json")
		resp, err := b.client.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode
	}())
	b.poll(television, d.device).slowsDown()
}

// The gate: more than the session has proven no approval gives, and it is the person who is told.
func TestDevicePage_ASecondFactorComesBeforeTheApproval(t *testing.T) {
	w := newWorld(t, withDevices, secondFactors, func(c *handler.Config) { c.SignInPage = "/sign-in" })
	w.person(casey, mailMethod)
	b := w.browse()
	b.signIn(casey)
	d := w.device(terminal)
	assert.Equal(t, 200, b.page("POST", "user_code", d.user).status)
	p := b.page("POST", "user_code", d.user, "action", "approve")
	assert.Equal(t, 403, p.status)
	assert.Contains(t, p.text, "A second factor is needed")
	assert.Contains(t, p.answer.text("text"), `href="/sign-in?return_to=`)
	w.poll(terminal, d.device).isPending()

	sent, code := w.nextCode(func() answer { return w.signInChallenge(strict, w.first(strict, casey).wants("mfa_required")) })
	b.post("/oauth2/v2.0/token", "client_id", strict, "continuation_token", sent, "grant_type", "mfa_oob", "oob", code).session()
	assert.Contains(t, b.page("POST", "user_code", d.user, "action", "approve").title, "connected")
	claims := idClaims(t, w.poll(terminal, d.device).tokens())
	assert.Equal(t, "2", claims["acr"])
	assert.Equal(t, []any{"pwd", "otp"}, claims["amr"])
}

func TestDevicePage_NamesAreNoMarkup(t *testing.T) {
	b := newDevicePage(t, func(c *handler.Config) {
		c.App = `<i>App</i>`
		for i := range c.Clients {
			if c.Clients[i].ID == television {
				c.Clients[i].Name = `<script>alert(1)</script>"'`
			}
		}
		c.Resources[0].Descriptions["Orders.Read"] = `<img src=x>`
	})
	d := b.device(television, "scope", "Orders.Read")
	text := b.page("POST", "user_code", d.user).answer.text("text")
	for _, never := range []string{"<script", "<img", "<i>"} {
		assert.NotContains(t, text, never)
	}
	assert.Contains(t, text, "&lt;script&gt;")
}

func TestDevicePage_WithAPartDownSaysSo(t *testing.T) {
	t.Parallel() // most of its time it waits
	for _, m := range []mode{fails, panics, hangs} {
		s := newTrip(t, withDevices)
		s.signUp(casey)
		b := s.browse()
		b.signIn(casey)
		d := s.device(television)
		s.fault.arm(m, 0)
		for _, method := range []string{"GET", "POST"} {
			p := b.page(method, "user_code", d.user, "action", "approve")
			want := 503
			if m == panics {
				want = 500
			} else {
				assert.NotEmpty(t, p.header.Get("Retry-After"))
			}
			assert.Equal(t, want, p.status, "%s %s", m, method)
			assert.Contains(t, p.text, "That did not work")
			for _, word := range leaks {
				if word != ".go" && word != "context" {
					assert.NotContains(t, p.text, word)
				}
			}
		}
		s.fault.mend()
		assert.Equal(t, 200, b.page("POST", "user_code", d.user, "action", "approve").status)
		s.poll(television, d.device).tokens()
	}
}

func TestDevice_IsThereBeneathATenant(t *testing.T) {
	w, access := newDevices(t)
	for _, path := range []string{"/organizations/oauth2/v2.0/devicecode", "/organizations/devicecode"} {
		a := w.post(path, "client_id", television)
		require.Equal(t, 200, a.status, "%v", a.body)
		w.decide(access, a.text("user_code"), "approve").done()
		w.post("/organizations/oauth2/v2.0/token", "client_id", television, "grant_type", deviceGrant, "device_code", a.text("device_code")).tokens()
	}
	w.post("/common/oauth2/v2.0/devicecode", "client_id", television)
	assert.Equal(t, 400, w.post("/common/devicecode", "client_id", television).status)
	none := newWorld(t, withOwners)
	assert.Equal(t, 404, none.post("/organizations/devicecode", "client_id", television).status)
}
