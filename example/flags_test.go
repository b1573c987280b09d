package main

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseFlags_MistakesAreSaidAndEndWithTwo(t *testing.T) {
	for words, args := range map[string][]string{
		`-addr "0.0.0.0:8080" is not a loopback address`:     {"-addr", "0.0.0.0:8080"},
		`-addr ":8080" is not a loopback address`:            {"-addr", ":8080"},
		`-addr "[::]:8080" is not a loopback address`:        {"-addr", "[::]:8080"},
		`-addr "192.0.2.7:80" is not a loopback address`:     {"-addr", "192.0.2.7:80"},
		`-addr "example.com:80" is not a loopback address`:   {"-addr", "example.com:80"},
		`-addr "127.0.0.1" is not HOST:PORT`:                 {"-addr", "127.0.0.1"},
		`-db "postgres:x" is neither memory nor sqlite:`:     {"-db", "postgres:x"},
		`-db "sqlite:" is neither memory nor sqlite:`:        {"-db", "sqlite:"},
		`-smtp or -from: Addr "mailhost"`:                    {"-smtp", "mailhost"},
		`-smtp or -from: From "nobody"`:                      {"-from", "nobody"},
		`-resend-interval -1s is negative`:                   {"-resend-interval", "-1s"},
		`invalid value "soon" for flag -resend-interval`:     {"-resend-interval", "soon"},
		`an origin is a scheme and a host`:                   {"-origin", "https://app.example.com/"},
		`flag provided but not defined: -port`:               {"-port", "80"},
		`"memory" is not a flag`:                             {"memory"},
		"-db \"x\" is neither memory nor sqlite:FILE\n-addr": {"-db", "x", "-addr", "x"},
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
		addr: "127.0.0.1:8080", db: "nativeauth.db", from: "Contoso <no-reply@contoso.example>",
	}, o)
	assert.Negative(t, o.resendInterval(), "no wait between two codes")
}

func TestParseFlags_TheWaitIsTheOneAskedFor(t *testing.T) {
	o, err := parseFlags([]string{"-resend-interval", "5s"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, 5*time.Second, o.resendInterval())
}

func TestParseFlags_HelpIsNoFailure(t *testing.T) {
	var stdout strings.Builder
	err := run(t.Context(), []string{"-h"}, &stdout)
	require.ErrorIs(t, err, flag.ErrHelp)
	assert.Equal(t, 0, exitCode(err))
	for _, name := range []string{"-addr", "-db", "-smtp", "-from", "-origin", "-resend-interval", "-keys"} {
		assert.Contains(t, stdout.String(), name)
	}
}

func TestExitCode_WhatIsNoMistakeOfUsageIsOne(t *testing.T) {
	assert.Equal(t, 1, exitCode(errors.New("disk full")))
	assert.Equal(t, 0, exitCode(nil))
}
