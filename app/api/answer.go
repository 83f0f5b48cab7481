package api

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

// Answer writes a problem outside of an operation: as a small page to a browser that loads one, as problem+json to everybody else
// and below /api always.
func Answer(w http.ResponseWriter, r *http.Request, p *Problem) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if !LoadsPage(r) {
		h.Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	_ = problemPage.Execute(w, p)
}

// LoadsPage tells whether a browser asks for a page to show, and not a program for an answer.
func LoadsPage(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/") {
		return false
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

var problemPage = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Title}} - Roomward</title>
<h1>{{.Title}}</h1>
<p>{{.Detail}}</p>
{{with .Hint}}<p>{{.}}</p>
{{end}}{{with .RequestID}}<p>Request <code>{{.}}</code></p>
{{end}}<p><a href="/">Roomward</a></p>
</html>
`))
