package app

import (
	"log/slog"
	"os"

	"roomward/app/api"
)

func newLog(s Settings) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of an enum
	o := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(api.LogHandler(slog.NewJSONHandler(os.Stderr, o)))
	}
	return slog.New(api.LogHandler(slog.NewTextHandler(os.Stderr, o)))
}
