package otp

import (
	"maps"
	"slices"
)

// Purposes lists those that there are words for.
func Purposes() []Purpose { return slices.Collect(maps.Keys(letters)) }
