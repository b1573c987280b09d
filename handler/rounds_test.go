//go:build !race

package handler_test

// How often what is left to chance is tried.
const (
	rounds            = 100    // of races
	walks             = 10_000 // beside the model
	walksWithPassword = 1_500  // beside the model with passwords
	inParallel        = 64     // calls that race
	factorsAtOnce     = 32     // likewise, with more to do for each
	mostOf40          = 16     // more of 40 hits with a chance of 5 in inParallel each come once in a hundred million
	histories         = 2_000  // of refresh tokens beside the model
)
