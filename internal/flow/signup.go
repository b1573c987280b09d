package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// SignUpStart opens a sign-up.
type SignUpStart struct {
	Client       *Client
	Username     string
	Types        string
	Capabilities string
	Password     string
	Attributes   string
}

// Continue is the answer of a step that leads to another call.
type Continue struct{ Token string }

// SignUpStart opens a sign-up for an address without an account. What is said of the person is
// checked now and kept with the flow; nothing is in the user table before the address is proven.
func (e *Engine) SignUpStart(ctx context.Context, req SignUpStart) (Continue, error) {
	address, err := otp.ParseAddress(req.Username)
	if err != nil {
		return Continue{}, ErrUsername
	}
	types, err := openingTypes(req.Types)
	if err != nil {
		return Continue{}, err
	}
	r := record{
		State: signUpStarted, Username: string(address), Email: address,
		Types: types, Abilities: parseCapabilities(req.Capabilities),
	}
	_, err = arriveAsking(ctx, e, func() (otp.Purpose, error) {
		if err := e.readOpening(ctx, req, &r); err != nil || e.HideAccounts {
			return "", err
		}
		return e.occupied(ctx, r.Username)
	})
	if err != nil {
		return Continue{}, err
	}
	lacksPassword := req.Client.Passwords && r.Password == ""
	if !types.has(typeOOB) || lacksPassword && !types.has(typePassword) {
		return Continue{}, &Redirect{}
	}
	if r.UserID, err = guid.New(e.Random); err != nil {
		return Continue{}, err
	}
	return e.start(ctx, req.Client, r)
}

// readOpening takes what the opening call of a sign-up says of the person. What the client has no use
// for is not looked at.
func (e *Engine) readOpening(ctx context.Context, req SignUpStart, r *record) (err error) {
	var said attrs.Submission
	if req.Attributes != "" {
		if said, err = decodeAttributes(req.Attributes); err != nil {
			return err
		}
	}
	chooses := req.Client.Passwords && req.Password != ""
	if chooses {
		if err := e.Policy.Check(ctx, req.Password, r.Username); err != nil {
			return fmt.Errorf("choose password: %w", err)
		}
	}
	if req.Attributes != "" {
		if r.Values, err = checkAttributes(req.Client, said); err != nil {
			return err
		}
	}
	if chooses {
		r.Password, err = e.Hasher.Hash(ctx, req.Password)
	}
	return err
}

// occupied tells whether a user name has an account: with an error, or, where callers must not learn
// that, with the notice that its owner gets in place of a code.
func (e *Engine) occupied(ctx context.Context, username string) (otp.Purpose, error) {
	u, err := e.Users.UserByUsername(ctx, username)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look up user: %w", err)
	case !e.HideAccounts:
		return "", ErrUserExists
	case u.Disabled:
		return otp.AccountDisabled, nil
	}
	return otp.AlreadyRegistered, nil
}

// start saves a new flow that brings more than a name along.
func (e *Engine) start(ctx context.Context, client *Client, r record) (Continue, error) {
	f, err := e.begin(client, r)
	if err != nil {
		return Continue{}, err
	}
	f.then(EventStart, string(f.purpose()))
	next, err := e.save(ctx, f)
	return Continue{next}, err
}

// SignUpContinue gives a code or attributes to a sign-up.
type SignUpContinue struct {
	Client     *Client
	Token      string
	Grant      string // oob, attributes or password
	Code       string
	Password   string
	Attributes string
}

// signUpGrants says what each grant type of the continue call gives.
var signUpGrants = map[string]event{"oob": giveCode, "attributes": giveAttributes, "password": givePassword}

// SignUpContinue takes a sign-up one step on. The step that fills the last need creates the account.
// A step that leaves a need is answered with an interrupt.
func (e *Engine) SignUpContinue(ctx context.Context, req SignUpContinue) (Continue, error) {
	ev, err := grantEvent(signUpGrants, req.Grant, ErrGrantUnknown)
	if err != nil {
		return Continue{}, err
	}
	f, next, err := e.step(ctx, req.Client, req.Token, ev, input{code: req.Code, password: req.Password, attributes: req.Attributes})
	if err != nil {
		return Continue{}, err
	}
	switch f.State {
	case signUpStarted, signUpCredential:
		return Continue{}, &CredentialRequired{next}
	case signUpAttributes:
		return Continue{}, &AttributesRequired{next, f.client.Attributes.Missing(f.Values)}
	}
	return Continue{next}, nil
}

// grantEvent finds what a grant type stands for.
func grantEvent(table map[string]event, grant string, unknown error) (event, error) {
	if grant == "" {
		return "", &MissingError{"grant_type"}
	}
	ev, ok := table[grant]
	if !ok {
		return "", unknown
	}
	return ev, nil
}

// keepAttributes stores attributes that come before the code. The app goes back to the challenge
// for its code.
func (e *Engine) keepAttributes(_ context.Context, f *flow, in input) error {
	values, err := readAttributes(f.client, in.attributes)
	if err != nil {
		return err
	}
	return f.addValues(values)
}

// proveAddress takes the code, and finishes the sign-up if nothing is missing then.
func (e *Engine) proveAddress(ctx context.Context, f *flow, in input) error {
	if err := e.checkCode(ctx, f, in); err != nil {
		return err
	}
	return e.finishSignUp(ctx, f, in)
}

// completeAttributes takes attributes after the address was proven. Optional ones count only in the
// company of required ones.
func (e *Engine) completeAttributes(ctx context.Context, f *flow, in input) error {
	values, err := readAttributes(f.client, in.attributes)
	if err != nil {
		return err
	}
	asked := f.client.Attributes.Missing(f.Values)
	if slices.ContainsFunc(asked, func(a attrs.Attribute) bool { return values[a.Name] != "" }) {
		if err := f.addValues(values); err != nil {
			return err
		}
	}
	return e.finishSignUp(ctx, f, in)
}

// addValues keeps more of what a client says of a person.
func (f *flow) addValues(values map[string]string) error {
	if f.Values == nil {
		f.Values = values
	} else {
		maps.Copy(f.Values, values)
	}
	return checkSize(f.Values)
}

// maxValues bounds what a flow keeps of a person, as it is written. With the rest of the record it
// fits into the 8 KiB that every store takes.
const maxValues = 6 << 10

// checkSize refuses values that are too long together, in the name of the longest.
func checkSize(values map[string]string) error {
	text, err := json.Marshal(values)
	if err != nil {
		return fmt.Errorf("write attributes: %w", err)
	}
	if len(text) <= maxValues {
		return nil
	}
	longest := slices.MaxFunc(slices.Sorted(maps.Keys(values)), func(a, b string) int {
		return cmp.Compare(len(values[a]), len(values[b]))
	})
	return &InvalidAttributesError{[]attrs.Invalid{{Name: longest, Reason: "The values are too long, taken together."}}}
}

// readAttributes decodes and checks what a client says of a person.
func readAttributes(client *Client, text string) (map[string]string, error) {
	if text == "" {
		return nil, &MissingError{"attributes"}
	}
	said, err := decodeAttributes(text)
	if err != nil {
		return nil, err
	}
	return checkAttributes(client, said)
}

func decodeAttributes(text string) (attrs.Submission, error) {
	said, err := attrs.Decode(text)
	if err != nil {
		return said, fmt.Errorf("%w: %w", ErrAttributesJSON, err)
	}
	return said, nil
}

func checkAttributes(client *Client, said attrs.Submission) (map[string]string, error) {
	values, invalid := client.Attributes.Check(said)
	if len(invalid) > 0 {
		return nil, &InvalidAttributesError{invalid}
	}
	return values, checkSize(values)
}

// finishSignUp creates the account, or leaves the flow waiting for what is missing: the password
// first, then attributes.
func (e *Engine) finishSignUp(ctx context.Context, f *flow, in input) error {
	switch {
	case f.client.Passwords && f.Password == "":
		f.State = signUpCredential
		return nil
	case len(f.client.Attributes.Missing(f.Values)) > 0:
		f.State = signUpAttributes
		return nil
	}
	return e.createUser(ctx, f, in)
}

// createUser makes the account of a flow that has all it needs. A number is what somebody signs in with, and
// no place for mail.
func (e *Engine) createUser(ctx context.Context, f *flow, in input) error {
	now := e.Now().UTC()
	u := store.User{ID: f.UserID, Username: f.Username, Attributes: f.Values, CreatedAt: now, PasswordHash: f.Password}
	byMail := f.Email.Channel() == otp.Email
	if byMail {
		u.Email = string(f.Email)
	}
	if f.Password != "" {
		u.PasswordChangedAt = now
		f.addProof(proof{Kind: byChoice})
	}
	if f.client.RegisterAddress && byMail {
		u.Methods = []store.Method{{ID: guid.FromName("address", f.UserID), Kind: store.MethodEmail, Target: string(f.Email), AddedAt: now}}
	}
	err := e.Users.CreateUser(ctx, u)
	if errors.Is(err, store.ErrExists) {
		return e.recognise(ctx, f, in)
	} else if err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	return nil
}

// recognise succeeds if the account that exists is this flow's own: the step was interrupted after
// it had made the account, and is repeated now, perhaps with attributes that came in between. The
// password stands that the account was made with.
func (e *Engine) recognise(ctx context.Context, f *flow, in input) error {
	u, err := e.Users.UserByUsername(ctx, f.Username)
	if err != nil {
		return fmt.Errorf("look up user: %w", err)
	}
	if u.ID != f.UserID {
		return ErrUserExists
	}
	if err := e.recognisePassword(ctx, f, u, in.password); err != nil {
		return err
	}
	values := map[string]string{} // the host may have added some of its own
	maps.Copy(values, u.Attributes)
	maps.Copy(values, f.Values)
	if maps.Equal(values, u.Attributes) {
		return nil
	}
	u.Attributes = values
	if err := e.Users.UpdateUser(ctx, u); err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	return nil
}

// recognisePassword refuses to tell somebody that they are signed up with a password when the account
// has another one.
func (e *Engine) recognisePassword(ctx context.Context, f *flow, u store.User, text string) error {
	switch {
	case u.Epoch != f.Epoch:
		return fmt.Errorf("%w: sessions were ended", ErrTokenInvalid)
	case u.PasswordHash == f.Password:
		return nil
	case text == "":
		return fmt.Errorf("%w: signed up with another password", ErrTokenInvalid)
	}
	found, err := e.Hasher.Verify(ctx, u.PasswordHash, text)
	switch {
	case err != nil:
		return fmt.Errorf("check password: %w", err)
	case !found.Right:
		return fmt.Errorf("%w: signed up with another password", ErrTokenInvalid)
	}
	return nil
}
