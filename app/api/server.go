package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// Register puts the routes on an Echo server and returns the OpenAPI document's maker. A route without a named access is an error:
// the server does not start with it (law 9).
func Register(e *echo.Echo, d *Desk, version string, routes []Route) (huma.API, error) {
	useProblems()
	cfg := huma.DefaultConfig("Roomward", version)
	cfg.Info.Description = "Manages the Microsoft Teams Rooms of many customers, each customer in control."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil // no $schema member in answers
	cfg.RejectUnknownQueryParameters = true
	h := humaecho.New(e, cfg)
	d.sensitive = map[string]string{}
	for _, r := range routes {
		if !r.Access.Named() {
			return nil, fmt.Errorf("route %s %s names nobody who may call it", r.Method, r.Path)
		}
		op := huma.Operation{
			OperationID:   operationID(r),
			Method:        r.Method,
			Path:          r.Path,
			Summary:       r.Summary,
			Description:   "May call: " + r.Access.String() + ".",
			Tags:          []string{tag(r.Path)},
			DefaultStatus: r.status,
			Errors:        errorsOf(r),
		}
		if r.controlled {
			op.Responses = pendingResponse(h)
		}
		if r.sensitive != "" {
			d.sensitive[r.key()] = r.sensitive
		}
		r.register(h, d, op)
	}
	return h, nil
}

func errorsOf(r Route) []int {
	var list []int
	if !r.Access.Public() {
		list = append(list, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(r.Path, "{") {
		list = append(list, http.StatusNotFound)
	}
	if r.Method != http.MethodGet {
		list = append(list, http.StatusConflict)
	}
	if r.Method == http.MethodPut || r.Method == http.MethodDelete {
		list = append(list, http.StatusPreconditionFailed)
	}
	return append(list, http.StatusUnprocessableEntity, http.StatusInternalServerError)
}

var notWord = regexp.MustCompile(`[^a-zA-Z]+`)

// operationID makes "get-rooms-id-devices" of GET /api/rooms/{id}/devices.
func operationID(r Route) string {
	path := strings.Trim(notWord.ReplaceAllString(strings.TrimPrefix(r.Path, "/api"), "-"), "-")
	return strings.ToLower(r.Method) + "-" + path
}

func tag(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/api/"), "/")
	return parts[0]
}

// Document is the OpenAPI document of a route table, as JSON. Nothing answers behind it.
func Document(version string, routes []Route) ([]byte, error) {
	h, err := Register(echo.New(), &Desk{}, version, routes)
	if err != nil {
		return nil, err
	}
	return json.Marshal(h.OpenAPI())
}
