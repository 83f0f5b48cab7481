package setup

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheGuideHasAWordForEachFinding holds the sentences of the guide to those of the command, in both languages.
func TestTheGuideHasAWordForEachFinding(t *testing.T) {
	variable := regexp.MustCompile(`\{\{(\w+)\}\}`)
	for _, language := range []string{"en", "fr"} {
		b, err := os.ReadFile("../../ui/src/setup/text." + language + ".json")
		require.NoError(t, err)
		var text struct{ Found, Todo map[string]string }
		require.NoError(t, json.Unmarshal(b, &text))
		for code, w := range words {
			require.NotEmpty(t, text.Found[code], "%s: %s", language, code)
			require.Equal(t, w.do == "", text.Todo[code] == "", "%s: what to do about %s", language, code)
			if language == "en" {
				require.Equal(t, w.says, variable.ReplaceAllString(text.Found[code], "{$1}"), code)
				require.Equal(t, w.do, variable.ReplaceAllString(text.Todo[code], "{$1}"), code)
			}
		}
	}
	for _, codes := range []map[int]string{refusalCodes} {
		for number, code := range codes {
			require.Contains(t, words, code, "AADSTS%d", number)
		}
	}
	for kind, code := range kindCodes {
		require.Contains(t, words, code, kind)
	}
}
