package handler

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// L4 of the security requirements: where a call comes from.

func trusting(proxies ...string) (c Config) {
	for _, p := range proxies {
		c.TrustedProxies = append(c.TrustedProxies, netip.MustParsePrefix(p))
	}
	return c
}

func asked(peer string, headers ...string) *http.Request {
	r := &http.Request{RemoteAddr: peer, Header: http.Header{}}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func TestClientAddr_IsThePeerOrWhatATrustedProxySaw(t *testing.T) {
	const forwarded = "X-Forwarded-For"
	own := []string{"10.0.0.0/8", "2001:db8:ff::/48"}
	hundred := strings.Repeat("10.0.0.9, ", 100)
	for name, row := range map[string]struct {
		proxies []string
		r       *http.Request
		want    string // "" means that it is not known
	}{
		"the peer":                                      {nil, asked("192.0.2.7:1234"), "192.0.2.7"},
		"a peer of IPv6":                                {nil, asked("[2001:db8::7]:1234"), "2001:db8::7"},
		"a zone is of no account":                       {nil, asked("[fe80::7%eth0]:1234"), "fe80::7"},
		"IPv4 as IPv6 writes it is IPv4":                {nil, asked("[::ffff:192.0.2.7]:1234"), "192.0.2.7"},
		"a peer without a port":                         {nil, asked("192.0.2.7"), "192.0.2.7"},
		"no peer":                                       {nil, asked(""), ""},
		"a Unix socket":                                 {nil, asked("@"), ""},
		"a Unix socket says nothing by a header":        {own, asked("@", forwarded, "198.51.100.1"), ""},
		"nobody is trusted":                             {nil, asked("10.0.0.1:1", forwarded, "198.51.100.1"), "10.0.0.1"},
		"the peer is no proxy":                          {own, asked("192.0.2.7:1", forwarded, "198.51.100.1"), "192.0.2.7"},
		"a proxy":                                       {own, asked("10.0.0.1:1", forwarded, "198.51.100.1"), "198.51.100.1"},
		"a proxy of IPv6":                               {own, asked("[2001:db8:ff::1]:1", forwarded, "2001:db8::7"), "2001:db8::7"},
		"a proxy that the peer names as IPv6":           {own, asked("[::ffff:10.0.0.1]:1", forwarded, "198.51.100.1"), "198.51.100.1"},
		"a proxy that adds a port":                      {own, asked("10.0.0.1:1", forwarded, "198.51.100.1:4711"), "198.51.100.1"},
		"and of IPv6":                                   {own, asked("10.0.0.1:1", forwarded, "[2001:db8::7]:4711"), "2001:db8::7"},
		"a hop of IPv4 as IPv6 writes it":               {own, asked("10.0.0.1:1", forwarded, "::ffff:198.51.100.1"), "198.51.100.1"},
		"a hop with a zone":                             {own, asked("10.0.0.1:1", forwarded, "fe80::7%eth0"), "fe80::7"},
		"blanks":                                        {own, asked("10.0.0.1:1", forwarded, "\t198.51.100.1  "), "198.51.100.1"},
		"two proxies":                                   {own, asked("10.0.0.1:1", forwarded, "198.51.100.1, 10.0.0.2"), "198.51.100.1"},
		"what the client has written stands left":       {own, asked("10.0.0.1:1", forwarded, "203.0.113.1, 198.51.100.1"), "198.51.100.1"},
		"also if it writes a proxy":                     {own, asked("10.0.0.1:1", forwarded, "10.0.0.3, 198.51.100.1"), "198.51.100.1"},
		"also in a header of its own":                   {own, asked("10.0.0.1:1", forwarded, "203.0.113.1", forwarded, "198.51.100.1"), "198.51.100.1"},
		"a proxy without the header":                    {own, asked("10.0.0.1:1"), "10.0.0.1"},
		"an empty header":                               {own, asked("10.0.0.1:1", forwarded, ""), "10.0.0.1"},
		"nonsense":                                      {own, asked("10.0.0.1:1", forwarded, "unknown"), "10.0.0.1"},
		"nonsense behind a proxy":                       {own, asked("10.0.0.1:1", forwarded, "198.51.100.1, unknown, 10.0.0.2"), "10.0.0.2"},
		"a name":                                        {own, asked("10.0.0.1:1", forwarded, "client.example"), "10.0.0.1"},
		"an empty hop":                                  {own, asked("10.0.0.1:1", forwarded, "198.51.100.1,"), "10.0.0.1"},
		"quoted, as in Forwarded":                       {own, asked("10.0.0.1:1", forwarded, `"198.51.100.1"`), "10.0.0.1"},
		"a number that some read as an address":         {own, asked("10.0.0.1:1", forwarded, "3325256705"), "10.0.0.1"},
		"an address with zeros in front":                {own, asked("10.0.0.1:1", forwarded, "198.051.100.001"), "10.0.0.1"},
		"proxies alone":                                 {own, asked("10.0.0.1:1", forwarded, "10.0.0.3, 10.0.0.2"), "10.0.0.3"},
		"more proxies than anybody has":                 {own, asked("10.0.0.1:1", forwarded, "203.0.113.1, "+hundred+"10.0.0.2"), "10.0.0.9"},
		"a hundred hops that the client has written":    {own, asked("10.0.0.1:1", forwarded, strings.Repeat("203.0.113.1, ", 100)+"198.51.100.1"), "198.51.100.1"},
		"no other header, also of a proxy":              {own, asked("10.0.0.1:1", "Forwarded", "for=203.0.113.1", "X-Real-Ip", "203.0.113.1"), "10.0.0.1"},
		"a server is none of Auth0's before it is said": {own, asked("192.0.2.7:1", forwardedFor, "203.0.113.1"), "192.0.2.7"},
	} {
		want := netip.Addr{}
		if row.want != "" {
			want = netip.MustParseAddr(row.want)
		}
		assert.Equal(t, want, trusting(row.proxies...).clientAddr(row.r), name)
	}
}

func TestCheckProxies_RefusesWhatTrustsEverybody(t *testing.T) {
	for proxy, words := range map[string]string{
		"0.0.0.0/0":           "0.0.0.0/0 trusts everybody",
		"::/0":                "::/0 trusts everybody",
		"::ffff:10.0.0.0/104": "write ::ffff:10.0.0.0/104 as IPv4",
		"10.0.0.0/8":          "",
		"2001:db8::/32":       "",
		"fe80::/10":           "",
		"192.0.2.1/32":        "",
		"2001:db8:ff::1/128":  "",
		"10.1.2.3/8":          "",
	} {
		var p problems
		trusting(proxy).checkProxies(&p)
		assert.Equal(t, words != "", len(p) > 0, proxy)
		assert.Contains(t, fmt.Sprint(p), words)
	}
	var p problems
	Config{TrustedProxies: make([]netip.Prefix, 1)}.checkProxies(&p)
	assert.Contains(t, fmt.Sprint(p), "TrustedProxies[0] is no prefix")
}
