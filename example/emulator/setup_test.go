package emulator

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

func read(t *testing.T, file string) Setup {
	t.Helper()
	s, err := Read("file", []byte(file))
	require.NoError(t, err, file)
	return s
}

func TestSample_IsAFileThatCanBeUsed(t *testing.T) {
	s := read(t, Sample)
	assert.Equal(t, "/contoso.onmicrosoft.com", s.Path)
	assert.Equal(t, "aaaabbbb-0000-cccc-1111-dddd2222eeee", s.Config.TenantID)
	assert.Len(t, s.Config.Clients, 5)
	assert.Len(t, s.people, 4)
	assert.Equal(t, "99990000-aaaa-bbbb-cccc-ddddeeeeffff", s.people[0].ID)
	assert.Equal(t, Method{store.MethodSMS, "+4915112345678"}, s.people[1].Methods[0])
	assert.Equal(t, "12345678", s.fixed["ada@contoso.example"])
	assert.Equal(t, []store.MethodKind{"email", "sms"}, s.Config.Clients[0].Methods)
	assert.Equal(t, "^[A-Za-z .'-]{2,60}$", s.Config.Clients[1].Attributes[1].Regex)
	assert.Equal(t, 10*time.Minute, s.Config.CodeLifetime)
}

// parts are put into a file that has no more than it must.
type parts struct{ tenant, client, attribute, user, rest string }

func (p parts) file() string {
	client := p.client
	if p.attribute != "" {
		client += ", attributes: [{name: city" + p.attribute + "}]"
	}
	user := ""
	if p.user != "" {
		user = "users: [{username: ada@contoso.example" + p.user + "}]\n"
	}
	return "tenant: {name: contoso" + p.tenant + "}\nclients: [{id: app" + client + "}]\n" + user + p.rest
}

const resources = "resources: [{audience: api://orders, scopes: [Orders.Read]}, {audience: api://stock, scopes: [Stock.Read]}]\n"

// defaults has, for each default that the sample tells, parts that leave it out and parts that say it.
var defaults = map[string]struct{ without, with parts }{
	"id: made from the name":                 {parts{}, parts{tenant: ", id: " + guid.FromName("tenant", "contoso")}},
	"app: tenant.name":                       {parts{}, parts{rest: "app: contoso"}},
	"resources: none":                        {parts{}, parts{rest: "resources: []"}},
	"name: the id":                           {parts{}, parts{client: ", name: app"}},
	"user_flow: email-code":                  {parts{}, parts{client: ", user_flow: email-code"}},
	"reset: true":                            {parts{}, parts{client: ", reset: true"}},
	"scopes: all of them":                    {parts{rest: resources}, parts{rest: resources, client: ", scopes: [Orders.Read, Stock.Read]"}},
	"mfa: never":                             {parts{}, parts{client: ", mfa: never"}},
	"methods: both":                          {parts{}, parts{client: ", methods: [email, sms]"}},
	"attributes: nothing":                    {parts{}, parts{client: ", attributes: []"}},
	"required: false":                        {parts{attribute: " "}, parts{attribute: ", required: false"}},
	"regex: none":                            {parts{attribute: " "}, parts{attribute: `, regex: ""`}},
	"input: TextBox":                         {parts{attribute: " "}, parts{attribute: ", input: TextBox"}},
	"type: string for others":                {parts{attribute: " "}, parts{attribute: ", type: string"}},
	"type: boolean for Boolean":              {parts{attribute: ", input: Boolean"}, parts{attribute: ", input: Boolean, type: boolean"}},
	"type: public":                           {parts{}, parts{client: ", type: public"}},
	"secret: none":                           {parts{}, parts{client: `, secret: ""`}},
	"disabled: false":                        {parts{user: " "}, parts{user: ", disabled: false", client: ", disabled: false"}},
	"min_length: 8":                          {parts{}, parts{rest: "passwords: {min_length: 8}"}},
	"classes: 0":                             {parts{}, parts{rest: "passwords: {classes: 0}"}},
	"remember: 1":                            {parts{}, parts{rest: "passwords: {remember: 1}"}},
	"banned: none":                           {parts{}, parts{rest: "passwords: {banned: []}"}},
	"hide_accounts: false":                   {parts{}, parts{rest: "hide_accounts: false"}},
	"aliases: false":                         {parts{}, parts{rest: "aliases: false"}},
	"origins: none":                          {parts{}, parts{rest: "origins: []"}},
	"users: none":                            {parts{}, parts{rest: "users: []"}},
	"id: made from the user name":            {parts{user: " "}, parts{user: ", id: " + guid.FromName("user", "ada@contoso.example")}},
	"password: none, and codes alone":        {parts{user: " "}, parts{user: `, password: ""`}},
	"mfa: false":                             {parts{user: " "}, parts{user: ", mfa: false"}},
	"methods: none":                          {parts{user: " "}, parts{user: ", methods: []"}},
	"reset_required: false":                  {parts{user: " "}, parts{user: ", reset_required: false"}},
	"codes: random ones":                     {parts{}, parts{rest: "codes: {}"}},
	"limits: off":                            {parts{}, parts{rest: "limits: off"}},
	"code: 10m":                              {parts{}, parts{rest: "lifetimes: {code: 10m}"}},
	"access_token: 15m":                      {parts{}, parts{rest: "lifetimes: {access_token: 15m}"}},
	"id_token: 1h":                           {parts{}, parts{rest: "lifetimes: {id_token: 1h}"}},
	"refresh_token: 2160h, which is 90 days": {parts{}, parts{rest: "lifetimes: {refresh_token: 2160h}"}},
	"refresh_token_idle: 336h, which is 14 days": {parts{}, parts{rest: "lifetimes: {refresh_token_idle: 336h}"}},
	"resend: 0s": {parts{}, parts{rest: "lifetimes: {resend: 0s}"}},
}

var (
	keyWithDefault = regexp.MustCompile(`(?m)^[ -]*(\w+):.*# .*default: (.*)$`)
	listDefault    = regexp.MustCompile(`(?m)^ *#.*Default: (.*)\.\n *(\w+):`)
)

func TestSample_TellsEveryDefaultAsItIs(t *testing.T) {
	told := map[string]bool{}
	keys, lists := keyWithDefault.FindAllStringSubmatch(Sample, -1), listDefault.FindAllStringSubmatch(Sample, -1)
	require.Equal(t, strings.Count(strings.ToLower(Sample), "default: "), len(keys)+len(lists), "the expressions find all")
	for _, m := range keys {
		told[m[1]+": "+m[2]] = true
	}
	for _, m := range lists {
		told[m[2]+": "+m[1]] = true
	}
	delete(told, "type: boolean for Boolean, string for others")
	told["type: boolean for Boolean"], told["type: string for others"] = true, true
	for line := range told {
		assert.Contains(t, defaults, line, "a default that nobody proves")
	}
	for line, d := range defaults {
		assert.True(t, told[line], "the sample does not tell %s", line)
		assert.Equal(t, read(t, d.without.file()), read(t, d.with.file()), line)
	}
}

// mistakes is wrong in all ways that there are, and says so on the lines that are named.
const mistakes = `tenant: {name: Contoso.com, id: 7}
resources:
  - audience: api://orders
  - {audience: api://stock, scopes: ["a b"]}
  - {scopes: [Orders.Read]}
  - {audience: api://more, scopes: [Orders.Read]}
clients:
  - id: a b
    user_flow: sms
    mfa: [always]
    methods: [totp]
    scopes: [Unknown.Read]
    secret: x
    attributes:
      - {name: 9}
      - {regex: "("}
      - name: city
        options: [a]
      - name: City
  - {id: app, type: confidential, secret: short}
  - id: app
  - {id: other, methods: email, reset: maybe}
users:
  - username: ada
  - {usrname: ada, id: 4}
  - {username: a@b.example, methods: [{kind: sms, target: a@b.example}], email: x, attributes: {9: x}}
  - {username: a@b.example}
  - {username: A@b.example}
  - {username: ada, email: a@b.example}
  - just text
  - {username: c@b.example, id: 99990000-aaaa-bbbb-cccc-ddddeeeeffff}
  - {username: d@b.example, id: 99990000-AAAA-bbbb-cccc-ddddeeeeffff}
codes:
  nobody: 12345678
  c@b.example: 1234
lifetimes:
  code: 20m
  access_token: soon
  resend: 1m
origins: [http://localhost/, "*"]
passwords: {min_length: 3, classes: 9, banned: ["!"]}
limits: maybe
color: red
app: a
app: b
`

func TestRead_SaysEveryMistakeWithItsLine(t *testing.T) {
	_, err := Read("tenant.yaml", []byte(mistakes))
	require.Error(t, err)
	assert.Equal(t, strings.TrimSpace(`
tenant.yaml:1: tenant.name is "Contoso.com": write small letters, digits and hyphens alone, without .onmicrosoft.com
tenant.yaml:1: tenant.id is "7": write a GUID, or leave it out
tenant.yaml:3: resources[0].scopes is missing: write what apps ask for, as [Orders.Read]
tenant.yaml:4: resources[1].scopes: scope "a b" has a form that RFC 6749 does not know
tenant.yaml:5: resources[2].audience is missing: write the aud of its tokens, as api://orders
tenant.yaml:6: resources[3].scopes has Orders.Read, which is in another resource: each belongs to one
tenant.yaml:8: clients[0].id: ID "a b" is not 1 to 128 of 0-9 A-Z a-z . _ ~ -
tenant.yaml:9: clients[0].user_flow is "sms": write email-code or email-password
tenant.yaml:10: clients[0].mfa is not a single value
tenant.yaml:11: clients[0].methods has "totp": write email or sms
tenant.yaml:12: clients[0].scopes has Unknown.Read, which is in none of the resources
tenant.yaml:13: clients[0].secret is for a client of the type confidential: leave it out, or write type: confidential
tenant.yaml:15: clients[0].attributes[0].name: Name must be a letter followed by at most 127 letters, digits and underscores
tenant.yaml:16: clients[0].attributes[1].name is missing: write displayName, or extension_APPID_NAME
tenant.yaml:17: clients[0].attributes[2].name: Options are for the selects, remove them or change Input TextBox
tenant.yaml:19: clients[0].attributes[3].name is there twice: names differ in more than case
tenant.yaml:20: clients[1].secret: Secrets[0] has 5 characters: set 32 to 1024, random ones
tenant.yaml:21: clients[2].id is there twice: each client has its own
tenant.yaml:22: clients[3].reset is "maybe": write true or false
tenant.yaml:22: clients[3].methods is not a list: begin each entry with a dash
tenant.yaml:24: users[0]: email is missing: the user name is no address, and codes have to go somewhere
tenant.yaml:25: users[1].usrname is unknown: there can be attributes, disabled, email, id, methods, mfa, password, reset_required, username
tenant.yaml:25: users[1]: username is missing: write an e-mail address
tenant.yaml:25: users[1]: id "4" is not a GUID: write one, or leave it out
tenant.yaml:26: users[2]: email "x" is not an e-mail address
tenant.yaml:26: users[2]: attributes has "9", which cannot be one: write it as displayName or extension_APPID_NAME
tenant.yaml:26: users[2]: methods has kind "sms" with target "a@b.example": write email with an address, or sms with a number as +4915112345678
tenant.yaml:28: users[4].username is there twice: each user has their own
tenant.yaml:29: users[5].username is no address: write aliases: true in the file, where people sign in with other names
tenant.yaml:30: users[6] is not a list of keys and values, as "name: contoso"
tenant.yaml:30: users[6]: username is missing: write an e-mail address
tenant.yaml:32: users[8].id is there twice: each user has their own
tenant.yaml:34: codes: "nobody" is neither an address nor a number with its country's code
tenant.yaml:35: codes: "1234" is not a code: write 8 digits
tenant.yaml:37: lifetimes.code: set 1s to 10m0s, or 0 for the default
tenant.yaml:38: lifetimes.access_token is "soon": write a time with its unit, as 90s, 10m or 24h
tenant.yaml:39: lifetimes.resend has no meaning without limits: write limits: on, or leave it out
tenant.yaml:40: origins: "http://localhost/" is not an origin of the form https://host or https://host:port
tenant.yaml:40: origins: "*" holds a wildcard: list each origin
tenant.yaml:41: passwords.min_length is "3": write 8 to 64
tenant.yaml:41: passwords.classes is "9": write 0 to 4
tenant.yaml:41: passwords.banned: word 1 ("!") has no part of 3 letters or digits, so it would forbid nothing
tenant.yaml:42: limits is "maybe": write off or on
tenant.yaml:43: color is unknown: there can be aliases, app, clients, codes, hide_accounts, lifetimes, limits, origins, passwords, resources, tenant, users
tenant.yaml:45: app is there twice: write it once`), err.Error())
}

func TestRead_RefusesWhatIsNoSuchFile(t *testing.T) {
	for words, file := range map[string]string{
		"file:1: the file is empty: begin with the sample":                            "# nothing\n",
		"file:2: this is not YAML: ":                                                  "tenant:\n\tname: contoso\n",
		`file:1: the file is not a list of keys and values, as "name: contoso"`:       "- contoso\n",
		"file:3: a second document begins here: write one":                            "tenant: {name: a}\nclients: [{id: a}]\n---\nb: c\n",
		"file:1: tenant.name is missing: write what stands before .onmicrosoft.com":   "clients: [{id: a}]\n",
		"file:1: clients is missing: write the apps that may call, each with an id":   "tenant: {name: a}\n",
		"file:2: clients[0].id is missing: write that of the app registration, a GUI": "tenant: {name: a}\nclients: [{name: a}]\n",
		`file:3: app: App "a\x01" holds control characters`:                           "tenant: {name: a}\nclients: [{id: a}]\napp: \"a\\x01\"\n",
	} {
		_, err := Read("file", []byte(file))
		assert.ErrorContains(t, err, words)
	}
}

func TestRead_TakesWhatIsSaid(t *testing.T) {
	s := read(t, parts{
		client: ", mfa: always, methods: []", user: ", id: 99990000-AAAA-bbbb-cccc-ddddeeeeffff",
		rest: "aliases: true\nlimits: on\nlifetimes: {resend: 30s}\npasswords: {remember: 0}\nhide_accounts: true\napp: Contoso\n" +
			"codes: {Ada@contoso.example: 1234-5678, \"+49 151 12345678\": 87654321}",
	}.file())
	assert.False(t, s.Config.Limits.Off)
	assert.Equal(t, 30*time.Second, s.Config.ResendInterval)
	assert.Equal(t, -1, s.Config.Passwords.Remember)
	assert.Equal(t, "Contoso", s.Config.App)
	assert.True(t, s.Config.HideAccounts)
	assert.True(t, s.Config.Aliases)
	assert.NotNil(t, s.Config.Clients[0].SecondFactor)
	assert.Equal(t, []store.MethodKind{}, s.Config.Clients[0].Methods, "which is not nil: people can register none")
	assert.Equal(t, "99990000-aaaa-bbbb-cccc-ddddeeeeffff", s.people[0].ID)
	assert.Equal(t, map[otp.Address]string{"ada@contoso.example": "12345678", "+4915112345678": "87654321"}, s.fixed)
	assert.NoError(t, s.admits(Person{Username: "ada"}))
}

func TestRead_FollowsAnchors(t *testing.T) {
	s := read(t, "tenant: {name: a}\nclients: [{id: a, scopes: &all [A]}, {id: b, scopes: *all}]\nresources: [{audience: x, scopes: *all}]\n")
	assert.Equal(t, []string{"A"}, s.Config.Clients[1].Scopes)
}
