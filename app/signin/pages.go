package signin

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"roomward/app/api"
)

// Refused sign-ins are explained on the UI's welcome page. What is left are problems that a browser meets before the UI is loaded, or
// beside it; they are small pages in the person's language.

// words are what such a page says: title, what happened, what to do.
type words struct{ Title, Detail, Hint string }

const (
	english = "en"
	french  = "fr"
)

// pageWords are the words by code and language. A code without an entry is shown as "invalid".
var pageWords = map[string]map[string]words{
	"invalid": {
		english: {"This link does not work", "A part of the address is wrong.", "Start again from the sign-in page."},
		french:  {"Ce lien ne fonctionne pas", "Une partie de l’adresse est incorrecte.", "Recommencez depuis la page de connexion."},
	},
	"other-side": {
		english: {"This belongs to the other portal", "You are signed in to the partner portal.", "Sign in with an account of the customer's organisation."},
		french:  {"Cette page appartient à l’autre portail", "Vous êtes connecté au portail du partenaire.", "Connectez-vous avec un compte de l’organisation du client."},
	},
	"needs-administrator": {
		english: {"An administrator is needed", "Only an administrator of your organisation may do this.", "Ask a Global Administrator or Teams Administrator."},
		french: {"Un administrateur est nécessaire", "Seul un administrateur de votre organisation peut effectuer cette action.",
			"Adressez-vous à un administrateur général ou à un administrateur Teams."},
	},
	"unavailable": {
		english: {"Not available just now", "Roomward cannot answer just now.", "Try again in a moment."},
		french:  {"Momentanément indisponible", "Roomward ne peut pas répondre pour le moment.", "Réessayez dans un instant."},
	},
	"method-not-allowed": {
		english: {"This is not a page", "Signing out takes a button, not a link.", "Use the sign-out button."},
		french:  {"Ceci n’est pas une page", "La déconnexion se fait par un bouton, pas par un lien.", "Utilisez le bouton de déconnexion."},
	},
}

var problemPage = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="{{.Language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{{.Title}} - Roomward</title></head>
<body><main><h1>{{.Title}}</h1>
<p>{{.Detail}}</p>
<p>{{.Hint}}</p>
{{range .Errors}}<p><code>{{.Location}}</code> {{.Message}}</p>
{{end}}{{with .RequestID}}<p>{{$.Request}} <code>{{.}}</code></p>
{{end}}<p><a href="` + pageWelcome + `">{{.Back}}</a></p></main></body></html>
`))

// answer writes a problem: to a browser as a page in its language, to programs as api.Answer does.
func answer(w http.ResponseWriter, r *http.Request, p *api.Problem) {
	if !api.LoadsPage(r) {
		api.Answer(w, r, p)
		return
	}
	language := languageOf(r.Header.Get("Accept-Language"))
	byLanguage := pageWords[p.Code]
	if byLanguage == nil {
		byLanguage = pageWords["invalid"]
	}
	view := struct {
		words
		Language, Back, Request, RequestID string
		Errors                             []api.FieldError
	}{byLanguage[language], language, "Sign in to Roomward", "Request", p.RequestID, p.Errors}
	if language == french {
		view.Back, view.Request = "Se connecter à Roomward", "Demande"
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept, Accept-Language")
	h.Set("Content-Language", language)
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	_ = problemPage.Execute(w, view)
}

// languageOf chooses between English and French by the weights of Accept-Language; English when it names neither.
func languageOf(accept string) string {
	best, weight := english, 0.0
	for one := range strings.SplitSeq(accept, ",") {
		tag, quality, _ := strings.Cut(one, ";")
		q := 1.0
		if text, found := strings.CutPrefix(strings.TrimSpace(quality), "q="); found {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				continue
			}
			q = value
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if (primary == english || primary == french) && q > weight {
			best, weight = primary, q
		}
	}
	return best
}
