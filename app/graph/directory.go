package graph

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

var (
	userPermissions  = []string{"User.Read.All", "User.ReadBasic.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	groupPermissions = []string{"GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
)

// User is an account of a tenant's directory.
type User struct {
	ID                string // object id, lasting
	DisplayName       string
	UserPrincipalName string
	Mail              string
	// AccountEnabled is false for an account that is blocked from signing in. It is true where Microsoft does not say,
	// which is so with the permission User.ReadBasic.All.
	AccountEnabled bool
}

// Group is a group of a tenant's directory.
type Group struct {
	ID              string // object id, lasting
	DisplayName     string
	SecurityEnabled bool // usable for access; a plain distribution list is not
	MailEnabled     bool
}

const (
	userFields  = "$select=id,displayName,userPrincipalName,mail,accountEnabled"
	groupFields = "$select=id,displayName,securityEnabled,mailEnabled"
	maxFound    = 100 // answers of a search; who needs more types another letter
)

func decodeUser(raw []byte) (User, bool) {
	var w struct {
		ID      text `json:"id"`
		Name    text `json:"displayName"`
		UPN     text `json:"userPrincipalName"`
		Mail    text `json:"mail"`
		Enabled flag `json:"accountEnabled"`
	}
	if loose(bare(raw), &w) != nil {
		return User{}, false
	}
	return User{
		ID:                string(w.ID),
		DisplayName:       first(w.Name, w.UPN),
		UserPrincipalName: string(w.UPN),
		Mail:              string(w.Mail),
		AccountEnabled:    w.Enabled.value || !w.Enabled.known,
	}, w.ID != ""
}

func decodeGroup(raw []byte) (Group, bool) {
	var w struct {
		ID       text `json:"id"`
		Name     text `json:"displayName"`
		Security flag `json:"securityEnabled"`
		Mail     flag `json:"mailEnabled"`
	}
	if loose(bare(raw), &w) != nil {
		return Group{}, false
	}
	return Group{ID: string(w.ID), DisplayName: string(w.Name), SecurityEnabled: w.Security.value, MailEnabled: w.Mail.value}, w.ID != ""
}

func (c *Client) directoryRequest(doing, tenant string, needs []string, path string, query ...string) request {
	return request{doing: doing, tenant: tenant, lane: directory, version: "v1.0", url: c.address("v1.0", path, query...), needs: needs}
}

// User gives one user by object id or sign-in name (User.Read.All).
func (c *Client) User(ctx context.Context, tenant, id string) (User, error) {
	const doing = "get a user"
	if !usableID(id) {
		return User{}, noSuch(doing)
	}
	got, err := c.fetch(ctx, c.directoryRequest(doing, tenant, userPermissions, "/users/"+url.PathEscape(id), userFields))
	if err != nil {
		return User{}, err
	}
	user, ok := decodeUser(got.body)
	if !ok {
		return User{}, got.bad("the answer holds no user")
	}
	return user, nil
}

// MaxAddresses is how many addresses UsersByMail asks for at once, and ids UsersByID: the directory takes no more alternatives in a filter.
const MaxAddresses = 15

// UsersByMail gives the users whose mail is one of at most MaxAddresses addresses, in one request (User.Read.All). Addresses that nobody has
// are left out.
func (c *Client) UsersByMail(ctx context.Context, tenant string, addresses []string) ([]User, error) {
	return c.usersBy(ctx, "get users by mail", tenant, "mail", addresses)
}

// UsersByID gives the users with at most MaxAddresses object ids, in one request (User.Read.All). Ids of nobody are left out.
func (c *Client) UsersByID(ctx context.Context, tenant string, ids []string) ([]User, error) {
	return c.usersBy(ctx, "get users by id", tenant, "id", ids)
}

func (c *Client) usersBy(ctx context.Context, doing, tenant, field string, values []string) ([]User, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) > MaxAddresses {
		return nil, &Error{Kind: BadRequest, Message: "too many users at once", doing: doing}
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	filter := option("$filter", field+" in ("+strings.Join(quoted, ",")+")")
	var users []User
	err := c.list(ctx, c.directoryRequest(doing, tenant, userPermissions, "/users", filter, userFields), func(item []byte) bool {
		user, ok := decodeUser(item)
		if ok {
			users = append(users, user)
		}
		return ok
	})
	if err != nil {
		return nil, err
	}
	return users, nil
}

// Group gives one group by object id (GroupMember.Read.All).
func (c *Client) Group(ctx context.Context, tenant, id string) (Group, error) {
	const doing = "get a group"
	if !usableID(id) {
		return Group{}, noSuch(doing)
	}
	got, err := c.fetch(ctx, c.directoryRequest(doing, tenant, groupPermissions, "/groups/"+url.PathEscape(id), groupFields))
	if err != nil {
		return Group{}, err
	}
	group, ok := decodeGroup(got.body)
	if !ok {
		return Group{}, got.bad("the answer holds no group")
	}
	return group, nil
}

// SearchUsers finds users by words of their name, or the beginning of their mail address or sign-in name (User.Read.All). It gives
// at most limit of them, 1 to 100, and none for a text without a letter or digit.
func (c *Client) SearchUsers(ctx context.Context, tenant, text string, limit int) ([]User, error) {
	clause := searchClause(text, "displayName", "mail", "userPrincipalName")
	if clause == "" {
		return []User{}, nil
	}
	limit = min(max(limit, 1), maxFound)
	rq := c.directoryRequest("search users", tenant, userPermissions, "/users",
		option("$search", clause), userFields, "$count=true", "$top="+strconv.Itoa(limit))
	found := []User{}
	err := c.firstPage(ctx, rq, func(item []byte) bool {
		user, ok := decodeUser(item)
		if ok && len(found) < limit {
			found = append(found, user)
		}
		return ok
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// SearchGroups finds security groups by words of their name (GroupMember.Read.All), at most limit, 1 to 100.
func (c *Client) SearchGroups(ctx context.Context, tenant, text string, limit int) ([]Group, error) {
	clause := searchClause(text, "displayName")
	if clause == "" {
		return []Group{}, nil
	}
	limit = min(max(limit, 1), maxFound)
	rq := c.directoryRequest("search groups", tenant, groupPermissions, "/groups",
		option("$search", clause), option("$filter", "securityEnabled eq true"), groupFields, "$count=true", "$top="+strconv.Itoa(limit))
	found := []Group{}
	err := c.firstPage(ctx, rq, func(item []byte) bool {
		group, ok := decodeGroup(item)
		if ok && group.SecurityEnabled && len(found) < limit {
			found = append(found, group)
		}
		return ok
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// firstPage asks for the first page of a search only.
func (c *Client) firstPage(ctx context.Context, rq request, take func(item []byte) bool) error {
	rq.eventual = true
	got, err := c.fetch(ctx, rq)
	if err != nil {
		return err
	}
	values, _, err := readPage(got)
	if err != nil {
		return err
	}
	for _, item := range values {
		take(item)
	}
	return nil
}

// searchClause writes the $search for what somebody typed: "displayName:kim" OR "mail:kim". Only letters, digits and the signs of
// addresses remain, all else becomes a space. So nothing can leave the quotes or add a clause, and "&", on which Graph's
// search fails (graph.md 5), separates words as it does in Graph's own index.
func searchClause(typed string, fields ...string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("-_.@'+#", r) {
			return r
		}
		return ' '
	}, typed)
	kept = clip(strings.Join(strings.Fields(kept), " "), 120)
	if !strings.ContainsFunc(kept, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return ""
	}
	clauses := make([]string, len(fields))
	for i, field := range fields {
		clauses[i] = `"` + field + ":" + kept + `"`
	}
	return strings.Join(clauses, " OR ")
}

// GroupSize counts the members of a group, those of groups in it included (GroupMember.Read.All).
func (c *Client) GroupSize(ctx context.Context, tenant, group string) (int, error) {
	const doing = "count the members of a group"
	if !usableID(group) {
		return 0, noSuch(doing)
	}
	rq := c.directoryRequest(doing, tenant, groupPermissions, "/groups/"+url.PathEscape(group)+"/transitiveMembers/$count")
	rq.eventual, rq.plain = true, true
	got, err := c.fetch(ctx, rq)
	if err != nil {
		return 0, err
	}
	plain := bytes.TrimSpace(bytes.TrimPrefix(got.body, []byte("\xef\xbb\xbf")))
	n, err := strconv.Atoi(string(plain))
	if err != nil || n < 0 {
		return 0, got.bad("the answer is not a number")
	}
	return n, nil
}

// MemberGroups gives the ids of all security groups that a user is in, through other groups too, and of directory roles
// (GroupMember.Read.All).
func (c *Client) MemberGroups(ctx context.Context, tenant, user string) ([]string, error) {
	const doing = "list the groups of a user"
	if !usableID(user) {
		return nil, noSuch(doing)
	}
	rq := c.directoryRequest(doing, tenant, groupPermissions, "/users/"+url.PathEscape(user)+"/getMemberObjects")
	rq.method, rq.body = http.MethodPost, []byte(`{"securityEnabledOnly":true}`)
	ids := []string{}
	err := c.list(ctx, rq, func(item []byte) bool {
		var id text
		_ = id.UnmarshalJSON(item) // never fails
		if id != "" {
			ids = append(ids, string(id))
		}
		return id != ""
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// GroupUsers gives the ids of the users in a group, those of groups in it included, without accounts that are blocked (GroupMember.Read.All).
func (c *Client) GroupUsers(ctx context.Context, tenant, group string) ([]string, error) {
	const doing = "list the users of a group"
	if !usableID(group) {
		return nil, noSuch(doing)
	}
	rq := c.directoryRequest(doing, tenant, groupPermissions, "/groups/"+url.PathEscape(group)+"/transitiveMembers", "$select=id,accountEnabled", "$top=999")
	ids := []string{}
	err := c.list(ctx, rq, func(item []byte) bool {
		var w struct {
			Type text `json:"@odata.type"`
		}
		user, ok := decodeUser(item)
		if ok && loose(bare(item), &w) == nil && w.Type != "#microsoft.graph.user" { // a group, a device, an application
			return true
		}
		if ok && user.AccountEnabled {
			ids = append(ids, user.ID)
		}
		return ok
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}
