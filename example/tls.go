package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"github.com/nativeauth/nativeauth/example/localca"
)

// The files of the authority that -tls makes certificates with, beside the data. The first is for its owner alone.
const (
	authorityFile   = "nativeauth-ca-key.pem"
	certificateFile = "nativeauth-ca.pem"
)

// secure returns a listener that speaks TLS, and the file of the certificate to trust.
func secure(l net.Listener, o options) (secured net.Listener, trust string, err error) {
	dir, err := filepath.Abs(filepath.Dir(o.secretFile()))
	if err != nil {
		return nil, "", err
	}
	a, err := openAuthority(filepath.Join(dir, authorityFile))
	if err != nil {
		return nil, "", fmt.Errorf("-tls: %w", err)
	}
	trust = filepath.Join(dir, certificateFile)
	if err := showCertificate(trust, a.PEM); err != nil {
		return nil, "", fmt.Errorf("-tls: %w", err)
	}
	certificate, err := a.Issue(time.Now(), o.names()...)
	if err != nil {
		return nil, "", fmt.Errorf("-tls: %w", err)
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}}), trust, nil
}

// openAuthority reads the authority kept at path, and makes one on the first run: what trusts it goes on to.
func openAuthority(path string) (*localca.Authority, error) {
	kept, err := keptFile(path, func() ([]byte, error) { return localca.New(time.Now()) })
	if err != nil {
		return nil, err
	}
	a, err := localca.Parse(kept, time.Now())
	if errors.Is(err, localca.ErrExpired) {
		return nil, fmt.Errorf("%s: %w: remove the file to get a new one, and trust that", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: put the right file back, or remove it to get a new authority, and trust that", path, err)
	}
	return a, nil
}

// showCertificate keeps the certificate where everybody can read it.
func showCertificate(path string, content []byte) error {
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, content) {
		return nil
	}
	return os.WriteFile(path, content, 0o644)
}

// names are what clients may call the server by, beside localhost.
func (o options) names() (names []string) {
	host, _, _ := net.SplitHostPort(o.addr) // parseFlags has tried
	names = append(names, host)
	if u, err := url.Parse(o.issuer); err == nil && o.issuer != "" {
		names = append(names, u.Hostname())
	}
	return names
}

// scheme is how the server is called.
func (o options) scheme() string {
	if o.tls {
		return "https"
	}
	return "http"
}

// checkTLS refuses an issuer that the certificate is not for.
func checkTLS(o options) error {
	u, err := url.Parse(o.issuer)
	switch {
	case !o.tls || o.issuer == "" || err != nil:
		return nil
	case o.elsewhere():
		return errors.New("-tls makes certificates for names of this machine alone: give those of -issuer to a proxy in front")
	case u.Scheme != "https":
		return errors.New("-issuer is not https, and -tls is: write https://")
	}
	return nil
}

// trustWelcome says how to trust the authority whose certificate is in a file.
var trustWelcome = template.Must(template.New("trust").Parse(`The certificate is of an authority that is made for names of this machine alone, localhost and the like. It stays the
same as long as its file does. To trust it:

  curl     curl --cacert '{{.}}'
  Node     export NODE_EXTRA_CA_CERTS='{{.}}'
  Go       export SSL_CERT_FILE='{{.}}' (on Linux, in place of the system's)
  Debian   sudo cp '{{.}}' /usr/local/share/ca-certificates/nativeauth.crt && sudo update-ca-certificates
  macOS    sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain '{{.}}'
  Windows  certutil -addstore Root "{{.}}" (as administrator)
  Chromium on Linux: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n nativeauth -i '{{.}}'
  Firefox  Settings, Certificates, Authorities, Import
  iOS      xcrun simctl keychain booted add-root-cert '{{.}}'
  Android  adb reverse tcp:PORT tcp:PORT, and the file in res/raw as a trust anchor of the debug build (network_security_config)

`))
