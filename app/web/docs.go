package web

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsHTML string

// docsPage is what docs.html shows.
type docsPage struct {
	Title, Version, About string
	Sections              []docsSection
}

type docsSection struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, About string
	Parameters, Body                 []docsField
	Answers                          []docsAnswer
}

type docsAnswer struct {
	Status string
	Name   string // of the schema
	Fields []docsField
}

type docsField struct {
	Name, Where, Kind, About string
	Required                 bool
}

// describe makes the readable form of the API's document. It loads nothing and runs no script.
func describe(doc *huma.OpenAPI) (page, error) {
	t, err := template.New("docs").Parse(docsHTML)
	if err != nil {
		return page{}, fmt.Errorf("read docs.html: %w", err)
	}
	view := docsPage{Title: doc.Info.Title, Version: doc.Info.Version, About: doc.Info.Description}
	bySection := map[string]*docsSection{}
	var order []*docsSection
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, one := range []struct {
			method string
			op     *huma.Operation
		}{
			{http.MethodGet, item.Get}, {http.MethodPost, item.Post}, {http.MethodPut, item.Put},
			{http.MethodPatch, item.Patch}, {http.MethodDelete, item.Delete},
		} {
			if one.op == nil {
				continue
			}
			name := "other"
			if len(one.op.Tags) > 0 {
				name = one.op.Tags[0]
			}
			if bySection[name] == nil {
				bySection[name] = &docsSection{Name: name}
				order = append(order, bySection[name])
			}
			bySection[name].Operations = append(bySection[name].Operations, describeOperation(doc, path, one.method, one.op))
		}
	}
	for _, s := range order {
		view.Sections = append(view.Sections, *s)
	}
	var out strings.Builder
	if err := t.Execute(&out, view); err != nil {
		return page{}, fmt.Errorf("fill docs.html: %w", err)
	}
	return newPage(strings.ReplaceAll(out.String(), "NONCE-OF-THIS-ANSWER", "{{nonce}}")), nil
}

func describeOperation(doc *huma.OpenAPI, path, method string, op *huma.Operation) docsOperation {
	out := docsOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, About: op.Description}
	for _, p := range op.Parameters {
		about := p.Description
		if about == "" && p.Schema != nil {
			about = p.Schema.Description
		}
		out.Parameters = append(out.Parameters, docsField{Name: p.Name, Where: p.In, Kind: kindOf(p.Schema), About: about, Required: p.Required})
	}
	if op.RequestBody != nil {
		if media := op.RequestBody.Content["application/json"]; media != nil {
			out.Body = fieldsOf(doc, media.Schema)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		a := docsAnswer{Status: status}
		for _, kind := range slices.Sorted(maps.Keys(op.Responses[status].Content)) {
			schema := op.Responses[status].Content[kind].Schema
			a.Name = kindOf(schema)
			if strings.HasPrefix(status, "2") {
				a.Fields = fieldsOf(doc, schema)
			}
		}
		out.Answers = append(out.Answers, a)
	}
	return out
}

// fieldsOf lists the members of an object, of what a page holds, or of what a list holds.
func fieldsOf(doc *huma.OpenAPI, s *huma.Schema) []docsField {
	return addFields(doc, s, "", 0, nil)
}

// deepest bounds how far fields of fields are written out.
const deepest = 3

func addFields(doc *huma.OpenAPI, s *huma.Schema, prefix string, depth int, out []docsField) []docsField {
	if s != nil && s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	if s == nil || depth > deepest {
		return out
	}
	if s.Items != nil {
		return addFields(doc, s.Items, prefix, depth+1, out)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		out = append(out, docsField{Name: prefix + name, Kind: kindOf(p), About: p.Description, Required: slices.Contains(s.Required, name)})
		next := prefix + name + "."
		if p.Items != nil {
			next = prefix + name + "[]."
		}
		out = addFields(doc, p, next, depth+1, out)
	}
	return out
}

// kindOf is the type of a value in a word or two.
func kindOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Items != nil:
		return "list of " + kindOf(s.Items)
	}
	kind := cmp.Or(s.Type, "any")
	if s.Format != "" {
		kind += ", " + s.Format
	}
	var values []string
	for _, v := range s.Enum {
		values = append(values, fmt.Sprint(v))
	}
	if len(values) > 0 {
		kind += ": " + strings.Join(values, " | ")
	}
	return kind
}
