package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryConflictHasItsSentence holds the codes that the store answers against the sentences here and in the user interface: a code
// without one would reach people as an empty problem.
func TestEveryConflictHasItsSentence(t *testing.T) {
	files, err := filepath.Glob("../../store/*.go")
	require.NoError(t, err)
	answered := map[string]bool{}
	conflict := regexp.MustCompile(`Conflict\{"([a-z-]+)"\}`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range conflict.FindAllStringSubmatch(string(text), -1) {
			answered[m[1]] = true
		}
	}
	require.Greater(t, len(answered), 10, "the search found too few to prove anything")

	for _, language := range []string{"en", "fr"} {
		text, err := os.ReadFile("../../ui/src/text/common." + language + ".json")
		require.NoError(t, err)
		var words struct{ Errors map[string]string }
		require.NoError(t, json.Unmarshal(text, &words))
		for code := range answered {
			require.NotEmpty(t, words.Errors[code], "%s in %s", code, language)
		}
	}
	delete(answered, "collection-queued") // app/collect says it itself: the operation answers more than the code
	for code := range answered {
		require.NotEmpty(t, conflictTexts[code][0], code)
	}
	for code := range conflictTexts {
		require.True(t, answered[code], "the store never answers %s", code)
	}
}
