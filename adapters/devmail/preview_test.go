package devmail_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/stretchr/testify/assert"
)

func TestPreview_ShowsEveryMessageInEveryLanguage(t *testing.T) {
	p := devmail.Preview{App: "Contoso"}
	for _, style := range (otp.Messages{}).Styles().All() {
		for _, purpose := range otp.Purposes() {
			query := "/dev/messages?purpose=" + string(purpose) + "&language=" + style.Language.Tag
			w := get(p, query, nil)
			m := otp.Message{Purpose: purpose, App: "Contoso", Style: style}
			assert.Equal(t, 200, w.Code, query)
			assert.Contains(t, html.UnescapeString(w.Body.String()), "<h2>"+m.Subject()+"</h2>", query)
			w = get(p, query+"&format=html", nil)
			assert.Contains(t, w.Body.String(), `<html lang="`+style.Language.Tag+`"`, query)
			assert.Equal(t, "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'", w.Header().Get("Content-Security-Policy"))
		}
	}
	assert.Contains(t, get(p, "/dev/messages", nil).Body.String(), "<h2>Your Contoso code</h2>", "the first is shown unasked")
}

func TestPreview_RefusesWhatItDoesNotKnowAndWhoIsElsewhere(t *testing.T) {
	p := devmail.Preview{App: "Contoso"}
	assert.Equal(t, 404, get(p, "/dev/messages?purpose=spam", nil).Code)
	assert.Equal(t, 404, get(p, "/dev/messages?language=xx", nil).Code)
	assert.Equal(t, 403, get(p, "/dev/messages", http.Header{"X-Forwarded-For": {"192.0.2.1"}}).Code)
	r := httptest.NewRequest(http.MethodPost, "http://localhost/dev/messages", nil)
	r.RemoteAddr = "127.0.0.1:4711"
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	assert.Equal(t, 405, w.Code)
}
