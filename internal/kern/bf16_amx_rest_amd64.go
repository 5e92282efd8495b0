//go:build !linux && !noasm

package kern

// permitAMX reports that no way to the tile registers is known.
func permitAMX() bool { return false }
