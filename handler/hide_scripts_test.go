package handler_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"

	"github.com/stretchr/testify/require"
)

// call is one request of a script. TOKEN stands for the newest token of the flow, and NAME, CODE and
// PASSWORD for what they say.
type call struct {
	path  string
	pairs []string
}

type script struct {
	name  string
	dear  bool // it hashes passwords
	calls []call
}

const (
	upStart      = "/signup/v1.0/start"
	upChallenge  = "/signup/v1.0/challenge"
	upContinue   = "/signup/v1.0/continue"
	inStart      = "/oauth2/v2.0/initiate"
	inChallenge  = "/oauth2/v2.0/challenge"
	inToken      = "/oauth2/v2.0/token"
	reStart      = "/resetpassword/v1.0/start"
	reChallenge  = "/resetpassword/v1.0/challenge"
	reContinue   = "/resetpassword/v1.0/continue"
	reSubmit     = "/resetpassword/v1.0/submit"
	rePoll       = "/resetpassword/v1.0/poll_completion"
	onlyPassword = "password redirect"
)

func opens(path, types string, more ...string) call {
	return call{path, append([]string{"username", "NAME", "challenge_type", types}, more...)}
}

func goes(path string, more ...string) call {
	return call{path, append([]string{"continuation_token", "TOKEN"}, more...)}
}

// scripts are all a caller can do who has neither the mailbox nor the password.
func scripts() []script {
	wrong := []string{"grant_type", "oob", "oob", "CODE"}
	tries := slices.Repeat([]call{goes(upContinue, wrong...)}, 6)
	return []script{
		{"sign-up by code", false, slices.Concat([]call{opens(upStart, native), goes(upChallenge), goes(upChallenge)}, tries,
			[]call{goes(inToken, "grant_type", "continuation_token"), goes(inToken, "grant_type", "continuation_token", "username", "NAME")})},
		{"sign-up resent to the end", false, slices.Concat([]call{opens(upStart, native)}, slices.Repeat([]call{goes(upChallenge)}, 6))},
		{"sign-up with a password at the start", true, []call{opens(upStart, every, "password", "a calm harbour"), goes(upChallenge), goes(upContinue, wrong...)}},
		{"sign-up with a password in between", true, []call{opens(upStart, every), goes(upContinue, "grant_type", "password", "password", "a calm harbour"),
			goes(upChallenge), goes(upContinue, wrong...)}},
		{"sign-up with a password that must not be", false, []call{opens(upStart, every, "password", "NAME"), opens(upStart, every, "password", "short"),
			opens(upStart, every), goes(upContinue, "grant_type", "password", "password", "NAME")}},
		{"sign-up that has to redirect", false, []call{opens(upStart, "redirect"), opens(upStart, onlyPassword), opens(upStart, native)}},
		{"sign-up out of order", false, []call{opens(upStart, every), goes(upContinue, wrong...), goes(inToken, wrong...), goes(inChallenge), goes(reChallenge)}},

		{"sign-in by code", false, []call{opens(inStart, native), goes(inChallenge), goes(inToken, wrong...), goes(inChallenge), goes(inToken, wrong...),
			goes(inToken, append(wrong, "username", "NAME")...), goes(inToken, append(wrong, "scope", "nonsense")...), goes(inToken, "grant_type", "password", "password", "PASSWORD")}},
		{"sign-in resent to the end", false, slices.Concat([]call{opens(inStart, native)}, slices.Repeat([]call{goes(inChallenge)}, 6))},
		{"sign-in by password", true, []call{opens(inStart, every), goes(inChallenge), goes(inToken, "grant_type", "password", "password", "PASSWORD"),
			goes(inToken, "grant_type", "password", "password", "PASSWORD", "username", "NAME")}},
		{"sign-in by password alone", false, []call{opens(inStart, onlyPassword), goes(inChallenge), goes(inChallenge, "challenge_type", native),
			goes(inToken, "grant_type", "password"), goes(inToken, "grant_type", "password", "password", "PASSWORD", "scope", "nonsense")}},
		{"sign-in by one, then the other", false, []call{opens(inStart, every), goes(inChallenge, "challenge_type", native), goes(inToken, wrong...),
			goes(inChallenge, "challenge_type", onlyPassword), goes(inChallenge, "challenge_type", every), goes(inChallenge, "challenge_type", "redirect")}},
		{"sign-in that has to redirect", false, []call{opens(inStart, "redirect"), opens(inStart, onlyPassword)}},
		{"sign-in out of order", false, []call{opens(inStart, every), goes(inToken, wrong...), goes(inToken, "grant_type", "password", "password", "PASSWORD"), goes(upChallenge)}},

		{"reset", false, []call{opens(reStart, native), goes(reChallenge), goes(reChallenge), goes(reContinue, wrong...), goes(reContinue, wrong...),
			goes(reSubmit, "new_password", "a calm harbour"), goes(rePoll), goes(inToken, "grant_type", "continuation_token")}},
		{"reset resent to the end", false, slices.Concat([]call{opens(reStart, native)}, slices.Repeat([]call{goes(reChallenge)}, 6))},
		{"reset that has to redirect", false, []call{opens(reStart, "redirect"), opens(reStart, onlyPassword)}},
		{"reset out of order", false, []call{opens(reStart, every), goes(reContinue, wrong...), goes(reSubmit, "new_password", "a calm harbour"), goes(rePoll)}},
	}
}

var (
	tokenText = regexp.MustCompile(`"continuation_token":"([^"]*)"`)
	guidText  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// play goes through a script and returns what came back of each call, random parts masked.
func (h *hiding) play(s script, client, user, says string) (answers [][]byte) {
	h.Helper()
	token := "none"
	for _, c := range s.calls {
		pairs := []string{"client_id", client}
		for _, p := range c.pairs {
			switch p {
			case "TOKEN":
				p = token
			case "NAME":
				p = user
			case "CODE":
				p = "00000000"
			case "PASSWORD":
				p = says
			}
			pairs = append(pairs, p)
		}
		resp, err := http.DefaultTransport.RoundTrip(request(h.T, h.base+c.path, form(pairs...)))
		require.NoError(h, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(h, err)
		require.NoError(h, resp.Body.Close())
		if found := tokenText.FindSubmatch(body); found != nil {
			token = string(found[1])
		}
		resp.Header.Del("Date")
		var head bytes.Buffer
		require.NoError(h, resp.Header.Write(&head))
		all := fmt.Appendf(nil, "%s %s\n%s\n", c.path, resp.Status, head.Bytes())
		answers = append(answers, mask(append(all, body...)))
	}
	return answers
}

// mask hides what is random, and of tokens all but their length.
func mask(text []byte) []byte {
	text = tokenText.ReplaceAllFunc(text, func(t []byte) []byte { return fmt.Appendf(nil, `"continuation_token":%d`, len(t)) })
	return guidText.ReplaceAll(text, []byte("GUID"))
}

// differing counts the bytes in which two texts differ.
func differing(a, b []byte) (n int) {
	n = max(len(a), len(b)) - min(len(a), len(b))
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
