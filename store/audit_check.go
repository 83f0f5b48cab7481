package store

import (
	"bytes"
	"fmt"
	"slices"
)

// FindingKind is what is wrong with a record.
type FindingKind string

// The kinds of findings.
const (
	FoundContent   FindingKind = "edited-content"    // customer, actor's name, object, detail, request or address are not those that were recorded
	FoundEntry     FindingKind = "edited-entry"      // time, tenant, side, actor, operation, result or place are not
	FoundHash      FindingKind = "edited-hash"       // the hash of the entry is not
	FoundReduced   FindingKind = "reduced"           // the content is gone, and no relation has ended
	FoundDeleted   FindingKind = "deleted"           // entries are missing before this one
	FoundInserted  FindingKind = "inserted"          // the entry was put there later
	FoundMoved     FindingKind = "moved"             // the entry stood in another place
	FoundCut       FindingKind = "cut"               // the last entries are missing
	FoundHead      FindingKind = "head"              // the head of the record is not that of its last entry
	FoundBegin     FindingKind = "begin"             // the first entries are missing, and no retention took them
	FoundSignature FindingKind = "bad-signature"     // a checkpoint is not what was signed
	FoundKey       FindingKind = "other-key"         // a checkpoint is signed with another key
	FoundRewritten FindingKind = "other-than-signed" // the record has another entry than the checkpoint says
)

// Finding is one thing that is wrong.
type Finding struct {
	Chain string // the customer's tenant, or "" for the partner's own record
	Seq   int64  // of the entry
	Kind  FindingKind
	Text  string // what exactly, in a sentence
}

// AuditHead is where a chain begins and ends.
type AuditHead struct {
	Chain  string
	Seq    int64 // of the last entry
	Hash   []byte
	First  int64 // seq of the first entry that is kept
	Before []byte
}

// ChainCheck goes along the entries of one chain, in the order of their places, and finds what is not as it was recorded. The zero value begins
// at the first entry of a record that was never pruned.
type ChainCheck struct {
	Chain string

	started  bool
	last     AuditRow // the one before
	previous []byte   // the hash that the next must follow; unknown after a gap
	older    []byte   // the hash before that
	gap      bool
	shift    int64 // by how much later places were changed
	maybe    bool  // the last one would follow the one before the last, as if that had been put in: the next one tells
	early    int64 // the first entry that stands in the file before one that was recorded earlier
	open     []suspect
	gone     []int64 // places where something is missing
	reduced  []int64 // that no end of a relation explains yet
	hashes   [][]byte
	findings []Finding
}

// suspect is an entry that does not follow the one before it.
type suspect struct {
	row    AuditRow
	before []byte
	gap    bool
}

const (
	mostFindings = 200
	mostSuspects = 48 // that are compared with each other
	mostShift    = 8
)

// Begin says where the chain begins: after entries that the retention took.
func (c *ChainCheck) Begin(h AuditHead) {
	c.Chain = h.Chain
	c.started = true
	c.last.Seq, c.previous = h.First-1, h.Before
}

// EndsRelation tells whether an operation ends a relation, and with it the content of what was recorded before.
func EndsRelation(operation string) bool {
	return operation == "customer.leave" || operation == "relation.end"
}

// Add takes the next entry.
func (c *ChainCheck) Add(r AuditRow) {
	switch {
	case r.Seq == c.last.Seq || r.Seq < 1:
		c.found(r.Seq, FoundInserted, "The entry was put into the record without a place of its own.")
		return
	case r.Seq > c.last.Seq+1:
		from, to := c.last.Seq+1, r.Seq-1
		c.found(from, FoundDeleted, missing(from, to))
		for seq := from; seq <= to && len(c.gone) < mostSuspects; seq++ {
			c.gone = append(c.gone, seq)
		}
		c.hashes = append(c.hashes, c.previous)
		c.gap = true
	}
	c.content(r)
	if r.ID < c.last.ID && c.early == 0 {
		c.early = r.Seq
	}
	if c.gap {
		c.suspect(suspect{r, c.previous, true})
	} else {
		c.link(r)
	}
	c.gap = false
	c.last, c.older, c.previous = r, c.previous, r.Hash
}

func missing(from, to int64) string {
	if from == to {
		return fmt.Sprintf("Entry %d is missing.", from)
	}
	return fmt.Sprintf("Entries %d to %d are missing.", from, to)
}

// content looks at what the content hash covers.
func (c *ChainCheck) content(r AuditRow) {
	switch {
	case r.Reduced() && !r.empty():
		c.found(r.Seq, FoundContent, "The entry has content without its salt: customer, actor's name, object, detail, request or address were edited.")
	case r.Reduced():
		if !r.reducedElsewhere() {
			c.reduced = append(c.reduced, r.Seq)
		}
	case !bytes.Equal(r.Content(), r.ContentHash):
		c.found(r.Seq, FoundContent, "Customer, actor's name, object, detail, request, address or their salt were edited.")
	}
	if EndsRelation(r.Operation) {
		c.reduced = nil
	}
}

// reducedElsewhere tells whether the end that took the content stands in another record: the partner's own has the codes of invitations, and what
// people of a tenant asked for before it had a record.
func (r AuditRow) reducedElsewhere() bool {
	return r.Chain == "" && (r.Operation == "invitation-code.create" || r.Operation == "invitation-code.revoke" || r.Side == SideCustomer)
}

// link looks whether an entry follows the one before it, and where not, at what else it could be.
func (c *ChainCheck) link(r AuditRow) {
	at := func(shift int64, before []byte) bool {
		moved := r
		moved.Seq += shift
		return bytes.Equal(moved.Link(before), r.Hash)
	}
	if at(c.shift, c.previous) {
		c.maybe = false
		c.settle(FoundEntry)
		return
	}
	if n := len(c.open); n > 0 && c.open[n-1].row.Seq == c.last.Seq && !c.open[n-1].gap {
		if computed := c.open[n-1].row.Link(c.open[n-1].before); at(c.shift, computed) {
			c.settle(FoundHash)
			return
		}
	}
	for d := int64(1); d <= mostShift; d++ {
		if at(c.shift+d, c.previous) { // the one before it was the first after the gap
			c.shift += d
			c.drop(c.last.Seq)
			c.found(c.last.Seq, FoundDeleted, fmt.Sprintf("%d entries before this one were taken away, and the later ones renumbered.", d))
			return
		}
	}
	if c.maybe && at(c.shift-1, c.previous) {
		c.putIn(c.last.Seq - 1)
		return
	}
	c.maybe = at(c.shift-1, c.older)
	c.suspect(suspect{r, c.previous, false})
}

// putIn names an entry that was put in, with the one after it as the first of those that were renumbered.
func (c *ChainCheck) putIn(seq int64) {
	c.shift--
	c.maybe = false
	c.drop(seq)
	c.drop(seq + 1)
	c.found(seq, FoundInserted, "The entry was put into the record later, and the later ones renumbered.")
}

// suspect keeps an entry for later, and the hashes around it.
func (c *ChainCheck) suspect(s suspect) {
	c.open = append(c.open, s)
	c.hashes = append(c.hashes, s.before, s.row.Hash)
}

// settle names the suspect that stands directly before an entry that is sound.
func (c *ChainCheck) settle(kind FindingKind) {
	n := len(c.open)
	if n == 0 || c.open[n-1].row.Seq != c.last.Seq || c.open[n-1].gap {
		return
	}
	if n > 1 && kind == FoundEntry { // it may be one of several that changed places: the end tells
		return
	}
	c.name(c.open[n-1].row.Seq, kind)
	c.open = c.open[:n-1]
}

func (c *ChainCheck) drop(seq int64) {
	c.open = slices.DeleteFunc(c.open, func(s suspect) bool { return s.row.Seq == seq })
}

func (c *ChainCheck) name(seq int64, kind FindingKind) {
	if kind == FoundHash {
		c.found(seq, kind, "The hash of the entry was edited.")
		return
	}
	c.found(seq, kind, "Time, tenant, side, actor, operation, result, place or hash of the entry were edited.")
}

// End compares the last entry with the head, nil where none is known, and answers all findings.
func (c *ChainCheck) End(head *AuditHead) []Finding {
	if c.maybe {
		c.putIn(c.last.Seq - 1)
	}
	c.places()
	for _, seq := range c.reduced {
		c.found(seq, FoundReduced, "The content of the entry is gone, though no relation has ended.")
	}
	switch {
	case head == nil:
	case c.last.Seq < head.Seq:
		c.found(c.last.Seq+1, FoundCut, missing(c.last.Seq+1, head.Seq)+" The record was cut off.")
	case c.last.Seq > head.Seq:
		c.found(head.Seq, FoundHead, fmt.Sprintf("The head of the record says %d, and the record goes on to %d.", head.Seq, c.last.Seq))
	case c.last.Seq > 0 && !bytes.Equal(c.previous, head.Hash):
		c.found(head.Seq, FoundHead, "The head of the record has another hash than its last entry.")
	}
	if len(c.findings) == 0 && c.early > 0 {
		c.found(c.early, FoundMoved, "The entry stands in the file before one that was recorded earlier.")
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return int(a.Seq - b.Seq) })
	return c.findings
}

// Upto is the place of the last entry.
func (c *ChainCheck) Upto() int64 { return c.last.Seq }

// places looks for the true places of the entries that do not follow each other.
func (c *ChainCheck) places() {
	if len(c.open) > mostSuspects {
		for _, s := range c.open {
			c.name(s.row.Seq, FoundEntry)
		}
		return
	}
	places := slices.Clone(c.gone)
	for _, s := range c.open {
		places = append(places, s.row.Seq)
	}
	for _, s := range c.open {
		switch seq, found := c.place(s.row, places); {
		case !found && !s.gap:
			c.name(s.row.Seq, FoundEntry)
		case found && seq != s.row.Seq:
			c.found(s.row.Seq, FoundMoved, fmt.Sprintf("The entry stood at %d.", seq))
		}
	}
}

// place finds where an entry was recorded, among its own place and others.
func (c *ChainCheck) place(r AuditRow, places []int64) (int64, bool) {
	for _, seq := range append([]int64{r.Seq}, places...) {
		for _, before := range c.hashes {
			moved := r
			moved.Seq = seq
			if bytes.Equal(moved.Link(before), r.Hash) {
				return seq, true
			}
		}
	}
	return 0, false
}

func (c *ChainCheck) found(seq int64, kind FindingKind, text string) {
	if len(c.findings) < mostFindings {
		c.findings = append(c.findings, Finding{c.Chain, seq, kind, text})
	}
}
