package httpsms

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// refused says what status a message was answered with. The words of the answer stay out: they may
// quote the message.
func refused(status int) error {
	if status >= 300 && status < 400 {
		return fmt.Errorf("server answered %d, a redirect, which is not followed", status)
	}
	return fmt.Errorf("server answered %d", status)
}

// failed says why there was no answer. It picks the one error that is known to hold no secret from the
// chain that the client reports: others quote the URL, or the answer where it makes no sense.
func failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return network
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return context.DeadlineExceeded // the client's
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificate
	}
	for _, known := range []error{http.ErrSchemeMismatch, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return known
		}
	}
	return fmt.Errorf("no answer that is understood (%T)", root(err))
}

// root returns the error that err began with, whose type says something about it.
func root(err error) error {
	for {
		cause := errors.Unwrap(err)
		if cause == nil {
			return err
		}
		err = cause
	}
}
