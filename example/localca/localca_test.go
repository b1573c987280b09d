package localca_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/localca"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func authority(t *testing.T) (*localca.Authority, []byte) {
	t.Helper()
	kept, err := localca.New(now)
	require.NoError(t, err)
	a, err := localca.Parse(kept, now)
	require.NoError(t, err)
	return a, kept
}

// verify checks a certificate as a client does that trusts the authority.
func verify(t *testing.T, a *localca.Authority, der []byte, name string, at time.Time) error {
	t.Helper()
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(a.PEM))
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: at})
	return err
}

func issue(t *testing.T, a *localca.Authority, names ...string) tls.Certificate {
	t.Helper()
	c, err := a.Issue(now, names...)
	require.NoError(t, err)
	return c
}

func TestIssue_IsGoodForThisMachineForAYear(t *testing.T) {
	a, _ := authority(t)
	leaf := issue(t, a, "127.7.7.7", "id.localhost").Certificate[0]
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]", "127.7.7.7", "id.localhost"} {
		assert.NoError(t, verify(t, a, leaf, name, now), name)
	}
	for _, name := range []string{"example.com", "other.localhost", "192.0.2.7"} {
		assert.Error(t, verify(t, a, leaf, name, now), name)
	}
	assert.NoError(t, verify(t, a, leaf, "localhost", now.Add(364*24*time.Hour)))
	assert.Error(t, verify(t, a, leaf, "localhost", now.Add(366*24*time.Hour)))
}

func TestIssue_RefusesNamesThatOthersHave(t *testing.T) {
	a, _ := authority(t)
	for _, name := range []string{"example.com", "192.0.2.7", "localhost.example.com", ""} {
		_, err := a.Issue(now, name)
		assert.ErrorContains(t, err, "is not a name of this machine alone", name)
	}
}

// forger returns what signs anything with the key of an authority.
func forger(t *testing.T, kept []byte) func(x509.Certificate) []byte {
	t.Helper()
	certificate, rest := pem.Decode(kept)
	private, _ := pem.Decode(rest)
	parent, err := x509.ParseCertificate(certificate.Bytes)
	require.NoError(t, err)
	key, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	require.NoError(t, err)
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return func(template x509.Certificate) []byte {
		template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), now, now.Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, &template, parent, own.Public(), key)
		require.NoError(t, err)
		return der
	}
}

// Whoever has the key cannot use it for more: clients look at what the authority says of itself.
func TestAuthority_IsNotTrustedForOtherNames(t *testing.T) {
	a, kept := authority(t)
	forge := forger(t, kept)
	assert.NoError(t, verify(t, a, forge(x509.Certificate{DNSNames: []string{"a.localhost"}}), "a.localhost", now))
	assert.ErrorContains(t, verify(t, a, forge(x509.Certificate{DNSNames: []string{"example.com"}}), "example.com", now), "not permitted")
	assert.ErrorContains(t, verify(t, a, forge(x509.Certificate{IPAddresses: []net.IP{{192, 0, 2, 7}}}), "192.0.2.7", now), "not permitted")
}

// Systems that trust an authority may do so for mail and programs, too.
func TestAuthority_IsNotTrustedForMoreThanServers(t *testing.T) {
	a, kept := authority(t)
	forge := forger(t, kept)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(a.PEM))
	for use, trusted := range map[x509.ExtKeyUsage]bool{
		x509.ExtKeyUsageServerAuth: true, x509.ExtKeyUsageClientAuth: false,
		x509.ExtKeyUsageCodeSigning: false, x509.ExtKeyUsageEmailProtection: false,
	} {
		leaf, err := x509.ParseCertificate(forge(x509.Certificate{
			DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{use},
		}))
		require.NoError(t, err)
		_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{use}})
		assert.Equal(t, trusted, err == nil, "use %d: %v", use, err)
	}
}

// People are told that it is safe to trust what Parse returns, so it is not to be any authority that lies there.
func TestParse_RefusesAnAuthorityForMore(t *testing.T) {
	_, kept := authority(t)
	certificate, private := pem.Decode(kept)
	pair, _ := pem.Decode(private)
	made, err := x509.ParseCertificate(certificate.Bytes)
	require.NoError(t, err)
	key, err := x509.ParsePKCS8PrivateKey(pair.Bytes)
	require.NoError(t, err)
	everything := net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}
	for name, widen := range map[string]func(*x509.Certificate){
		"no constraints":  func(c *x509.Certificate) { c.PermittedDNSDomains, c.PermittedIPRanges = nil, nil },
		"any address":     func(c *x509.Certificate) { c.PermittedIPRanges = nil },
		"more addresses":  func(c *x509.Certificate) { c.PermittedIPRanges = append(c.PermittedIPRanges, &everything) },
		"any name":        func(c *x509.Certificate) { c.PermittedDNSDomains = nil },
		"another name":    func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"localhost", "example.com"} },
		"not to be heard": func(c *x509.Certificate) { c.PermittedDNSDomainsCritical = false },
		"any use":         func(c *x509.Certificate) { c.ExtKeyUsage = nil },
		"more uses":       func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageCodeSigning) },
		"unknown uses": func(c *x509.Certificate) {
			c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 99}}
		},
	} {
		wide := x509.Certificate{
			SerialNumber: made.SerialNumber, Subject: made.Subject, NotBefore: made.NotBefore, NotAfter: made.NotAfter,
			IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: made.KeyUsage, ExtKeyUsage: made.ExtKeyUsage,
			PermittedDNSDomainsCritical: true, PermittedDNSDomains: made.PermittedDNSDomains, PermittedIPRanges: made.PermittedIPRanges,
		}
		parse := func() error {
			der, err := x509.CreateCertificate(rand.Reader, &wide, &wide, key.(*ecdsa.PrivateKey).Public(), key)
			require.NoError(t, err)
			block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
			_, err = localca.Parse(append(block, private...), now)
			return err
		}
		require.NoError(t, parse(), "as it was made")
		widen(&wide)
		assert.ErrorContains(t, parse(), "for more than this machine", name)
	}
}

func TestParse_RefusesWhatIsNotWhole(t *testing.T) {
	_, kept := authority(t)
	_, other := authority(t)
	certificate, private, _ := strings.Cut(string(kept), "-----BEGIN PRIVATE")
	_, otherPrivate, _ := strings.Cut(string(other), "-----BEGIN PRIVATE")
	for _, text := range []string{"", "x", certificate, "-----BEGIN PRIVATE" + private, string(kept) + "x", certificate + "-----BEGIN PRIVATE" + otherPrivate} {
		_, err := localca.Parse([]byte(text), now)
		assert.Error(t, err, text)
	}
	_, err := localca.Parse(kept, now.Add(10*365*24*time.Hour))
	assert.ErrorIs(t, err, localca.ErrExpired)
}
