//go:build race

package handler_test

// The race detector makes each ten times as slow, and need not see an access go wrong to report it. The
// numbers that are promised are those of the other file.
const (
	rounds            = 25
	walks             = 1_000
	walksWithPassword = 300
	inParallel        = 16
	factorsAtOnce     = 16
	mostOf40          = 30
	histories         = 200
)
