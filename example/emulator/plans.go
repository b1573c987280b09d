package emulator

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/internal/script"
)

// The most that a failure can be planned for. Apps give up on an answer that takes longer.
const (
	mostTimes    = 100
	longestDelay = 8 * time.Second
)

// failure is a planned answer of the API. With Error it has the envelope of the contract, and what is left out comes from
// the first row of the catalogue that fits.
type failure struct {
	Path          string            `json:"path,omitempty"` // beneath the issuer; this or CorrelationID
	CorrelationID string            `json:"correlation_id,omitempty"`
	Times         int               `json:"times,omitempty"` // 0 means once
	Error         string            `json:"error,omitempty"`
	SubError      string            `json:"suberror,omitempty"`
	Code          int               `json:"code,omitempty"` // the one of error_codes
	Description   string            `json:"description,omitempty"`
	Status        int               `json:"status,omitempty"`
	Headers       map[string]string `json:"headers,omitempty"` // as Retry-After
	Body          any               `json:"body,omitempty"`    // with Error, an object whose members go with it
	Delay         string            `json:"delay,omitempty"`   // before the answer
}

func (e *Emulator) planFailure(ctx context.Context, r *http.Request) (any, error) {
	var f failure
	if err := decode(r, &f); err != nil {
		return nil, err
	}
	answer, err := e.answerOf(f)
	if err != nil {
		return nil, err
	}
	answers := slices.Repeat([]script.Answer{answer}, max(1, f.Times))
	if f.Path != "" {
		err = e.plans.Path(f.Path, answers...)
	} else {
		err = e.plans.Correlation(f.CorrelationID, answers...)
	}
	if err != nil {
		return nil, wrong(http.StatusBadRequest, "%v", err)
	}
	return e.listFailures(ctx, r)
}

// answerOf checks a failure, and returns it as the script has it.
func (e *Emulator) answerOf(f failure) (script.Answer, error) {
	a := script.Answer{
		Status: f.Status, Error: f.Error, SubError: f.SubError, Code: f.Code, Description: f.Description, Body: f.Body, Header: http.Header{},
	}
	for name, value := range f.Headers {
		a.Header.Set(name, value)
	}
	if f.Delay != "" {
		delay, err := time.ParseDuration(f.Delay)
		if err != nil || delay < 0 || delay > longestDelay {
			return a, wrong(http.StatusBadRequest, "delay %q is not a time with its unit, of %v at most, as 2s", f.Delay, longestDelay)
		}
		a.Delay = delay
	}
	switch {
	case (f.Path == "") == (f.CorrelationID == ""):
		return a, wrong(http.StatusBadRequest, "write path or correlation_id, and not both")
	case f.Path != "" && e.paths[f.Path] == nil:
		return a, wrong(http.StatusBadRequest, "path %q is none of the API, which has %s", f.Path, strings.Join(slices.Sorted(maps.Keys(e.paths)), ", "))
	case f.CorrelationID != "" && !guid.Valid(f.CorrelationID):
		return a, wrong(http.StatusBadRequest, "correlation_id %q is not a GUID, which apps send as client-request-id", f.CorrelationID)
	case f.Times < 0 || f.Times > mostTimes:
		return a, wrong(http.StatusBadRequest, "times is %d: write 1 to %d", f.Times, mostTimes)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return a, wrong(http.StatusBadRequest, "status is %d: write 200 to 599", f.Status)
	case f.Error == "" && f.Status == 0 && f.Body == nil:
		return a, wrong(http.StatusBadRequest, `say what to answer: error, as "expired_token", or status and body`)
	}
	return a, nil
}

// planned is how many answers wait for a path, or for a correlation id.
type planned struct {
	Path          string `json:"path,omitempty"`
	CorrelationID string `json:"correlation_id,omitempty"`
	Times         int    `json:"times"`
}

func (e *Emulator) listFailures(context.Context, *http.Request) (any, error) {
	list := []planned{}
	byPath, byID := e.plans.Left()
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		list = append(list, planned{Path: path, Times: byPath[path]})
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		list = append(list, planned{CorrelationID: id, Times: byID[id]})
	}
	return list, nil
}

func (e *Emulator) dropFailures(context.Context, *http.Request) (any, error) {
	e.plans.Reset()
	return struct{}{}, nil
}
