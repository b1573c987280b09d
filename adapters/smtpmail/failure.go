package smtpmail

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/wneessen/go-mail/smtp"
)

// errAnswer stands for an answer that makes no sense, whose words are kept to the server.
var errAnswer = errors.New("server's answer is not understood")

// enhancedCode is the second code in front of a server's words (RFC 3463 §2).
var enhancedCode = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}\b`)

// failed says that a step failed and why, and that the server does not have the message.
func failed(ctx context.Context, step string, err error) error {
	if kindOfReply(err) == 5 {
		return otp.Rejected(described(ctx, step, err))
	}
	return otp.Temporary(described(ctx, step, err))
}

// unfinished is failed for the end of the message. Then the server has it, unless it says that it has not
// (RFC 5321 §4.2.5): a connection that is lost now says nothing.
func unfinished(ctx context.Context, step string, err error) error {
	if kind := kindOfReply(err); kind == 4 || kind == 5 {
		return failed(ctx, step, err)
	}
	return described(ctx, step, err)
}

// kindOfReply returns the first digit of the server's reply (RFC 5321 §4.2.1), or 0 if there was none.
func kindOfReply(err error) int {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return reply.Code / 100
	}
	return 0
}

// described says that a step failed and why, without the words of the server.
func described(ctx context.Context, step string, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err() // what the connection reports is only that it was closed for this
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		if enhanced := enhancedCode.FindString(reply.Msg); enhanced != "" {
			return fmt.Errorf("%s: server answered %d %s", step, reply.Code, enhanced)
		}
		return fmt.Errorf("%s: server answered %d", step, reply.Code)
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok || errors.Is(err, smtp.ErrUnexpectedServerResponse) {
		err = errAnswer
	}
	return fmt.Errorf("%s: %w", step, err)
}
