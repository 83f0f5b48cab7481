package store

import (
	"context"
	"fmt"
	"time"
)

const (
	// seenEvery is how exactly it is kept when a person was active: customers may read it, and more is nobody's business.
	seenEvery = time.Hour
	// seenFor is how long it is kept.
	seenFor = 180 * day
)

// noteSeen keeps that the person of a session of the partner is active, and in which groups. Within an hour nothing is written again.
func noteSeen(ctx context.Context, t *tx, session string) error {
	hour := t.now - t.now%seenEvery.Milliseconds()
	_, err := t.exec(ctx, `INSERT INTO people_seen (oid, name, groups_json, seen_at) SELECT oid, name, groups_json, $1 FROM sessions WHERE id = $2 AND side = 'partner'
		ON CONFLICT (oid) DO UPDATE SET name = excluded.name, groups_json = excluded.groups_json, seen_at = excluded.seen_at
		WHERE people_seen.seen_at < excluded.seen_at OR people_seen.groups_json <> excluded.groups_json OR people_seen.name <> excluded.name`, hour, session)
	if err != nil {
		return fmt.Errorf("keep when a person was active: %w", err)
	}
	return nil
}

func forgetSeen(ctx context.Context, t *tx) error {
	if _, err := t.exec(ctx, `DELETE FROM people_seen WHERE seen_at < $1`, t.now-seenFor.Milliseconds()); err != nil {
		return fmt.Errorf("forget who was active long ago: %w", err)
	}
	return nil
}
