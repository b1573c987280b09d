package httpsms

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"

	"github.com/nativeauth/nativeauth/otp"
)

// refused says what a status means that a message was answered with. What breaks down on the way, or passes on
// that somebody behind it did, may have sent the message all the same.
func refused(status int) error {
	switch {
	case slices.Contains(later, status):
		return otp.Temporary(answered(status))
	case status >= 300 && status < 500:
		return otp.Rejected(answered(status))
	}
	return answered(status)
}

// later are the statuses that ask for another try.
var later = []int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusServiceUnavailable}

// answered tells the status. The words of the answer stay out: they may quote the message.
func answered(status int) error {
	if status >= 300 && status < 400 {
		return fmt.Errorf("server answered %d, a redirect, which is not followed", status)
	}
	return fmt.Errorf("server answered %d", status)
}

// failed says why there was no answer, and whether the message can have been posted: not without a connection.
func failed(ctx context.Context, err error, connected bool) error {
	if !connected {
		return otp.Temporary(described(ctx, err))
	}
	return described(ctx, err)
}

// described says why there was no answer. It picks the one error that is known to hold no secret from the
// chain that the client reports: others quote the URL, or the answer where it makes no sense.
func described(ctx context.Context, err error) error {
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
