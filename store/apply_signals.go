package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"roomward/policy"
)

// deviceWriter writes what follows for one device from a run, and only what differs from before.
type deviceWriter struct {
	t        *tx
	customer ID
	room     ID
	device   ID
	cell     sql.NullInt64
	changed  int
}

func (w *deviceWriter) write(ctx context.Context, before DeviceBefore, after DeviceAfter) error {
	if err := w.signals(ctx, before.Signals, after.Signals); err != nil {
		return err
	}
	if err := w.incidents(ctx, before.Incidents, after.Incidents); err != nil {
		return err
	}
	for _, s := range after.Spans {
		if err := w.span(ctx, s); err != nil {
			return err
		}
	}
	for _, o := range after.Openings {
		if err := w.opening(ctx, o); err != nil {
			return err
		}
	}
	for _, e := range after.Events {
		if err := w.event(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (w *deviceWriter) signals(ctx context.Context, before, after []SignalState) error {
	old := make(map[string]SignalState, len(before))
	for _, s := range before {
		old[s.Signal] = s
	}
	var rows []string
	args := []any{w.device, w.room}
	for _, s := range after {
		was, known := old[s.Signal]
		delete(old, s.Signal)
		if known && was == s.stored() {
			continue
		}
		n := len(args)
		rows = append(rows, fmt.Sprintf(`($1, $%d, $2, $%d, $%d, $%d, $%d, $%d)`, n+1, n+2, n+3, n+4, n+5, n+6))
		args = append(args, s.Signal, s.State, s.Severity, s.Value, s.Polls, millis(s.Since))
	}
	if len(rows) > 0 { // all in one statement: a new device has a dozen, and a new customer hundreds of devices
		w.changed += len(rows)
		_, err := w.t.exec(ctx, `INSERT INTO signals (device_id, signal, room_id, state, severity, value, polls, since)
			VALUES `+strings.Join(rows, ", ")+`
			ON CONFLICT (device_id, signal) DO UPDATE SET state = excluded.state, severity = excluded.severity, value = excluded.value,
				polls = excluded.polls, since = excluded.since`, args...)
		if err != nil {
			return fmt.Errorf("write the signals of a device: %w", err)
		}
	}
	for signal := range old {
		w.changed++
		if _, err := w.t.exec(ctx, `DELETE FROM signals WHERE device_id = $1 AND signal = $2`, w.device, signal); err != nil {
			return fmt.Errorf("remove a signal: %w", err)
		}
	}
	return nil
}

// stored is the state as it would be read back.
func (s SignalState) stored() SignalState {
	s.Since = when(millis(s.Since))
	return s
}

func (i IncidentState) stored() IncidentState {
	for _, at := range []*time.Time{&i.OpenedAt, &i.ActivatedAt, &i.ResolvedAt, &i.ClosedAt} {
		if !at.IsZero() {
			*at = when(millis(*at))
		}
	}
	return i
}

func (w *deviceWriter) incidents(ctx context.Context, before, after []IncidentState) error {
	old := make(map[string]IncidentState, len(before))
	for _, i := range before {
		old[i.Signal] = i
	}
	for _, i := range after {
		if was, known := old[i.Signal]; known && was == i.stored() {
			continue
		}
		w.changed++
		_, err := w.t.exec(ctx, `INSERT INTO incidents (id, customer_id, room_id, cell_id, device_id, signal, category, severity, severity_rank, state,
				open, value, opened_at, activated_at, resolved_at, closed_at, openings, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
			ON CONFLICT (device_id, signal) DO UPDATE SET category = excluded.category, severity = excluded.severity,
				severity_rank = excluded.severity_rank, state = excluded.state, open = excluded.open, value = excluded.value,
				opened_at = excluded.opened_at, activated_at = excluded.activated_at, resolved_at = excluded.resolved_at,
				closed_at = excluded.closed_at, openings = excluded.openings, updated_at = excluded.updated_at`,
			policy.NewID(), w.customer, w.room, w.cell, w.device, i.Signal, i.Category, i.Severity, severityRank(i.Severity), i.State,
			i.Open(), i.Value, millis(i.OpenedAt), orNull(i.ActivatedAt), orNull(i.ResolvedAt), orNull(i.ClosedAt), i.Openings, w.t.now)
		if err != nil {
			return fmt.Errorf("write an incident: %w", err)
		}
	}
	return nil
}

// severityRank orders severities, worst first.
func severityRank(severity string) int {
	switch severity {
	case "critical":
		return 1
	case "important":
		return 2
	case "warning":
		return 3
	}
	return 4
}

// spansKept is how long an ended span is kept: the lane of a room shows LaneDays.
const spansKept = (LaneDays + 1) * 24 * time.Hour

func (w *deviceWriter) span(ctx context.Context, s SpanChange) error {
	w.changed++
	_, err := w.t.exec(ctx, `UPDATE signal_spans SET until_at = $1 WHERE device_id = $2 AND signal = $3 AND until_at IS NULL`,
		millis(s.At), w.device, s.Signal)
	if err != nil {
		return fmt.Errorf("end a span of a signal: %w", err)
	}
	_, err = w.t.exec(ctx, `DELETE FROM signal_spans WHERE device_id = $1 AND signal = $2 AND until_at < $3`,
		w.device, s.Signal, w.t.now-spansKept.Milliseconds())
	if err != nil {
		return fmt.Errorf("forget old spans of a signal: %w", err)
	}
	if s.State == "good" {
		return nil
	}
	_, err = w.t.exec(ctx, `INSERT INTO signal_spans (device_id, signal, state, severity, from_at) VALUES ($1, $2, $3, $4, $5)`,
		w.device, s.Signal, s.State, s.Severity, millis(s.At))
	if err != nil {
		return fmt.Errorf("begin a span of a signal: %w", err)
	}
	return nil
}

func (w *deviceWriter) opening(ctx context.Context, o OpeningChange) error {
	w.changed++
	if o.ResolvedAt.IsZero() {
		_, err := w.t.exec(ctx, `INSERT INTO incident_openings (incident_id, opened_at)
			SELECT id, $1 FROM incidents WHERE device_id = $2 AND signal = $3`, millis(o.OpenedAt), w.device, o.Signal)
		if err != nil {
			return fmt.Errorf("begin an opening of an incident: %w", err)
		}
		return nil
	}
	_, err := w.t.exec(ctx, `UPDATE incident_openings SET resolved_at = $1 WHERE resolved_at IS NULL
		AND incident_id = (SELECT id FROM incidents WHERE device_id = $2 AND signal = $3)`, millis(o.ResolvedAt), w.device, o.Signal)
	if err != nil {
		return fmt.Errorf("end an opening of an incident: %w", err)
	}
	return nil
}

func (w *deviceWriter) event(ctx context.Context, e EventAdded) error {
	w.changed++
	_, err := w.t.exec(ctx, `INSERT INTO incident_events (incident_id, at, kind, detail)
		SELECT id, $1, $2, $3 FROM incidents WHERE device_id = $4 AND signal = $5`, millis(e.At), e.Kind, e.Detail, w.device, e.Signal)
	if err != nil {
		return fmt.Errorf("write the history of an incident: %w", err)
	}
	return nil
}
