// Package testdata holds what tests and the demo read: here the demo world, as files that people can read and sort.
package testdata

import "embed"

// World is the demo world below "world": one folder per tenant with tenant.json, rooms.csv and faults.csv. The format is
// that of cloudsim.LoadWorld, which takes fs.Sub(World, "world").
//
//go:embed all:world
var World embed.FS
