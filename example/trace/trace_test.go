package trace_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/trace"
	"github.com/nativeauth/nativeauth/internal/guid"
)

func same(id string) func() string { return func() string { return id } }

// fresh is what an app sends that has a correlation id for each request.
func fresh() string {
	id, err := guid.New(rand.Reader)
	if err != nil {
		panic(err)
	}
	return id
}

func TestFlows_AreRequestsThatBelongTogether(t *testing.T) {
	for name, id := range map[string]func() string{
		"one correlation id for all":         same("aaaaaaaa-1111-4111-8111-111111111111"),
		"another correlation id for each":    fresh,
		"none, so that the server draws one": same(""),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ada := &person{world: w, address: "ada@example.com", id: id}
			for _, call := range ada.signUp() {
				call()
			}
			all := w.flowsOf()
			require.Len(t, all, 1)
			assert.Equal(t, signUpSteps, stepsOf(all[0]))
			assert.Equal(t, []string{"Sign-up", "ada@example.com", client}, []string{all[0].Title, all[0].Person(), all[0].Client()})
			assert.Equal(t, all[0].ID, all[0].Calls[0].CorrelationID)
		})
	}
}

func TestFlows_TwoThatAreInterleavedStayApart(t *testing.T) {
	for name, ids := range map[string][2]func() string{
		"each with a correlation id":      {same("aaaaaaaa-1111-4111-8111-111111111111"), same("bbbbbbbb-1111-4111-8111-111111111111")},
		"another correlation id for each": {fresh, fresh},
		"none":                            {same(""), same("")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ada := &person{world: w, address: "ada@example.com", id: ids[0]}
			grace := &person{world: w, address: "grace@example.com", id: ids[1]}
			theirs := grace.signUp()
			for i, call := range ada.signUp() {
				call()
				theirs[i]()
			}
			all := w.flowsOf()
			require.Len(t, all, 2)
			assert.Equal(t, "grace@example.com", all[0].Person(), "the one that was used last is first")
			assert.Equal(t, signUpSteps, stepsOf(all[0]))
			assert.Equal(t, "ada@example.com", all[1].Person())
			assert.Equal(t, signUpSteps, stepsOf(all[1]))
		})
	}
}

// An app that has one correlation id for all that it does ever is told apart by tokens as far as these go.
func TestFlows_ATokenCountsBeforeTheCorrelationID(t *testing.T) {
	w := newWorld(t)
	constant := "aaaaaaaa-1111-4111-8111-111111111111"
	ada := &person{world: w, address: "ada@example.com", id: same(constant)}
	grace := &person{world: w, address: "grace@example.com", id: same("")}
	ada.step("/signup/v1.0/start", "username", ada.address, "challenge_type", "oob password redirect")
	grace.step("/signup/v1.0/start", "username", grace.address, "challenge_type", "oob password redirect")
	grace.id = same(constant)
	grace.step("/signup/v1.0/challenge")
	all := w.flowsOf()
	require.Len(t, all, 2)
	assert.Equal(t, []string{"sign-up start", "sign-up challenge"}, stepsOf(all[0]))
	assert.Equal(t, "grace@example.com", all[0].Person())
}

func TestFlows_ADeviceAndWhoApprovesItAreOne(t *testing.T) {
	w := newWorld(t)
	secret := []string{"client_id", server, "client_secret", serverSecret}
	device := w.post("", "/oauth2/v2.0/devicecode", append(secret, "scope", "openid")...)
	poll := append(secret, "grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", device["device_code"].(string))
	w.post("", "/oauth2/v2.0/token", poll...)
	w.post("", "/oauth2/v2.0/device", "user_code", " "+device["user_code"].(string)+"-", "access_token", "none")
	all := w.flowsOf()
	require.Len(t, all, 1)
	assert.Equal(t, []string{"device start", "token for a device", "device decision"}, stepsOf(all[0]))
	assert.Equal(t, "more", all[0].Calls[1].Tone(), "to wait is no mistake")
}

func TestCalls_SayWhatWasExpected(t *testing.T) {
	w := newWorld(t)
	ada := &person{world: w, address: "ada@example.com", id: same("")}
	calls := ada.signUp()
	for _, call := range calls[:3] {
		call()
	}
	ada.step("/oauth2/v2.0/token", "grant_type", "continuation_token")
	var all []trace.Flow
	require.Eventually(t, func() bool { // what a call has caused is told after its answer
		all = w.flowsOf()
		return len(all[0].Calls[1].Caused) > 0 && len(all[0].Calls[2].Caused) > 0
	}, 5*time.Second, time.Millisecond)
	require.Len(t, all, 1)
	right, mistaken, early := all[0].Calls[1], all[0].Calls[2], all[0].Calls[3]

	assert.Equal(t, []any{"good", 200, "ok"}, []any{right.Tone(), right.Status, right.Verdict()})
	assert.Contains(t, right.Answer, trace.Field{Name: "challenge_channel", Value: "email"})
	assert.Equal(t, []trace.Effect{{Name: "code_sent", Outcome: "sign-up", Address: "a***@e***e.c***"}}, right.Caused)

	assert.Equal(t, []any{"bad", 400}, []any{mistaken.Tone(), mistaken.Status})
	assert.Equal(t, "invalid_grant · invalid_oob_value · 50181", mistaken.Verdict())
	assert.Equal(t, "POST /signup/v1.0/continue", mistaken.Method+" "+mistaken.Path)
	assert.Contains(t, mistaken.Expected, "The code is the one of the latest message of this flow")
	assert.Regexp(t, `^https://\S+#error-50181$`, mistaken.Help)
	assert.NotEmpty(t, mistaken.TraceID)
	assert.Equal(t, []trace.Effect{{Name: "code_failed", Outcome: "refused", Address: "a***@e***e.c***"}}, mistaken.Caused)

	assert.Contains(t, early.Expected, "This token is of a sign-up that waits for its code. Go on with /signup/v1.0/continue")
	assert.NotContains(t, early.Says+early.Expected, "Hint")
	assert.Equal(t, early.Parameters[1].Mark, mistaken.Parameters[1].Mark, "one token, one mark")
	assert.Equal(t, markOf(right.Answer), markOf(early.Parameters))
	assert.NotEqual(t, markOf(right.Answer), markOf(right.Parameters))
}

func markOf(fields []trace.Field) string {
	for _, f := range fields {
		if f.Name == "continuation_token" {
			return f.Mark
		}
	}
	return ""
}

func TestCalls_SayWhatComesNext(t *testing.T) {
	w := newWorld(t)
	ada := &person{world: w, address: "ada@example.com", id: same("")}
	ada.step("/signup/v1.0/start", "username", ada.address, "challenge_type", "oob password redirect")
	ada.step("/signup/v1.0/challenge")
	ada.step("/signup/v1.0/continue", "grant_type", "oob", "oob", ada.code())
	call := w.flowsOf()[0].Last()
	assert.Equal(t, []string{"more", "credential_required"}, []string{call.Tone(), call.Error})
	assert.Contains(t, call.Expected, "Go on with the continuation_token of this answer at /signup/v1.0/challenge")

	w.post("", "/signup/v1.0/start", "username", "grace@example.com", "challenge_type", "oob redirect")
	call = w.flowsOf()[0].Last()
	assert.Equal(t, []any{"bad", 200, "redirect"}, []any{call.Tone(), call.Status, call.Verdict()})
	assert.Contains(t, call.Expected, "The API sends the app to a browser here")
}

func TestCalls_AreNamedByClientsWithASecretToo(t *testing.T) {
	w := newWorld(t)
	w.post("", "/oauth2/v2.0/token", "client_id", server, "client_secret", serverSecret, "grant_type", "password", "username", "ada@example.com", "password", harbor)
	f := w.flowsOf()[0]
	assert.Equal(t, []string{"token for name and password", "Sign-in", server}, []string{f.Calls[0].Step, f.Title, f.Client()})
}
