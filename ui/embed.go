// Package ui holds the built user interface, as files that web serves.
package ui

import "embed"

// Dist is the committed build of src/: index.html, whose {{nonce}} the server replaces in each answer, and hashed,
// immutable files under dist/assets. Files are plain; the server compresses them.
//
//go:embed all:dist
var Dist embed.FS
