package flow

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDevice_AllOfARequestIsKept(t *testing.T) {
	d := device{
		life: newLife(time.Minute, time.Hour), State: deviceApproved, Client: "tv", Scope: "openid", TooSoon: 2,
		Approval: &Session{User: "1", Client: "app", Epoch: 3, AMR: []string{"pwd"}},
	}
	text, err := json.Marshal(&d)
	require.NoError(t, err)
	var kept device
	require.NoError(t, json.Unmarshal(text, &kept))
	assert.Equal(t, d, kept)
}
