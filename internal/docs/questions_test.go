package docs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// questions are what people ask, the word that they would search the index for, and what answers them.
var questions = []struct{ asked, word, answer string }{
	{"How do I add a claim to the access token?", "claim", "attributes.md#add-a-claim"},
	{"How do I send through my provider?", "provider", "mail.md#a-provider-of-your-own"},
	{"We use SendGrid. How?", "SendGrid", "mail.md#a-provider-of-your-own"},
	{"Why do I get 55200?", "55200", "errors.md#why-55200"},
	{"AADSTS50126 although the password is right", "50126", "errors.md#why-50126"},
	{"900144: which parameter?", "900144", "errors.md#why-900144"},
	{"How do I log in in a test?", "in a test", "testing.md#log-in-in-a-test"},
	{"What is the code in my CI?", "code in a test", "testing.md#fixed-codes"},
	{"Can I keep my user table?", "user table", "storage.md#a-user-table-of-your-own"},
	{"Does it run on MariaDB?", "mariadb", "storage.md#sql"},
	{"Can I use Redis?", "redis", "storage.md#redis"},
	{"I use golang-migrate for my schema", "migrations", "storage.md#migrations"},
	{"What must I back up?", "back up", "storage.md#backups"},
	{"How do I ban a user?", "ban", "passwords.md#change-set-and-reset"},
	{"How do I delete an account (GDPR)?", "delete an account", "storage.md#how-records-expire"},
	{"Our mails land in spam", "spam", "mail.md#make-mails-arrive"},
	{"How do I translate or reword the mail?", "text, the subject", "mail.md#words-and-languages"},
	{"iOS should offer the code", "autofill", "mail.md#phones-fill-the-code-in"},
	{"How do I put a captcha in front?", "captcha", "mail.md#bots-and-addresses-of-ill-repute"},
	{"How do I rotate keys?", "rotate", "keys-and-rotation.md#keys-in-the-database"},
	{"Our keys are in AWS KMS", "KMS", "keys-and-rotation.md#a-key-in-a-kms"},
	{"The secret was in a log. What now?", "leaked", "keys-and-rotation.md#when-one-has-leaked"},
	{"How does my Python service verify tokens?", "python", "protect-routes.md#in-other-languages"},
	{"Where is the JWKS?", "jwks", "protect-routes.md#verify-in-another-service"},
	{"How do I define scopes?", "scope", "protect-routes.md#scopes"},
	{"How do I sign somebody out on all devices?", "sign a user out everywhere", "protect-routes.md#sign-out"},
	{"How do I know that a token is revoked?", "revoked", "protect-routes.md#ask-about-tokens"},
	{"Can I use cookies?", "cookie", "cookie-sessions.md#sign-in-to-a-session"},
	{"We have an SPA", "SPA", "cookie-sessions.md#single-page-apps"},
	{"Do I need CSRF tokens?", "csrf", "cookie-sessions.md#csrf"},
	{"How do I turn on MFA?", "MFA", "second-factor.md#ask-for-one"},
	{"How do I support Google Authenticator?", "authenticator", "second-factor.md#authenticator-apps"},
	{"A user has lost the phone", "lost", "second-factor.md#recovery-codes"},
	{"Does it check haveibeenpwned?", "breach", "passwords.md#check-for-breaches"},
	{"Which hash do you use?", "hashed", "passwords.md#how-they-are-kept"},
	{"We sit behind nginx", "proxy", "production.md#proxies"},
	{"Can I run three replicas?", "instances", "production.md#several-instances"},
	{"What are the rate limits?", "rate limit", "production.md#limits"},
	{"How do I stop it without losing mail?", "shut", "production.md#timeouts-and-shutdown"},
	{"The browser blocks my call: CORS", "CORS", "errors.md#the-browser-says-cors"},
	{"How do I get Prometheus metrics?", "prometheus", "events.md"},
	{"Does MSAL work?", "MSAL", "coming-from-entra.md#point-msal-js-at-it"},
	{"We come from Auth0", "auth0", "coming-from-auth0.md"},
	{"We have bcrypt hashes", "bcrypt", "coming-from-bcrypt.md#import"},
	{"Our users come from Django", "django", "coming-from-bcrypt.md#which-hashes-are-read"},
	{"How do I get my users out again?", "export", "leaving.md"},
	{"I have a TV app", "TV", "grants.md#devices-without-a-keyboard"},
	{"Can I do without JavaScript?", "JavaScript", "in-process.md"},
	{"Can I call it from Go, without HTTP?", "without HTTP", "in-process.md#tokens-in-place-of-a-session"},
	{"Is there an emulator of Entra for CI?", "Entra in CI", "emulator.md"},
	{"How do I use gin?", "gin,", "../README.md#mount-it"},
}

// fewEnough are the lines of the index that somebody looks through for theirs.
const fewEnough = 4

func TestQuestions_AreAnsweredByOneSearch(t *testing.T) {
	require.GreaterOrEqual(t, len(questions), 40)
	index := read(t, root+"/docs/README.md")
	for _, q := range questions {
		var found []string
		for line := range strings.Lines(index.prose) {
			asked, _, _ := strings.Cut(line, "?")
			if strings.HasPrefix(line, "- ") && strings.Contains(strings.ToLower(asked), strings.ToLower(q.word)) {
				found = append(found, line)
			}
		}
		assert.NotEmpty(t, found, "%q: nothing is found for %q", q.asked, q.word)
		assert.LessOrEqual(t, len(found), fewEnough, "%q: too much is found for %q", q.asked, q.word)
		assert.Contains(t, strings.Join(found, ""), "("+q.answer+")", "%q, by %q", q.asked, q.word)
	}
}

// An answer is more than a heading.
func TestIndex_LeadsToSectionsThatSaySomething(t *testing.T) {
	index := read(t, root+"/docs/README.md")
	for _, m := range link.FindAllStringSubmatch(index.prose, -1) {
		file, anchor, ok := strings.Cut(m[1], "#")
		if !ok {
			continue
		}
		assert.Greater(t, len(read(t, root+"/docs/"+file).section(anchor)), 60, m[1])
	}
}

// section is the prose beneath a heading, with that of the headings beneath it.
func (p page) section(anchor string) (text string) {
	inside, level := false, 0
	for line := range strings.Lines(p.prose) {
		if m := heading.FindStringSubmatch(line); m != nil {
			depth := len(line) - len(strings.TrimLeft(line, "#"))
			inside = slug(m[1]) == anchor || inside && depth > level
			if slug(m[1]) == anchor {
				level = depth
			}
			continue
		}
		if inside {
			text += line
		}
	}
	return text
}
