package signin

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
)

func TestPagesEscapeWhatComesFromOutside(t *testing.T) {
	p := api.Invalid(`query.<img src=x onerror=alert(1)>`, `"><script>alert(2)</script>`)
	p.RequestID = `<b>id</b>`
	r := httptest.NewRequest(http.MethodGet, "/signin", nil)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	answer(w, r, p)
	require.Contains(t, w.Body.String(), "&lt;script&gt;alert(2)")
	for _, raw := range []string{"<script", "<img", "<b>"} {
		require.NotContains(t, w.Body.String(), raw)
	}
}

func TestEveryPageHasBothLanguages(t *testing.T) {
	require.Contains(t, pageWords, "invalid")
	for code, byLanguage := range pageWords {
		require.Len(t, byLanguage, 2, code)
		for _, language := range []string{english, french} {
			w := byLanguage[language]
			require.NotEmpty(t, w.Title, code)
			require.NotEmpty(t, w.Detail, code)
			require.NotEmpty(t, w.Hint, code)
		}
		require.NotEqual(t, byLanguage[english].Title, byLanguage[french].Title, code)
	}
}
