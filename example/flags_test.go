package main

import (
	"errors"
	"flag"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

func TestParseFlags_MistakesAreSaidAndEndWithTwo(t *testing.T) {
	for words, args := range map[string][]string{
		`-addr "0.0.0.0:8080" is not a loopback address`:   {"-addr", "0.0.0.0:8080"},
		`-addr ":8080" is not a loopback address`:          {"-addr", ":8080"},
		`-addr "[::]:8080" is not a loopback address`:      {"-addr", "[::]:8080"},
		`-addr "192.0.2.7:80" is not a loopback address`:   {"-addr", "192.0.2.7:80"},
		`-addr "example.com:80" is not a loopback address`: {"-addr", "example.com:80"},
		`-addr "127.0.0.1" is not HOST:PORT`:               {"-addr", "127.0.0.1"},
		`-db is none of memory, sqlite:FILE, postgres://`:  {"-db", "sqlite:"},
		`-smtp or -from: Addr "mailhost"`:                  {"-smtp", "mailhost"},
		`-smtp or -from: From "nobody"`:                    {"-from", "nobody"},
		`-sms is for use with -smtp`:                       {"-sms", "https://sms.example"},
		`-sms: URL is http, which shows codes`:             {"-smtp", "mail.example:25", "-sms", "http://sms.example"},
		`-resend-interval -1s is negative`:                 {"-resend-interval", "-1s"},
		`invalid value "soon" for flag -resend-interval`:   {"-resend-interval", "soon"},
		`-limits off is for load tests`:                    {"-limits", "off", "-issuer", "https://id.example", "-smtp", "mail.example:25"},
		`-limits off lets nobody wait`:                     {"-limits", "off", "-resend-interval", "5s"},
		`limits are on or off`:                             {"-limits", "none"},
		`this trusts everybody`:                            {"-trusted-proxy", "0.0.0.0/0"},
		`a proxy is a network or an address`:               {"-trusted-proxy", "proxy.example"},
		`write the network as IPv4`:                        {"-trusted-proxy", "::ffff:10.0.0.0/104"},
		`an origin is a scheme and a host`:                 {"-origin", "https://app.example.com/"},
		`flag provided but not defined: -port`:             {"-port", "80"},
		`"memory" is not a flag`:                           {"memory"},
		"mysql://USER:PASSWORD@HOST:PORT/DATABASE\n-redis": {"-db", "x", "-redis", "x"},
		`-issuer: Issuer "http://id.localhost/a/"`:         {"-issuer", "http://id.localhost/a/"},
		`-issuer: Issuer "//localhost/a"`:                  {"-issuer", "//localhost/a"},
		`have them mailed with -smtp`:                      {"-issuer", "https://id.example"},
		`keep users in a database`:                         {"-issuer", "https://id.example", "-smtp", "mail.example:25", "-db", "memory"},
		`-issuer: Issuer "http://id.example"`:              {"-issuer", "http://id.example", "-smtp", "mail.example:25"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			_, err := parseFlags(args, io.Discard)
			require.ErrorContains(t, err, words)
			_, ok := errors.AsType[usageError](err)
			assert.True(t, ok, "it is a mistake of usage")
			assert.Equal(t, 2, exitCode(err))
		})
	}
}

func TestParseFlags_EveryLoopbackAddressWillDo(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "127.7.7.7:80", "[::1]:8080", "[::ffff:127.0.0.1]:80", "localhost:80"} {
		_, err := parseFlags([]string{"-addr", addr}, io.Discard)
		assert.NoError(t, err, addr)
	}
}

func TestParseFlags_WithoutFlagsEverythingIsReady(t *testing.T) {
	o, err := parseFlags(nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, options{
		addr: "127.0.0.1:8080", from: "Contoso <no-reply@contoso.example>",
		db: database{"sqlite", sqlstore.SQLiteDSN("nativeauth.db"), "SQLite file nativeauth.db", "nativeauth.db-secret"},
	}, o)
	assert.Negative(t, o.resendInterval(), "no wait between two codes")
	assert.Equal(t, "http://127.0.0.1:80"+apiPath, o.issuerAt("http://127.0.0.1:80"))
}

func TestParseFlags_TheWaitIsTheOneAskedFor(t *testing.T) {
	o, err := parseFlags([]string{"-resend-interval", "5s"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, 5*time.Second, o.resendInterval())
}

func TestParseFlags_AnIssuerElsewhereHasTheUsualWait(t *testing.T) {
	for issuer, want := range map[string]time.Duration{
		"https://id.example/a": 0, "https://id.localhost": -1, "http://127.0.0.1:1/a": -1, "http://[::1]:1": -1,
	} {
		o, err := parseFlags([]string{"-issuer", issuer, "-smtp", "mail.example:25"}, io.Discard)
		require.NoError(t, err, issuer)
		assert.Equal(t, issuer, o.issuerAt("http://127.0.0.1:80"))
		assert.Equal(t, want, o.resendInterval(), issuer)
	}
}

func TestParseFlags_ProxiesAreNetworksOrAddresses(t *testing.T) {
	o, err := parseFlags([]string{"-trusted-proxy", "10.0.0.0/8", "-trusted-proxy", "2001:db8::1", "-limits", "on"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::1/128")}, o.proxies)
	assert.False(t, o.noLimit)
}

func TestParseFlags_TheSecretIsWhereItIsSaidOrBesideTheData(t *testing.T) {
	for want, args := range map[string][]string{
		"":                  {"-db", "memory"},
		"a.db-secret":       {"-db", "sqlite:a.db"},
		"nativeauth.secret": {"-db", "postgres://localhost/a"},
		"own":               {"-db", "mysql://localhost/a", "-secret", "own"},
	} {
		o, err := parseFlags(args, io.Discard)
		require.NoError(t, err)
		assert.Equal(t, want, o.secretFile(), args)
	}
}

func TestParseFlags_HelpIsNoFailure(t *testing.T) {
	var stdout strings.Builder
	err := run(t.Context(), []string{"-h"}, &stdout)
	require.ErrorIs(t, err, flag.ErrHelp)
	assert.Equal(t, 0, exitCode(err))
	for _, name := range []string{
		"-addr", "-issuer", "-db", "-redis", "-secret", "-smtp", "-from", "-sms", "-origin", "-resend-interval", "-limits", "-trusted-proxy", "-keys", "-config", "-sample-config", "-tls", "Several instances",
	} {
		assert.Contains(t, stdout.String(), name)
	}
}

func TestExitCode_WhatIsNoMistakeOfUsageIsOne(t *testing.T) {
	assert.Equal(t, 1, exitCode(errors.New("disk full")))
	assert.Equal(t, 0, exitCode(nil))
}
