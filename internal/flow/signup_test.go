package flow

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

var errDown = errors.New("store is down")

// users is a store.Users whose answers a test can lose: the write is done and an error comes back.
type users struct {
	store.Users
	lose error
}

func (u *users) CreateUser(ctx context.Context, user store.User) error {
	if err := u.Users.CreateUser(ctx, user); err != nil {
		return err
	}
	return u.lose
}

func (s *stage) giveCode(c *Client, continuation, code string) (Continue, error) {
	return s.SignUpContinue(s.Context(), SignUpContinue{Client: c, Token: continuation, Grant: "oob", Code: code})
}

func (s *stage) giveAttributes(c *Client, continuation, attributes string) (Continue, error) {
	return s.SignUpContinue(s.Context(), SignUpContinue{Client: c, Token: continuation, Grant: "attributes", Attributes: attributes})
}

// interrupted makes the next writes of flows fail until the function it returns is called.
func (s *stage) interrupted() (mend func()) {
	s.state.put = func(string, store.Entry) error { return errDown }
	return func() { s.state.put = nil }
}

// flowOf reads the flow of a token.
func (s *stage) flowOf(c *Client, continuation string) *flow {
	s.Helper()
	t, err := s.opaque.ParseContinuation(continuation, c.ID)
	require.NoError(s, err)
	f, err := s.load(s.Context(), t.Flow)
	require.NoError(s, err)
	return f
}

func (s *stage) user() store.User {
	s.Helper()
	u, err := s.store.UserByUsername(s.Context(), casey)
	require.NoError(s, err)
	return u
}

// finish redeems a completed sign-up and returns whom the tokens are for.
func (s *stage) finish(c *Client, continuation string) (objectID string) {
	s.Helper()
	tokens, err := s.Token(s.Context(), Redeem{Client: c, Token: continuation, Grant: "continuation_token", Username: casey})
	require.NoError(s, err)
	_, err = s.Signer.Verify(s.Context(), token.AccessToken, tokens.Access, s.Issuer, s.Now())
	require.NoError(s, err)
	return tokens.ObjectID
}

func TestSignUp_NobodyExistsBeforeTheCodeWasAccepted(t *testing.T) {
	s := newStage(t)
	none := func() {
		_, err := s.store.UserByUsername(t.Context(), casey)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	started := s.startSignUp(s.client, `{"city":"Oslo"}`)
	none()
	sent, code := s.newest(func() (Challenged, error) {
		return s.SignUpChallenge(t.Context(), Challenge{Client: s.client, Token: started})
	})
	none()
	_, err := s.giveCode(s.client, sent, "00000000")
	require.ErrorIs(t, err, ErrCodeWrong)
	none()
	_, err = s.giveCode(s.client, sent, code)
	require.NoError(t, err)
	assert.Equal(t, s.flowOf(s.client, started).UserID, s.user().ID, "the id was chosen when the flow began")
}

func TestSignUp_AnInterruptedLastStepSucceedsWhenRepeated(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.plain, "")
	mend := s.interrupted()
	_, err := s.giveCode(s.plain, sent, code)
	require.ErrorIs(t, err, errDown)
	made := s.user()
	_, err = s.giveCode(s.plain, sent, code)
	require.ErrorIs(t, err, errDown, "and again")
	mend()

	done, err := s.giveCode(s.plain, sent, code)
	require.NoError(t, err)
	assert.Equal(t, made, s.user(), "the same account, not written again")
	assert.Equal(t, made.ID, s.finish(s.plain, done.Token))
	_, err = s.giveCode(s.plain, sent, code)
	assert.ErrorIs(t, err, ErrTokenInvalid, "one success, never two")
}

func TestSignUp_ALostAnswerOfTheUserTableIsNoRival(t *testing.T) {
	s := newStage(t)
	table := &users{s.store, errDown}
	s.Users = table
	sent, code := s.sentSignUp(s.plain, "")
	_, err := s.giveCode(s.plain, sent, code)
	require.ErrorIs(t, err, errDown)
	made := s.user()
	table.lose = nil
	done, err := s.giveCode(s.plain, sent, code)
	require.NoError(t, err)
	assert.Equal(t, made.ID, s.finish(s.plain, done.Token))
}

func TestSignUp_AnInterruptedStepWithAttributesSucceedsWhenRepeated(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.client, "")
	_, err := s.giveCode(s.client, sent, code)
	asked, ok := errors.AsType[*AttributesRequired](err)
	require.True(t, ok, "%v", err)

	mend := s.interrupted()
	_, err = s.giveAttributes(s.client, asked.Token, `{"city":"Oslo"}`)
	require.ErrorIs(t, err, errDown)
	made := s.user()
	mend()
	done, err := s.giveAttributes(s.client, asked.Token, `{"city":"Bergen","nickname":"Cas"}`)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"city": "Bergen", "nickname": "Cas"}, s.user().Attributes, "what was said last")
	assert.Equal(t, made.ID, s.finish(s.client, done.Token))
}

func TestSignUp_AttributesThatComeBetweenTwoTriesAreKept(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.client, `{"city":"Oslo"}`)
	mend := s.interrupted()
	_, err := s.giveCode(s.client, sent, code)
	require.ErrorIs(t, err, errDown)
	made := s.user()
	require.Equal(t, map[string]string{"city": "Oslo"}, made.Attributes)
	mend()

	_, err = s.giveAttributes(s.client, sent, `{"nickname":"Cas"}`)
	wanted, ok := errors.AsType[*CredentialRequired](err)
	require.True(t, ok, "%v", err)
	again, code := s.newest(func() (Challenged, error) {
		return s.SignUpChallenge(t.Context(), Challenge{Client: s.client, Token: wanted.Token})
	})
	done, err := s.giveCode(s.client, again, code)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"city": "Oslo", "nickname": "Cas"}, s.user().Attributes)
	assert.Equal(t, made.ID, s.finish(s.client, done.Token))
}

// What the host has written into the row when it was made is the host's.
func TestSignUp_ARepeatLeavesTheHostsAttributesAlone(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.client, `{"city":"Oslo"}`)
	mend := s.interrupted()
	_, err := s.giveCode(s.client, sent, code)
	require.ErrorIs(t, err, errDown)
	u := s.user()
	u.Attributes["plan"] = "gold"
	require.NoError(t, s.store.UpdateUser(t.Context(), u))
	mend()

	done, err := s.giveCode(s.client, sent, code)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"city": "Oslo", "plan": "gold"}, s.user().Attributes)
	s.finish(s.client, done.Token)
}

func TestSignUp_OfTwoForOneAddressTheFirstToFinishWins(t *testing.T) {
	s := newStage(t)
	mine, code := s.sentSignUp(s.plain, "")
	theirs, rival := s.sentSignUp(s.plain, "")
	done, err := s.giveCode(s.plain, theirs, rival)
	require.NoError(t, err)
	first := s.user()

	_, err = s.giveCode(s.plain, mine, code)
	assert.ErrorIs(t, err, ErrUserExists)
	_, err = s.giveCode(s.plain, mine, code)
	assert.ErrorIs(t, err, ErrUserExists, "every time")
	assert.Equal(t, first, s.user())
	_, err = s.Token(t.Context(), Redeem{Client: s.plain, Token: mine, Grant: "continuation_token"})
	assert.ErrorIs(t, err, ErrTokenInvalid)
	assert.Equal(t, first.ID, s.finish(s.plain, done.Token))
}

func TestSignUp_ARivalBetweenCodeAndAttributesWins(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.client, "")
	_, err := s.giveCode(s.client, sent, code)
	asked, ok := errors.AsType[*AttributesRequired](err)
	require.True(t, ok, "%v", err)
	s.account()
	first := s.user()
	_, err = s.giveAttributes(s.client, asked.Token, `{"city":"Oslo"}`)
	assert.ErrorIs(t, err, ErrUserExists)
	assert.Equal(t, first, s.user())
}

func TestSignUp_AnAccountThatIsThereOpensNoFlow(t *testing.T) {
	s := newStage(t)
	s.account()
	_, err := s.SignUpStart(t.Context(), SignUpStart{Client: s.plain, Username: " Casey@Contoso.COM", Types: "oob redirect"})
	assert.ErrorIs(t, err, ErrUserExists)
	assert.Zero(t, s.state.calls.Load())
}

func TestCode_IsBoundToItsFlow(t *testing.T) {
	s := newStage(t)
	mine, code := s.sentSignUp(s.plain, "")
	theirs, other := s.sentSignUp(s.plain, "")
	require.NotEqual(t, code, other, "one chance in a hundred million")
	_, err := s.giveCode(s.plain, mine, other)
	assert.ErrorIs(t, err, ErrCodeWrong)
	_, err = s.giveCode(s.plain, theirs, code)
	assert.ErrorIs(t, err, ErrCodeWrong)

	// A hash that is copied into another flow verifies nothing there.
	f := s.flowOf(s.plain, mine)
	g := s.flowOf(s.plain, theirs)
	g.client, g.Code = s.plain, f.Code
	next, err := s.save(t.Context(), g)
	require.NoError(t, err)
	_, err = s.giveCode(s.plain, next, code)
	assert.ErrorIs(t, err, ErrCodeWrong)
}

// The try is counted for good before it is compared, so that what happens to the rest of the call
// gives nobody a free look.
func TestCode_ATryIsCountedWhateverBecomesOfTheCall(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.plain, "")
	mend := s.interrupted()
	for range otp.Tries {
		_, err := s.giveCode(s.plain, sent, code)
		require.ErrorIs(t, err, errDown)
	}
	mend()
	_, err := s.giveCode(s.plain, sent, code)
	assert.ErrorIs(t, err, ErrCodeWrong)
}

func TestCode_ACounterThatCannotBeKeptLetsNoTryThrough(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.plain, "")
	s.State = uncounted{s.state}
	for _, try := range []string{"00000000", code} {
		_, err := s.giveCode(s.plain, sent, try)
		assert.ErrorIs(t, err, errDown)
	}
	_, err := s.store.UserByUsername(t.Context(), casey)
	assert.ErrorIs(t, err, store.ErrNotFound)
}

// uncounted is a State whose counters are out of order.
type uncounted struct{ *switchboard }

func (uncounted) Add(context.Context, string, int64, time.Duration) (store.Count, error) {
	return store.Count{}, errDown
}
