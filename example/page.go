package main

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/index.html"))

// policy lets the page load its own files and call its own server, and nothing else. Forms are sent
// by script only: without it an address would end up in the URL.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// mountPage registers the page at / and the files that it loads.
func mountPage(mux handler.Mux, here place) error {
	var index bytes.Buffer
	err := pageTemplate.Execute(&index, map[string]any{"API": here.API(), "Inbox": here.Inbox, "Apps": apps, "Least": leastPassword, "Countries": inWords(countries)})
	if err != nil {
		return err
	}
	mux.Handle("GET /{$}", pageFile("index.html", index.Bytes()))

	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		return err
	}
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == "index.html" {
			return err
		}
		content, err := fs.ReadFile(files, name)
		mux.Handle("GET /"+name, pageFile(name, content))
		return err
	})
}

// inWords lists calling codes, as "+1, +33 or +49".
func inWords(codes otp.Countries) string {
	last := len(codes) - 1
	return strings.Join(codes[:last], ", ") + " or " + codes[last]
}

// pageFile serves content as the type that name's ending stands for.
func pageFile(name string, content []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	})
}
