// Package mutants keeps bugs that nobody must write: each is planted into a copy of the source and has to make
// the test that is named beside it fail. A test that cannot fail counts for nothing.
//
// The race detector has nothing to find here, so that these run without it only.
package mutants
