package customers

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLooksLike(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		like bool
	}{
		{"Northwind Traders", "northwind  traders", true},
		{"Northwind Traders", "Northwind-Traders.", true},
		{"Northwind Traders", "N0rthwind Traders", true},
		{"Northwind Traders", "Nоrthwind Тraders", true}, // Cyrillic
		{"Northwind Traders", "Nοrthwind Traders", true}, // Greek
		{"Northwind Traders", "Ｎorthwind Traders", true}, // full width
		{"Northwind Traders", "Nörthwind Traders", true},
		{"Northwind Traders", "Northvvind Traders", true},
		{"Northwind Traders", "Northwlnd Traders", true},
		{"Northwind Traders", "Northwind Trader", true},
		{"Northwind Traders", "Nortwhind Traders", true},
		{"Northwind Traders", "Nortwhind Trader", false},
		{"Fabrikam", "Fabrikarn", true},
		{"Northwind Traders", "Tailspin Toys", false},
		{"Contoso", "Contoso Bank", false},
		{"ABC", "ABD", false},
		{"東京銀行", "大阪銀行", false},
		{"東京銀行", "東京 銀行", true},
		{"", "", false},
		{"...", "---", false},
	} {
		require.Equal(t, tc.like, nearly(plain(tc.a), plain(tc.b)), "%q %q", tc.a, tc.b)
		require.Equal(t, tc.like, nearly(plain(tc.b), plain(tc.a)), "%q %q", tc.b, tc.a)
	}
}

func TestLookAlikesAmongEntries(t *testing.T) {
	c := New(Config{PartnerName: "Litware", PartnerTenant: "p", Domains: []string{"partner.example"}})
	for name, tc := range map[string]struct {
		entry Entry
		want  string
	}{
		"nothing alike":               {Entry{Kind: "invitation", TenantID: "t", Name: "Something", Domains: []string{"something.example"}}, ""},
		"a domain in disguise":        {Entry{Kind: "invitation", TenantID: "t", Name: "Something", Domains: []string{"xn--nrthwind-nbh.example"}}, "Northwind"},
		"a domain with one more sign": {Entry{Kind: "invitation", TenantID: "t", Name: "Something", Domains: []string{"x.example", "north-wind.example"}}, "Northwind"},
		"the partner's name":          {Entry{Kind: "invitation", TenantID: "t", Name: "LITWARE", Domains: nil}, "Litware"},
		"the partner's domain":        {Entry{Kind: "invitation", TenantID: "t", Name: "X", Domains: []string{"partners.example"}}, "Litware"},
		"the same organisation":       {Entry{Kind: "invitation", TenantID: "n", Name: "Northwind", Domains: []string{"northwind.example"}}, ""},
		"a customer, known for long":  {Entry{Kind: "customer", TenantID: "t", Name: "Northwind"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			entries := []Entry{{Kind: "customer", TenantID: "n", Name: "Northwind", Domains: []string{"northwind.example"}}, tc.entry}
			c.flagLookAlikes(entries)
			require.Equal(t, tc.want, entries[1].LooksLike)
			require.Empty(t, entries[0].LooksLike)
		})
	}
}
