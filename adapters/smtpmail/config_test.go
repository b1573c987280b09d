package smtpmail

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func ExampleConfig_Validate() {
	fmt.Println(Config{
		Addr: "smtp.example.com", From: "Example", Password: "secret", TLS: "ssl", Timeout: -1, HELO: "my host",
	}.Validate())
	// Output:
	// Addr "smtp.example.com" is not "host:port"
	// From "Example" is not an ASCII e-mail address, alone or as "Name <address>"
	// Username is missing, there is a Password
	// TLS "ssl" is unknown, use "starttls", "implicit", "opportunistic", "none" or nothing
	// Timeout -1ns is negative
	// HELO "my host" is not a host name
}

func TestValidate_AcceptsWhatCanSend(t *testing.T) {
	for _, c := range []Config{
		{Addr: "smtp.example.com:587", From: "no-reply@example.com"},
		{Addr: "[2001:db8::1]:25", From: "Büro <no-reply@xn--bro-hoa.example>", HELO: "[2001:db8::2]"},
		{Addr: "localhost:1025", From: "dev@localhost", TLS: None, Username: "u", Password: "p"},
		{Addr: "127.0.0.1:25", From: "a@example.com", TLS: None, Username: "u", Password: "p"},
		{Addr: "relay:25", From: "a@example.com", TLS: None, HELO: "app-1.example.com", Timeout: time.Minute},
	} {
		assert.NoError(t, c.Validate())
	}
}

func TestValidate_SaysWhatToFix(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`Addr "" is not`:                 func(c *Config) { c.Addr = "" },
		`Addr ":25" is not`:              func(c *Config) { c.Addr = ":25" },
		`Addr "a:smtp" is not`:           func(c *Config) { c.Addr = "a:smtp" },
		`Addr "a:0" is not`:              func(c *Config) { c.Addr = "a:0" },
		`Addr "a:65536" is not`:          func(c *Config) { c.Addr = "a:65536" },
		`From "" is not`:                 func(c *Config) { c.From = "" },
		`From "josé@example.com" is not`: func(c *Config) { c.From = "josé@example.com" },
		`From "a@b.c\r\nBcc: d@e.f" is`:  func(c *Config) { c.From = "a@b.c\r\nBcc: d@e.f" },
		`From "a@b.c, d@e.f" is not`:     func(c *Config) { c.From = "a@b.c, d@e.f" },
		"Password is missing":            func(c *Config) { c.Username = "u" },
		`TLS "none" would show`:          func(c *Config) { c.TLS, c.Username, c.Password = None, "u", "p" },
		`HELO "a\r\nb" is not`:           func(c *Config) { c.HELO = "a\r\nb" },
	} {
		t.Run(want, func(t *testing.T) {
			c := Config{Addr: "smtp.example.com:587", From: "a@example.com"}
			change(&c)
			assert.ErrorContains(t, c.Validate(), want)
			_, err := New(c)
			assert.ErrorContains(t, err, want)
		})
	}
}

func TestWithDefaults_EncryptsWhatLeavesTheMachine(t *testing.T) {
	for addr, want := range map[string]TLS{
		"smtp.example.com:587": StartTLS,
		"smtp.example.com:25":  StartTLS,
		"10.0.0.1:25":          StartTLS,
		"localhost.example:25": StartTLS,
		"smtp.example.com:465": Implicit,
		"localhost:465":        Implicit,
		"localhost:1025":       None,
		"LOCALHOST:25":         None,
		"127.0.0.1:25":         None,
		"[::1]:25":             None,
	} {
		assert.Equal(t, want, Config{Addr: addr}.withDefaults().TLS, addr)
	}
	assert.Equal(t, StartTLS, Config{Addr: "localhost:25", TLS: StartTLS}.withDefaults().TLS, "what a host asks for stands")
}

func TestWithDefaults_WaitsTenSeconds(t *testing.T) {
	assert.Equal(t, 10*time.Second, Config{}.withDefaults().Timeout)
	assert.Equal(t, time.Second, Config{Timeout: time.Second}.withDefaults().Timeout)
}
