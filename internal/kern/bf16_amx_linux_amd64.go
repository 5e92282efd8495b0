//go:build !noasm

package kern

import "syscall"

// permitAMX asks Linux for the tile registers. Without permission the first
// use of a tile kills the process.
func permitAMX() bool {
	const (
		archReqXcompPerm = 0x1023
		tileData         = 18
	)
	_, _, errno := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, archReqXcompPerm, tileData, 0)
	return errno == 0
}
