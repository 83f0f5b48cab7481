package cloudsim

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// kept is an answer that is not sent yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the header of the answer.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps what is written.
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }

// spoil sends the proper answer with one thing wrong about it. A refusal goes out as it is.
func spoil(w http.ResponseWriter, r *http.Request, what Misbehaviour, proper http.HandlerFunc) {
	k := &kept{header: w.Header().Clone(), status: http.StatusOK}
	asked := r.Clone(r.Context())
	q := asked.URL.Query()
	q.Del(pageNumber) // of a page without end
	asked.URL.RawQuery = q.Encode()
	proper(k, asked)
	maps.Copy(w.Header(), k.header)
	body := k.body.Bytes()
	if k.status == http.StatusOK {
		switch what {
		case CutOff:
			w.WriteHeader(k.status)
			_, _ = w.Write(body[:len(body)/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case WrongLength:
			w.Header().Set("Content-Length", strconv.Itoa(len(body)+100))
			w.WriteHeader(k.status)
			_, _ = w.Write(body)
			panic(http.ErrAbortHandler)
		}
		body = respelled(r, what, body)
	}
	w.WriteHeader(k.status)
	_, _ = w.Write(body)
}

// respelled is a JSON answer with other contents. What is no JSON, or no list where only lists can be spoiled so, stays as it is.
func respelled(r *http.Request, what Misbehaviour, body []byte) []byte {
	var doc map[string]any
	if json.Unmarshal(body, &doc) != nil {
		return body
	}
	list, isList := doc["value"].([]any)
	if isList {
		spoilList(r, what, doc, list)
	} else if what == WrongTypes || what == Nulls {
		for name, v := range doc {
			doc[name] = otherType(what, name, v)
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		return body
	}
	return out
}

const (
	nextLink   = "@odata.nextLink"
	pageNumber = "$page"
)

func spoilList(r *http.Request, what Misbehaviour, doc map[string]any, list []any) {
	here := "http://" + r.Host + r.URL.Path
	switch what {
	case NoList:
		doc["value"] = map[string]any{"items": list}
	case NoIDs:
		for i, item := range list {
			if m, ok := item.(map[string]any); ok && i%2 == 1 {
				for _, id := range []string{"id", "placeId", "emailAddress"} {
					delete(m, id)
				}
			}
		}
	case WrongTypes, Nulls:
		for i, item := range list {
			list[i] = otherType(what, "", item)
		}
	case EndlessPages:
		n, _ := strconv.Atoi(r.URL.Query().Get(pageNumber))
		doc[nextLink] = here + "?" + pageNumber + "=" + strconv.Itoa(n+1)
	case SamePage:
		doc[nextLink] = "http://" + r.Host + r.URL.RequestURI()
	case OtherHostPages:
		doc[nextLink] = "https://graph.attacker.example" + r.URL.Path + "?$skiptoken=x"
	case OtherSchemePages:
		doc[nextLink] = "ftp://" + r.Host + r.URL.Path + "?$skiptoken=x"
	case UserInfoPages:
		doc[nextLink] = "http://graph:secret@" + r.Host + r.URL.Path + "?$skiptoken=x"
	case OutsidePages:
		doc[nextLink] = "http://" + r.Host + "/login/organizations/v2.0/next?$skiptoken=x"
	}
}

// enumerations are the properties whose values are words of Microsoft's own.
var enumerations = map[string]bool{
	"healthStatus": true, "activityState": true, "deviceType": true, "connectionStatus": true, "softwareFreshness": true, "bookingType": true, "teamsEnabledState": true,
}

// otherType gives a property a value of another type than it is due, all the way down. Ids stay, and names: a number in place of a name is a name.
func otherType(what Misbehaviour, name string, v any) any {
	if strings.HasPrefix(name, "@") || name == "id" || name == "placeId" {
		return v
	}
	if m, ok := v.(map[string]any); ok {
		inner := map[string]any{}
		for name, one := range m {
			inner[name] = otherType(what, name, one)
		}
		switch {
		case name == "" || what == Nulls && inner["id"] != nil:
			return inner
		case what == Nulls:
			return nil
		}
		return []any{inner}
	}
	if what == Nulls {
		if name == "displayName" || name == "emailAddress" {
			return v
		}
		return nil
	}
	switch v.(type) {
	case float64:
		return "many"
	case bool:
		return "perhaps"
	case []any:
		return map[string]any{"items": v}
	}
	if enumerations[name] {
		return 7
	}
	return v
}
