package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"
)

// TestACutStreamIsNoWholeFile: an error in the middle must not look like the end of the file.
func TestACutStreamIsNoWholeFile(t *testing.T) {
	route := func(path string, fail error) Route {
		return OpStream("GET", path, Anyone(), "", "text/csv", func(context.Context, *Call, *struct{}) (Stream, error) {
			if fail != nil && path == "/refused" {
				return Stream{}, fail
			}
			return Stream{Type: "text/csv", Name: "a.csv", Write: func(_ context.Context, w io.Writer, _ func(context.Context) (*Call, error)) error {
				_, err := w.Write([]byte("a,b\n"))
				return errors.Join(err, fail)
			}}, nil
		})
	}
	e := echo.New()
	_, err := Register(e, &Desk{Log: slog.New(slog.DiscardHandler)}, "test",
		[]Route{route("/whole", nil), route("/cut", errors.New("gone")), route("/refused", NotFound())})
	require.NoError(t, err)
	srv := httptest.NewServer(e)
	defer srv.Close()
	get := func(path string) (int, string, error) {
		res, err := http.Get(srv.URL + path)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		return res.StatusCode, string(b), err
	}
	status, body, err := get("/whole")
	require.NoError(t, err)
	require.Equal(t, []any{200, "a,b\n"}, []any{status, body})
	_, _, err = get("/cut")
	require.Error(t, err)
	status, body, err = get("/refused")
	require.NoError(t, err)
	require.Equal(t, 404, status)
	require.Contains(t, body, "not-found")
}
