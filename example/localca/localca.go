// Package localca makes certificates for a server in development: an authority of its own, which a developer's machine
// is told to trust, and from it a certificate for the names that only this machine has.
//
// Whoever gets hold of the authority's private key can speak for what it may sign. Therefore the authority itself says that
// this is localhost, what is beneath it, and the loopback addresses, and nothing else (name constraints, RFC 5280
// §4.2.1.10), which Go, OpenSSL, browsers and Node check: with a stolen key nobody can stand in for another site. Nor can
// they sign mail or programs, for which systems may trust it, too: it is for servers alone (extended key usage, §4.2.1.12).
package localca

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"
)

const (
	life     = 10 * 365 * 24 * time.Hour // of an authority: trusting one is work
	leafLife = 365 * 24 * time.Hour      // of a certificate; Apple's systems accept 398 days at most
	backward = time.Hour                 // for clocks that are behind

	certificateBlock = "CERTIFICATE"
	keyBlock         = "PRIVATE KEY"
)

// What an authority may sign certificates for.
var (
	domains   = []string{"localhost"}
	addresses = []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
	uses = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
)

// ErrExpired says that an authority has come to its end, or will before a certificate of it would.
var ErrExpired = errors.New("localca: the authority has expired")

// Authority signs certificates for this machine. It is safe for concurrent use.
type Authority struct {
	// PEM is the certificate that clients trust.
	PEM []byte

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New makes an authority, and returns certificate and private key as PEM, for Parse: keep it from others.
func New(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "nativeauth development authority"},
		NotBefore: now.Add(-backward), NotAfter: now.Add(life),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: uses,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: domains, PermittedIPRanges: addresses,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(encode(certificateBlock, certificate), encode(keyBlock, private)...), nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// serial returns 127 random bits: clients tell certificates of one issuer apart by it (RFC 5280 §4.1.2.2).
func serial() *big.Int {
	bits := make([]byte, 16)
	rand.Read(bits)
	bits[0] &= 0x7f
	return new(big.Int).SetBytes(bits)
}

// Parse reads what New has made. It returns ErrExpired for an authority that is at its end, and refuses one that may sign
// for more than those of New: people are told that it is safe to trust.
func Parse(kept []byte, now time.Time) (*Authority, error) {
	certificate, rest := pem.Decode(kept)
	if certificate == nil || certificate.Type != certificateBlock {
		return nil, errors.New("localca: this does not begin with a certificate")
	}
	private, rest := pem.Decode(rest)
	if private == nil || private.Type != keyBlock || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("localca: behind the certificate there is not one private key")
	}
	parsed, err := x509.ParseCertificate(certificate.Bytes)
	if err != nil {
		return nil, fmt.Errorf("localca: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	if err != nil {
		return nil, fmt.Errorf("localca: %w", err)
	}
	pair, ok := key.(*ecdsa.PrivateKey)
	if !ok || !pair.PublicKey.Equal(parsed.PublicKey) || !parsed.IsCA {
		return nil, errors.New("localca: certificate and private key do not belong together")
	}
	if !isNarrow(parsed) {
		return nil, errors.New("localca: the authority is for more than this machine")
	}
	if now.Add(leafLife).After(parsed.NotAfter) {
		return nil, ErrExpired
	}
	return &Authority{encode(certificateBlock, certificate.Bytes), parsed, pair}, nil
}

// isNarrow tells whether an authority may sign what those of New may, and nothing else.
func isNarrow(c *x509.Certificate) bool {
	same := func(a, b *net.IPNet) bool { return a.String() == b.String() }
	return c.PermittedDNSDomainsCritical && slices.Equal(c.PermittedDNSDomains, domains) &&
		slices.EqualFunc(c.PermittedIPRanges, addresses, same) &&
		slices.Equal(c.ExtKeyUsage, uses) && len(c.UnknownExtKeyUsage) == 0
}

// Issue returns a certificate for this machine: for localhost, the loopback addresses, and further names, which have to be
// of the same kind. It lasts for a year.
func (a *Authority) Issue(now time.Time, names ...string) (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: now.Add(-backward), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: uses,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, name := range names {
		switch ip := net.ParseIP(name); {
		case ip != nil && ip.IsLoopback():
			template.IPAddresses = append(template.IPAddresses, ip)
		case ip == nil && (name == "localhost" || strings.HasSuffix(name, ".localhost")):
			template.DNSNames = append(template.DNSNames, name)
		default:
			return tls.Certificate{}, fmt.Errorf("localca: %q is not a name of this machine alone: use localhost, a name beneath it, or a loopback address", name)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}, nil
}
