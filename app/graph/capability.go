package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Capability is one thing that a tenant's consent and Microsoft's API allow us, or not.
type Capability string

// The capabilities that are used, and the two that graph.md names and nothing here uses yet.
const (
	CanDirectory     Capability = "directory"
	CanPlaces        Capability = "places"
	CanDevices       Capability = "devices"
	CanHealth        Capability = "device-health"
	CanRestart       Capability = "restart"
	CanPresence      Capability = "presence"
	CanIntune        Capability = "intune"
	CanCallRecords   Capability = "call-records"
	CanServiceHealth Capability = "service-health"
)

// Need says what a capability takes.
type Need struct {
	Capability Capability
	// Permissions are application permissions of which one is enough; the first is the least, and the one to ask for.
	Permissions []string
	// Optional tells that everything else works without it.
	Optional bool
	// Used tells that this version uses it. Permissions of what is not used are not asked for.
	Used bool
}

// Needs lists every capability, in the order in which people read them (graph.md 11).
func Needs() []Need {
	return []Need{
		{CanDirectory, userPermissions, false, true},
		{CanPlaces, []string{"Place.Read.All", "Place.ReadWrite.All"}, false, true},
		{CanDevices, devicePermissions, false, true},
		{CanHealth, devicePermissions, false, true},
		{CanRestart, restartPermissions, true, true},
		{CanPresence, presencePermissions, true, true},
		{CanIntune, managedPermissions, true, true},
		{CanCallRecords, []string{"CallRecords.Read.All"}, true, false},
		{CanServiceHealth, []string{"ServiceHealth.Read.All"}, true, false},
	}
}

// Given tells whether one of the permissions that are enough is among the roles of a token (see Client.Roles).
func (n Need) Given(roles []string) bool {
	for _, p := range n.Permissions {
		for _, r := range roles {
			if strings.EqualFold(p, r) {
				return true
			}
		}
	}
	return false
}

// ErrNothingToTry says that a capability cannot be tried: it needs the id of a device or account, or would change something.
var ErrNothingToTry = errors.New("graph: there is nothing to try this on")

// Probe tries a capability by the cheapest real request: one item, and nothing of it is kept. subject is the id of a device for CanHealth and the
// object id of a room's account for CanPresence, and means nothing else. A nil error says that it works. CanRestart and what is not used is never tried.
func (c *Client) Probe(ctx context.Context, tenant string, what Capability, subject string) error {
	doing := "try " + string(what)
	var rq request
	switch what {
	case CanDirectory:
		rq = c.directoryRequest(doing, tenant, userPermissions, "/users", "$top=1", "$select=id")
	case CanPlaces:
		rq = request{doing: doing, tenant: tenant, lane: places, version: "v1.0", needs: []string{"Place.Read.All", "Place.ReadWrite.All"},
			url: c.address("v1.0", "/places/microsoft.graph.room", "$top=1")}
	case CanDevices:
		rq = c.devicesRequest(doing, tenant, "", "$top=1")
	case CanHealth:
		if !usableID(subject) {
			return ErrNothingToTry
		}
		_, err := c.Health(ctx, tenant, subject)
		return err
	case CanPresence:
		if !isGUID(subject) {
			return ErrNothingToTry
		}
		rq = c.presenceRequest(doing, tenant, []string{subject})
	case CanIntune:
		rq = c.managedRequest(doing, tenant, "$top=1", "$select=id")
	default:
		return ErrNothingToTry
	}
	rq.collection = true
	got, err := c.fetch(ctx, rq)
	if err != nil {
		return err
	}
	_, _, err = readPage(got)
	return err
}

// Words names what Microsoft said by its codes only, such as "HTTP 403, UnknownError, request 3a3b1bf7-…": its texts may name things that are
// nobody's business. Empty for errors of other packages.
func Words(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	var parts []string
	switch {
	case e.Permission != "":
		parts = append(parts, e.Permission)
	case e.AADSTS != 0:
		parts = append(parts, fmt.Sprintf("AADSTS%d", e.AADSTS))
	case e.Status != 0:
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.Code != "" && e.Permission == "" {
		parts = append(parts, e.Code)
	}
	if e.RequestID != "" {
		parts = append(parts, "request "+e.RequestID)
	}
	return strings.Join(parts, ", ")
}

// Unlicensed tells whether Microsoft refused for want of a licence or subscription of the tenant: 402, or by its words, as Intune says it where
// nobody has bought it.
func Unlicensed(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status < 400 || e.Status > 499 {
		return false
	}
	said := strings.ToLower(e.Code + " " + e.Message)
	return e.Status == http.StatusPaymentRequired || strings.Contains(said, "not applicable to target tenant") || strings.Contains(said, "licens") ||
		strings.Contains(said, "licenc")
}

// retired tells whether an answer that is a refusal says in its words that the API has ended: graph.md 0 knows no code for it.
func retired(e *Error) bool {
	said := strings.ToLower(e.Code + " " + e.Message)
	for _, word := range []string{"deprecated", "retired", "no longer supported", "has been removed"} {
		if strings.Contains(said, word) {
			return true
		}
	}
	return false
}

// filterOf writes alternatives of a $filter: property eq 'value', joined by or.
func filterOf(clauses []clause) string {
	parts := make([]string, len(clauses))
	for i, cl := range clauses {
		parts[i] = cl.property + " eq '" + strings.ReplaceAll(cl.value, "'", "''") + "'"
	}
	return strings.Join(parts, " or ")
}

type clause struct{ property, value string }
