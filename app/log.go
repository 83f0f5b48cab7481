package app

import (
	"log/slog"
	"os"

	"golang.org/x/time/rate"
)

func newLog(s Settings) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of an enum
	o := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

func rateOf(perSecond float64) rate.Limit { return rate.Limit(perSecond) }
