package flow

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const app = "https://id.example" // the audience of the app's own API

func TestGrantScopes_JudgesWhatAClientAsksFor(t *testing.T) {
	all, some, none := &Client{ID: "all"}, &Client{ID: "some", Scopes: []string{"Orders.Read"}}, &Client{ID: "none", Scopes: []string{}}
	for name, c := range map[string]struct {
		asked  string
		client *Client
		want   grant
		err    error
	}{
		"nothing is the default":           {"", all, grant{scopes: split("openid profile"), echo: split("openid profile"), audience: app, openid: true, offline: true}, nil},
		"blanks are nothing":               {" \t ", all, grant{scopes: split("openid profile"), echo: split("openid profile"), audience: app, openid: true, offline: true}, nil},
		"MSAL's default":                   {"openid profile offline_access", all, grant{scopes: split("openid profile"), echo: split("openid profile"), audience: app, openid: true, offline: true}, nil},
		"an app's scope alone gets it all": {"Orders.Read", all, grant{scopes: split("Orders.Read openid profile"), echo: split("Orders.Read openid profile"), audience: app, openid: true, offline: true}, nil},
		"another API":                      {"Stock.Read openid", all, grant{scopes: split("Stock.Read openid profile"), echo: split("Stock.Read openid profile"), audience: "api://stock", openid: true, offline: true}, nil},
		"two scopes of one API":            {"Orders.Write Orders.Read", all, grant{scopes: split("Orders.Write Orders.Read openid profile"), echo: split("Orders.Write Orders.Read openid profile"), audience: app, openid: true, offline: true}, nil},
		"the client's spelling is echoed":  {"ORDERS.read OpenID", all, grant{scopes: split("Orders.Read openid profile"), echo: split("ORDERS.read OpenID profile"), audience: app, openid: true, offline: true}, nil},
		"twice is once":                    {"email email EMAIL", all, grant{scopes: split("email openid profile"), echo: split("email openid profile"), audience: app, openid: true, offline: true}, nil},
		"runs of blanks":                   {"  openid   profile ", all, grant{scopes: split("openid profile"), echo: split("openid profile"), audience: app, openid: true, offline: true}, nil},
		"a client with one scope":          {"Orders.Read", some, grant{scopes: split("Orders.Read openid profile"), echo: split("Orders.Read openid profile"), audience: app, openid: true, offline: true}, nil},

		"an unknown scope":                        {"openid Orders.Delete", all, grant{}, ErrScope},
		"a resource's name":                       {"api://stock/Stock.Read", all, grant{}, ErrScope},
		"the default scope of a resource":         {".default", all, grant{}, ErrScope},
		"the start of a scope":                    {"Orders", all, grant{}, ErrScope},
		"scopes joined by a comma":                {"openid,profile", all, grant{}, ErrScope},
		"two APIs":                                {"Orders.Read Stock.Read", all, grant{}, ErrScope},
		"a scope that the client may not have":    {"Orders.Write", some, grant{}, ErrConsent},
		"in another case":                         {"orders.WRITE", some, grant{}, ErrConsent},
		"a client that may have none":             {"Orders.Read", none, grant{}, ErrConsent},
		"an unknown scope after a good one":       {"Orders.Read nonsense", all, grant{}, ErrScope},
		"a good scope after one not consented to": {"Orders.Write Orders.Read", some, grant{}, ErrConsent},
	} {
		got, err := newStage(t).grantScopes(c.asked, c.client)
		assert.ErrorIs(t, err, c.err, name)
		assert.Equal(t, c.want, got, name)
	}
}

func TestGrantScopes_InStrictModeGivesWhatWasAskedFor(t *testing.T) {
	s := newStage(t, func(c *Config) { c.StrictScopes = true })
	for asked, want := range map[string]grant{
		"":                           {scopes: split("openid profile"), echo: split("openid profile"), audience: app, openid: true, offline: true},
		"openid":                     {scopes: split("openid"), echo: split("openid"), audience: app, openid: true},
		"offline_access":             {audience: app, offline: true},
		"Orders.Read":                {scopes: split("Orders.Read"), echo: split("Orders.Read"), audience: app},
		"Stock.Read offline_access":  {scopes: split("Stock.Read"), echo: split("Stock.Read"), audience: "api://stock", offline: true},
		"email profile":              {scopes: split("email profile"), echo: split("email profile"), audience: app},
		"openid openid Orders.Write": {scopes: split("openid Orders.Write"), echo: split("openid Orders.Write"), audience: app, openid: true},
	} {
		got, err := s.grantScopes(asked, &Client{})
		require.NoError(t, err, asked)
		assert.Equal(t, want, got, asked)
	}
}

func TestNarrow_GivesNoMoreThanWasGranted(t *testing.T) {
	for name, c := range map[string]struct {
		asked, granted string
		client         *Client
		want           string // echoed
		audience       string
		err            error
	}{
		"nothing is all of it":                {"", "Orders.Read openid profile", nil, "Orders.Read openid profile", app, nil},
		"blanks are nothing":                  {"  ", "Stock.Read openid profile", nil, "Stock.Read openid profile", "api://stock", nil},
		"the same":                            {"Orders.Read openid profile", "Orders.Read openid profile", nil, "Orders.Read openid profile", app, nil},
		"less":                                {"Orders.Read", "Orders.Read Orders.Write openid profile", nil, "Orders.Read openid profile", app, nil},
		"OpenID Connect's alone":              {"openid profile offline_access", "Orders.Read openid profile", nil, "openid profile", app, nil},
		"OpenID Connect's that were not":      {"openid email", "openid profile", nil, "openid profile", app, nil},
		"in the client's spelling":            {"ORDERS.READ", "Orders.Read openid profile", nil, "ORDERS.READ openid profile", app, nil},
		"more of the same API":                {"Orders.Read Orders.Write", "Orders.Read openid profile", nil, "", "", ErrScope},
		"another API":                         {"Stock.Read", "Orders.Read openid profile", nil, "", "", ErrScope},
		"an API where none was granted":       {"Orders.Read", "openid profile", nil, "", "", ErrScope},
		"unknown":                             {"Orders.Delete", "Orders.Read openid profile", nil, "", "", ErrScope},
		"what the client may have no longer":  {"", "Orders.Write openid profile", &Client{Scopes: []string{"Orders.Read"}}, "", "", ErrConsent},
		"what the host has no longer":         {"", "Orders.Burn openid profile", nil, "", "", ErrScope},
		"openid where it was not granted":     {"openid", "Orders.Read", nil, "", app, nil},
		"offline_access is never a scope":     {"offline_access openid", "openid profile", nil, "openid profile", app, nil},
		"a scope that was granted, and twice": {"Orders.Read orders.read", "Orders.Read openid", nil, "Orders.Read openid", app, nil},
	} {
		client := c.client
		if client == nil {
			client = &Client{}
		}
		got, err := newStage(t).narrow(c.asked, split(c.granted), client)
		assert.ErrorIs(t, err, c.err, name)
		if c.err == nil {
			assert.Equal(t, c.want, strings.Join(got.echo, " "), name)
			assert.Equal(t, c.audience, got.audience, name)
			assert.True(t, got.offline, name)
			assert.Equal(t, strings.Contains(c.want, "openid"), got.openid, name)
			for _, scope := range got.scopes {
				assert.Contains(t, split(c.granted), scope, name)
			}
		}
	}
}

func TestAPI_IsWhatIsNotOpenIDConnects(t *testing.T) {
	assert.Equal(t, split("Orders.Read Orders.Write"), grant{scopes: split("openid Orders.Read profile Orders.Write email")}.api())
	assert.Empty(t, grant{scopes: split("openid profile")}.api())
}

func split(s string) []string { return strings.Fields(s) }
