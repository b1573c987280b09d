package localca_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
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

// Whoever has the key cannot use it for more: clients look at what the authority says of itself.
func TestAuthority_IsNotTrustedForOtherNames(t *testing.T) {
	a, kept := authority(t)
	certificate, rest := pem.Decode(kept)
	private, _ := pem.Decode(rest)
	parent, err := x509.ParseCertificate(certificate.Bytes)
	require.NoError(t, err)
	key, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	require.NoError(t, err)
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	forge := func(template x509.Certificate) []byte {
		template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), now, now.Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, &template, parent, own.Public(), key)
		require.NoError(t, err)
		return der
	}
	assert.NoError(t, verify(t, a, forge(x509.Certificate{DNSNames: []string{"a.localhost"}}), "a.localhost", now))
	assert.ErrorContains(t, verify(t, a, forge(x509.Certificate{DNSNames: []string{"example.com"}}), "example.com", now), "not permitted")
	assert.ErrorContains(t, verify(t, a, forge(x509.Certificate{IPAddresses: []net.IP{{192, 0, 2, 7}}}), "192.0.2.7", now), "not permitted")
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
