package handler_test

import (
	"bytes"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

// BenchmarkPasswordSignInOverArgon2id runs complete sign-ins with a password in turns with the bare hash
// that such a sign-in cannot do without, and reports how many times its time and its processor time a
// sign-in takes.
func BenchmarkPasswordSignInOverArgon2id(b *testing.B) {
	api := newBenchAPI(b)
	c := dial(b, api.url)
	api.signUpWithPassword(b, c, casey, harbor)
	salt := bytes.Repeat([]byte{7}, 16)
	var took, bare, used, least time.Duration
	b.ResetTimer()
	for i := 0; i < b.N; i += 5 { // turns short enough that noise hits both alike
		n := min(5, b.N-i)
		start := time.Now()
		used += processorTime(func() {
			for range n {
				api.signInWithPassword(b, c, casey, harbor)
			}
		})
		middle := time.Now()
		least += processorTime(func() {
			for range n {
				argon2.IDKey([]byte(harbor), salt, 2, 19_456, 1, 32)
			}
		})
		took += middle.Sub(start)
		bare += time.Since(middle)
	}
	b.ReportMetric(float64(took)/float64(bare), "x-argon2id")
	b.ReportMetric(float64(used)/float64(least), "x-argon2id-cpu")
}

const keyedClient = "client_id=" + keyed + "&challenge_type=oob+password+redirect&"

func (a *benchAPI) signUpWithPassword(b *testing.B, c *wire, user, password string) {
	token := c.post(b, "/auth/signup/v1.0/start", keyedClient+"username="+user+"&"+form("password", password), "continuation_token")
	token = c.post(b, "/auth/signup/v1.0/challenge", keyedClient+"continuation_token="+token, "continuation_token")
	c.post(b, "/auth/signup/v1.0/continue", keyedClient+"grant_type=oob&oob="+<-a.codes+"&continuation_token="+token, "continuation_token")
}

func (a *benchAPI) signInWithPassword(b *testing.B, c *wire, user, password string) {
	token := c.post(b, "/auth/oauth2/v2.0/initiate", keyedClient+"username="+user, "continuation_token")
	token = c.post(b, "/auth/oauth2/v2.0/challenge", keyedClient+"continuation_token="+token, "continuation_token")
	c.post(b, "/auth/oauth2/v2.0/token", keyedClient+"grant_type=password&scope=openid+offline_access&"+form("password", password)+"&continuation_token="+token, "id_token")
}
