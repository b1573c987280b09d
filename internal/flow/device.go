package flow

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/nativeauth/nativeauth/internal/keyed"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// GrantDeviceCode is the grant type of devices on which nobody can type (RFC 8628 §3.4), for clients that
// have it among their GrantTypes.
const GrantDeviceCode = "urn:ietf:params:oauth:grant-type:device_code"

const (
	deviceLife     = 15 * time.Minute // of both codes
	pollInterval   = 5 * time.Second
	pollLeeway     = 500 * time.Millisecond // for ways to us of unequal length: a client with a ticker is not too soon
	slowerBy       = 5 * time.Second        // for each poll that came too soon (RFC 8628 §3.5)
	slowest        = 11                     // of them: the interval ends at a minute
	userCodeTries  = 10                     // wrong ones of a person in userCodeWindow
	userCodeWindow = time.Hour

	// Guesses hit any of the codes that live, so those of a client are bounded: 1 000, of 2.56e10. Codes
	// are counted by when they were made, in windows of which four cover more than a life.
	devicesPerClient = 1000
	deviceWindow     = deviceLife / 3
)

// device is the request of a device as the store holds it, under the key that becomes that of the family of
// tokens. It holds neither of its codes.
type device struct {
	life
	id       token.ID
	State    state    `json:"s"`
	Client   string   `json:"c"`
	Scope    string   `json:"o"`           // as it was asked for
	TooSoon  int      `json:"i,omitempty"` // polls that were
	Approval *Session `json:"p,omitempty"` // the sign-in of who approved
}

// DeviceStart asks for a device code.
type DeviceStart struct {
	Client *Client
	Scope  string
}

// Device is what a device polls with, and what it shows.
type Device struct {
	Code     string
	UserCode string // as people read it
	Life     time.Duration
	Interval time.Duration
}

// DeviceStart begins a request of a device: RFC 8628 §3.1. The record comes before the code that leads to it.
func (e *Engine) DeviceStart(ctx context.Context, req DeviceStart) (Device, error) {
	if !req.Client.mayBeDevice() {
		return Device{}, ErrGrantForbidden
	}
	if _, err := e.plainScopes(req.Scope, req.Client); err != nil {
		return Device{}, err
	}
	if err := e.arrive(ctx); err != nil {
		return Device{}, err
	}
	if err := e.countDevice(ctx, req.Client.ID); err != nil {
		return Device{}, err
	}
	d := device{life: newLife(0, deviceLife), State: deviceAsked, Client: req.Client.ID, Scope: req.Scope}
	if _, err := io.ReadFull(e.Random, d.id[:]); err != nil {
		return Device{}, err
	}
	if err := e.put(ctx, d.id, 0, deviceLife, &d, errOtherWon); err != nil {
		return Device{}, err
	}
	code, err := e.giveUserCode(ctx, d.id)
	if err != nil {
		return Device{}, err
	}
	e.Tell(ctx, Event{EventStart, Subject{ClientID: d.Client}, "device"})
	t := token.Device{Request: d.id, Expires: e.Now().Add(deviceLife)}
	return Device{e.opaque.Device(t, d.Client), otp.ShowUserCode(code), deviceLife, pollInterval}, nil
}

// mayBeDevice tells whether a client has the grant. One that keeps sessions gets no tokens, in no way.
func (c *Client) mayBeDevice() bool { return c.may(GrantDeviceCode) && c.Keep == nil }

// countDevice counts a device code of a client in this window and in those to come in which it may still
// live, and refuses it where there are too many.
func (e *Engine) countDevice(ctx context.Context, clientID string) error {
	now, err := e.clock.instant(ctx)
	if err != nil {
		return err
	}
	first, over := int64(now.At/deviceWindow), int64(deviceLife/deviceWindow)
	for w := first; w <= first+over; w++ {
		end := time.Duration(w+1)*deviceWindow - now.At
		n, err := e.State.Add(ctx, "devices/"+clientID+"/"+strconv.FormatInt(w, 10), 1, end)
		switch {
		case err != nil:
			return fmt.Errorf("count: %w", err)
		case n.Value > devicesPerClient:
			return &TooSoonError{Wait: end, Limit: fmt.Sprintf("%d codes of a client can wait for their device at a time", devicesPerClient)}
		}
	}
	return nil
}

// giveUserCode draws a user code that nobody has now, and lets it lead to a request.
func (e *Engine) giveUserCode(ctx context.Context, id token.ID) (string, error) {
	for range casTries {
		code, err := otp.NewUserCode(e.Random)
		if err != nil {
			return "", err
		}
		err = e.State.Put(ctx, userCodeKey(e.userCodes[0], code), store.Entry{Value: id[:], TTL: deviceLife})
		if errors.Is(err, store.ErrConflict) {
			continue
		} else if err != nil {
			return "", fmt.Errorf("write user code: %w", err)
		}
		return code, nil
	}
	return "", errors.New("write user code: each that was drawn is taken")
}

// userCodeKey is where the store holds what a user code leads to. Who reads the keys cannot tell the code.
func userCodeKey(mac *keyed.MAC, code string) string {
	sum := mac.Sum([]byte(code))
	return "user-code/" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// readDevice reads the request with an id. What has become a family by now is one, too, with another State.
func (e *Engine) readDevice(ctx context.Context, id token.ID) (device, store.Entry, error) {
	d := device{id: id}
	entry, err := e.State.Get(ctx, id.Key())
	if err != nil {
		return d, entry, fmt.Errorf("read device: %w", err)
	}
	var kind struct {
		State state `json:"s"`
	}
	if err := json.Unmarshal(entry.Value, &kind); err != nil || kind.State == signedIn {
		return device{id: id, State: signedIn}, entry, err
	}
	return d, entry, json.Unmarshal(entry.Value, &d)
}

// deviceCode is the grant of device codes: who approved the request is who calls.
type deviceCode struct{}

func (deviceCode) prove(e *Engine, ctx context.Context, req Redeem, _ input) (*flow, store.User, error) {
	var none store.User
	d, entry, err := e.poll(ctx, req)
	if err != nil {
		return nil, none, err
	}
	g, err := e.plainScopes(d.Scope, req.Client) // and not what this call says, which nobody approved
	if err != nil {
		return nil, none, err
	}
	u, err := e.approverOf(ctx, d)
	if err != nil {
		return nil, none, err
	}
	e.note(ctx, Subject{u.ID, d.Client, recordOf(u).Email})
	f := &flow{record: recordOf(u), id: d.id, version: entry.Version, left: entry.TTL, read: e.Now()}
	f.life, f.State, f.Client, f.client, f.user = d.life, signedIn, d.Client, req.Client, &u
	f.inherited, f.granted, f.oneCall = d.Approval, &g, true
	return f, u, nil
}

// lost is what a call gets that another one has come before.
func (f *flow) lost() error {
	if f.inherited != nil {
		return errDeviceUsed
	}
	return errOtherWon
}

var errDeviceUsed = fmt.Errorf("%w: used", ErrDeviceCode)

// approverOf reads who has approved a request, and judges whether they still could.
func (e *Engine) approverOf(ctx context.Context, d device) (store.User, error) {
	u, err := e.Users.UserByID(ctx, d.Approval.User)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return u, fmt.Errorf("%w: who approved is gone", ErrDeviceCode)
	case err != nil:
		return u, fmt.Errorf("look up user: %w", err)
	}
	if err := d.Approval.judge(u); err != nil {
		return u, fmt.Errorf("%w: %w", ErrDeviceCode, err)
	}
	return u, nil
}

// poll returns a request that was approved, or how it stands: RFC 8628 §3.5.
func (e *Engine) poll(ctx context.Context, req Redeem) (device, store.Entry, error) {
	var none store.Entry
	if req.DeviceCode == "" {
		return device{}, none, &MissingError{"device_code"}
	}
	t, err := e.opaque.ParseDevice(req.DeviceCode, req.Client.ID)
	if err != nil {
		return device{}, none, fmt.Errorf("%w: %w", ErrDeviceCode, err)
	}
	over := errDeviceUsed
	if !e.Now().Before(t.Expires) {
		over = ErrDeviceExpired
	}
	if !e.Now().Before(t.Expires.Add(clockSkew)) { // nearer to the end the store's clock decides
		return device{}, none, over
	}
	d, entry, err := e.readDevice(ctx, t.Request)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return d, entry, over
	case err != nil:
		return d, entry, err
	}
	switch d.State {
	case deviceAsked:
		return d, entry, e.pace(ctx, d, entry)
	case deviceDenied:
		return d, entry, ErrDeviceDenied
	case deviceApproved:
		return d, entry, nil
	}
	return d, entry, over
}

// pace says that a request is pending, or that polls for it come too fast. Then the interval grows, for good.
// A poll in time costs one counter, one too soon one write, and no more of them than are told to slow down:
// whoever approves meanwhile is not kept from it for long.
func (e *Engine) pace(ctx context.Context, d device, entry store.Entry) error {
	wait := pollInterval + time.Duration(d.TooSoon)*slowerBy - pollLeeway
	if d.TooSoon == 0 || d.sinceWrite(entry.TTL) >= wait {
		n, err := e.State.Add(ctx, d.id.Key()+"/poll", 1, wait)
		if err != nil {
			return fmt.Errorf("count: %w", err)
		}
		if n.Value == 1 {
			return ErrDevicePending
		}
	}
	if d.TooSoon < slowest {
		d.TooSoon++
		err := e.saveDevice(ctx, &d, entry)
		if err != nil && !errors.Is(err, errOtherWon) { // it was told to slow down, or decided
			return err
		}
	}
	return ErrSlowDown
}

// saveDevice writes a request over the entry that was read, for as long as that had left.
func (e *Engine) saveDevice(ctx context.Context, d *device, entry store.Entry) error {
	d.life = newLife(d.age(entry.TTL), entry.TTL)
	return e.put(ctx, d.id, entry.Version, entry.TTL, d, errOtherWon)
}
