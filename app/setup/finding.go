package setup

import (
	"errors"
	"strconv"
	"strings"

	"roomward/app/graph"
)

// Verdict says how a thing stands that was checked.
type Verdict string

// The states of a finding, from best to worst.
const (
	OK      Verdict = "ok"
	Warning Verdict = "warning" // works, or could not be checked; somebody should look
	Broken  Verdict = "broken"
)

// Outcome is the result of one check: a code with a sentence and what to do, in words.go and in ui/src/setup/text.*.json.
type Outcome struct {
	Check   string            `json:"check" doc:"What was checked."`
	Verdict Verdict           `json:"state" enum:"ok,warning,broken"`
	Code    string            `json:"code" doc:"What was found, stable across versions."`
	Values  map[string]string `json:"values,omitempty" doc:"Names and numbers that the sentence needs."`
	Number  int               `json:"number,omitempty" doc:"Microsoft's own error number (AADSTS)."`
	Said    string            `json:"said,omitempty" doc:"What Microsoft said, in its own words."`
}

// Worst is the worst state among findings; OK when there are none.
func Worst(findings []Outcome) Verdict {
	worst := OK
	for _, f := range findings {
		if f.Verdict == Broken || f.Verdict == Warning && worst == OK {
			worst = f.Verdict
		}
	}
	return worst
}

// Found makes an outcome from a code of words.go and its values, as names and values in turn.
func Found(check string, state Verdict, code string, values ...string) Outcome {
	return found(check, state, code, values...)
}

func found(check string, state Verdict, code string, values ...string) Outcome {
	f := Outcome{Check: check, Verdict: state, Code: code}
	for i := 0; i+1 < len(values); i += 2 {
		if f.Values == nil {
			f.Values = map[string]string{}
		}
		f.Values[values[i]] = values[i+1]
	}
	return f
}

// refusalCodes are the codes of what Entra answers most (reference: Microsoft's list of AADSTS numbers; graph.md 6).
var refusalCodes = map[int]string{
	700016:  "app-unknown",
	7000215: "secret-wrong", 7000218: "secret-wrong",
	7000222: "secret-expired",
	700027:  "certificate-unknown", 700021: "certificate-unknown", 700022: "certificate-unknown", 700023: "certificate-unknown", 700030: "certificate-unknown",
	700024: "clock-refused",
	90002:  "tenant-unknown", 900021: "tenant-unknown", 900023: "tenant-unknown",
	500011: "graph-unknown", 650052: "graph-unknown",
	50011: "redirect-unknown",
	65001: "not-consented", 65004: "not-consented", 90094: "not-consented", 90099: "not-consented",
	7000112: "app-disabled", 50105: "not-assigned",
	50194: "not-multitenant",
	53003: "blocked", 53000: "blocked", 53001: "blocked", 53002: "blocked", 53004: "blocked", 530003: "blocked", 530034: "blocked",
	900382: "wrong-cloud",
}

// kindCodes are the codes of failures that carry no number that we know.
var kindCodes = map[graph.Kind]string{
	graph.NotConsented: "not-consented", graph.SecretInvalid: "secret-wrong", graph.SecretExpired: "secret-expired",
	graph.AssertionInvalid: "certificate-unknown", graph.AppDisabled: "app-disabled", graph.ConditionalAccess: "blocked",
	graph.TenantUnknown: "tenant-unknown", graph.WrongCloud: "wrong-cloud", graph.Throttled: "throttled",
	graph.Unavailable: "cloud-unreachable",
}

// refused is what a failed call to Microsoft means for whoever sets Roomward up.
func refused(check string, err error, values ...string) Outcome {
	var e *graph.Error
	if !errors.As(err, &e) {
		return found(check, Broken, "cloud-unreachable", values...)
	}
	if e.Kind == graph.PermissionMissing {
		return found(check, Broken, "permission-missing", "permission", e.Permission)
	}
	code := refusalCodes[e.AADSTS]
	if code == "" {
		code = kindCodes[e.Kind]
	}
	if code == "" {
		code = "cloud-refused"
	}
	state := Broken
	if code == "throttled" {
		state = Warning
	}
	f := found(check, state, code, values...)
	f.Number, f.Said = e.AADSTS, e.Message
	if code == "cloud-refused" && f.Said == "" {
		f.Said = string(e.Kind)
	}
	return f
}

// Text is the sentence of a finding in English.
func (f Outcome) Text() string { return f.fill(words[f.Code].says) }

// Todo is what to do about it in English; empty where nothing is to be done.
func (f Outcome) Todo() string { return f.fill(words[f.Code].do) }

func (f Outcome) fill(text string) string {
	var pairs []string
	for name, value := range f.Values {
		if name == "purpose" {
			value = purposes[value]
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	pairs = append(pairs, "{number}", strconv.Itoa(f.Number), "{said}", f.Said) // after a value of that name, which is the one that is meant
	return strings.NewReplacer(pairs...).Replace(text)
}
