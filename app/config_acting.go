package app

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// guid is an id of Entra.
var guid = regexp.MustCompile(`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)

// ActingSettings are those of a second Entra registration, which alone acts on devices. Where it is, the first one needs no permission that changes
// anything, and a customer gives or withdraws its consent to actions apart from that to being read.
type ActingSettings struct {
	ActClientID         string `help:"Application id of a second Entra registration that restarts devices; without it the first one does." placeholder:"GUID"`
	ActClientSecret     Secret `help:"Its secret. Better a file or a certificate." placeholder:"TEXT"`
	ActClientSecretFile string `help:"File that holds its secret." placeholder:"FILE"`
	ActCertificate      string `help:"PEM file with its certificate, instead of a secret." placeholder:"FILE"`
	ActCertificateKey   string `help:"PEM file with the private key of that." placeholder:"FILE"`
}

// check completes the settings and says what contradicts.
func (a *ActingSettings) check(readingID string) error {
	err := a.ActClientSecret.readFrom(a.ActClientSecretFile)
	a.ActClientID = strings.ToLower(strings.TrimSpace(a.ActClientID))
	switch {
	case err != nil:
		return err
	case a.ActClientSecret != "" && a.ActCertificate != "":
		return errors.New("either --act-client-secret-file or --act-certificate, not both")
	case a.ActClientID == "" && (a.ActClientSecret != "" || a.ActCertificate != ""):
		return errors.New("a proof of the second registration needs its --act-client-id")
	case a.ActClientID != "" && !guid.MatchString(a.ActClientID):
		return fmt.Errorf("--act-client-id %q is no application (client) id", a.ActClientID)
	case (a.ActCertificate == "") != (a.ActCertificateKey == ""):
		return errors.New("--act-certificate and --act-certificate-key go together")
	case a.ActClientID != "" && strings.EqualFold(a.ActClientID, readingID):
		return errors.New("--act-client-id is that of the first registration: leave it out, and the first one acts")
	}
	return nil
}
