// Package deploy holds the files that an operator takes: how Roomward runs as a service, and how it is watched.
package deploy

import "embed"

// Files are they, by name.
//
//go:embed *.service *.socket Containerfile dashboard.json alerts.yml
var Files embed.FS
