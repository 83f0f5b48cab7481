package customers

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// flagLookAlikes marks invitations whose claimed name, or a domain, is nearly that of another organisation or of the partner itself: a name
// proves nothing, only the tenant id does (design 7).
func (c *Customers) flagLookAlikes(entries []Entry) {
	shapes := make([]shape, len(entries), len(entries)+1)
	for i, e := range entries {
		shapes[i] = shapeOf(e.Name, e.TenantID, e.Domains)
	}
	shapes = append(shapes, shapeOf(c.PartnerName, c.PartnerTenant, c.Domains))
	for i := range entries {
		if entries[i].Kind != "invitation" {
			continue
		}
		for _, other := range shapes {
			if shapes[i].like(other) {
				entries[i].LooksLike = other.name
				break
			}
		}
	}
}

// shape is how an organisation looks to somebody who reads quickly.
type shape struct {
	name, tenant string
	plain        string
	domains      []string
}

func shapeOf(name, tenant string, domains []string) shape {
	s := shape{name: name, tenant: tenant, plain: plain(name)}
	for _, d := range domains {
		if shown, err := idna.ToUnicode(d); err == nil {
			d = shown // xn--… hides which letters people see
		}
		s.domains = append(s.domains, plain(d))
	}
	return s
}

func (s shape) like(o shape) bool {
	if s.tenant == o.tenant {
		return false
	}
	if nearly(s.plain, o.plain) {
		return true
	}
	for _, a := range s.domains {
		for _, b := range o.domains {
			if nearly(a, b) {
				return true
			}
		}
	}
	return false
}

// foreign are letters of other alphabets, in lower case, that look like Latin ones: the usual means of such tricks, not all of Unicode.
var foreign = strings.NewReplacer(
	"а", "a", "в", "b", "с", "c", "ԁ", "d", "е", "e", "г", "r", "һ", "h", "н", "h", "і", "i", "ј", "j", "к", "k", "ӏ", "l", "м", "m", "о", "o",
	"р", "p", "ѕ", "s", "т", "t", "у", "y", "х", "x", "ѡ", "w", "ѵ", "v", "ԛ", "q", "ԝ", "w",
	"α", "a", "β", "b", "γ", "y", "ε", "e", "η", "n", "ι", "i", "κ", "k", "μ", "m", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", "χ", "x",
	"ω", "w", "ı", "i", "ɡ", "g", "ł", "l", "ø", "o", "đ", "d", "ß", "ss", "æ", "ae", "œ", "oe",
)

// alike are signs that are taken for each other in most typefaces.
var alike = strings.NewReplacer("0", "o", "1", "l", "i", "l", "5", "s", "rn", "m", "vv", "w")

// plain reduces a text to what the eye takes in: without case, accents, width, spaces and punctuation, look-alike letters made one.
func plain(text string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1 // accents stand alone after NFKD
	}, norm.NFKD.String(text))
	return alike.Replace(foreign.Replace(bare))
}

// shortest is from which length on a single letter more, less or other is taken for a slip of the eye and not for another name.
const shortest = 6

func nearly(a, b string) bool {
	if a == b {
		return a != ""
	}
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < shortest || len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return string(x[i:]) == string(y[i+1:])
	}
	rest := func(n int) bool { return string(x[i+n:]) == string(y[i+n:]) }
	return rest(1) || i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && rest(2)
}
