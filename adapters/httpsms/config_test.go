package httpsms_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/nativeauth/nativeauth/adapters/httpsms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ExampleConfig_Validate() {
	fmt.Println(httpsms.Config{
		URL: "http://sms.example.com/send", Token: "two words", Header: http.Header{"Content-Type": {"text/plain"}},
	}.Validate())
	// Output:
	// URL is http, which shows codes to the network: use https
	// Token is not of visible ASCII characters
	// Header sets Content-Type, which is not the host's to choose
}

func TestValidate_AcceptsWhatCanSend(t *testing.T) {
	for _, c := range []httpsms.Config{
		{URL: "https://sms.example.com"},
		{URL: "https://sms.example.com:8443/v1/send?account=7&key=secret", Client: http.DefaultClient},
		{URL: "https://user:secret@sms.example.com/"},
		{URL: "https://[2001:db8::1]/sms", Token: "abc.def-ghi_jkl~mno+pqr/stu="},
		{URL: "https://sms.example.com/", Header: http.Header{"Authorization": {"AccessKey secret"}, "x-api-key": {"sécret", ""}}},
		{URL: "https://sms.example.com/", Token: "secret", Header: http.Header{"X-Tenant": {"7"}}},
		{URL: "http://localhost:8080/sms", Token: "secret"},
		{URL: "http://127.0.0.1/sms"},
		{URL: "http://[::1]:8080/sms"},
	} {
		assert.NoError(t, c.Validate(), c.URL)
	}
}

func TestValidate_SaysWhatToFixAndQuotesNoSecret(t *testing.T) {
	for name, c := range map[string]struct {
		want   string
		change func(*httpsms.Config)
	}{
		"no URL":           {"URL is not an https URL", func(c *httpsms.Config) { c.URL = "" }},
		"a host alone":     {"URL is not an https URL", func(c *httpsms.Config) { c.URL = "sms.example.com" }},
		"no host":          {"URL is not an https URL", func(c *httpsms.Config) { c.URL = "https:///hunter2" }},
		"no name":          {"URL is not an https URL", func(c *httpsms.Config) { c.URL = "https://:443/hunter2" }},
		"another scheme":   {"URL is not an https URL", func(c *httpsms.Config) { c.URL = "ftp://hunter2@example.com" }},
		"no URL at all":    {"URL is not an https URL", func(c *httpsms.Config) { c.URL = "https://hunter2\n@example.com" }},
		"a mail":           {"URL is not an https URL", func(c *httpsms.Config) { c.URL = "mailto:hunter2@example.com" }},
		"http":             {"URL is http", func(c *httpsms.Config) { c.URL = "http://sms.example.com/hunter2" }},
		"http nearby":      {"URL is http", func(c *httpsms.Config) { c.URL = "http://10.0.0.1/hunter2" }},
		"like loopback":    {"URL is http", func(c *httpsms.Config) { c.URL = "http://localhost.example.com" }},
		"a fragment":       {"URL has a fragment", func(c *httpsms.Config) { c.URL += "#hunter2" }},
		"user and token":   {"URL has a user", func(c *httpsms.Config) { c.URL, c.Token = "https://hunter2@example.com", "hunter2" }},
		"user and header":  {"URL has a user", func(c *httpsms.Config) { c.URL = "https://hunter2@example.com"; c.Header.Set("Authorization", "x") }},
		"a line in Token":  {"Token is not", func(c *httpsms.Config) { c.Token = "hunter2\r\nX: y" }},
		"beyond ASCII":     {"Token is not", func(c *httpsms.Config) { c.Token = "hünter2" }},
		"token and header": {"Header sets Authorization, and so does Token", func(c *httpsms.Config) { c.Token = "hunter2"; c.Header.Set("Authorization", "hunter2") }},
		"no name of one":   {`Header has "a b", which is no name`, func(c *httpsms.Config) { c.Header["a b"] = []string{"hunter2"} }},
		"an empty name":    {`Header has "", which is no name`, func(c *httpsms.Config) { c.Header[""] = []string{"hunter2"} }},
		"a line in Header": {`Header sets "X-Key" to something with control`, func(c *httpsms.Config) { c.Header["X-Key"] = []string{"x", "hunter2\r\nX: y"} }},
		"a type":           {"Header sets Content-Type", func(c *httpsms.Config) { c.Header["content-type"] = []string{"hunter2"} }},
		"a key":            {"Header sets Idempotency-Key", func(c *httpsms.Config) { c.Header["IDEMPOTENCY-KEY"] = []string{"hunter2"} }},
		"a host":           {"Header sets Host", func(c *httpsms.Config) { c.Header.Set("Host", "hunter2") }},
	} {
		t.Run(name, func(t *testing.T) {
			config := httpsms.Config{URL: "https://sms.example.com/", Header: http.Header{}}
			c.change(&config)
			assert.ErrorContains(t, config.Validate(), c.want)
			_, err := httpsms.New(config)
			require.ErrorContains(t, err, "httpsms: "+c.want)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestSender_StaysOutOfLogs(t *testing.T) {
	config := httpsms.Config{URL: "https://user:hunter2@sms.example.com/hunter2?key=hunter2", Header: http.Header{"X-Key": {"hunter2"}}}
	sender, err := httpsms.New(config)
	require.NoError(t, err)
	withToken := httpsms.Config{URL: "https://sms.example.com/", Token: "hunter2"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("sms", "config", config, "sender", sender, "token", withToken,
		"broken", httpsms.Config{URL: "https://hunter2\n"})
	assert.NotContains(t, log.String(), "hunter2")
	assert.Contains(t, log.String(), "sender.host=sms.example.com")
}
