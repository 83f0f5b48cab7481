// Package testdata holds what tests, the demo and the simulated cloud read: here the demo world, as files that people can read and sort, and
// Microsoft's recorded errors.
package testdata

import "embed"

// World is the demo world below "world": one folder per tenant with tenant.json, rooms.csv and faults.csv. The format is
// that of cloudsim.LoadWorld, which takes fs.Sub(World, "world").
//
//go:embed all:world
var World embed.FS

// Errors are recorded answers of Microsoft that refuse something, below "graph": those of Graph in "errors", named by their status, and those of Entra's
// token endpoint in "entra", named by their number.
//
//go:embed graph/errors graph/entra/token.error.*.json
var Errors embed.FS
