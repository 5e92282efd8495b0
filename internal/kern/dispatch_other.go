//go:build !amd64 || noasm

package kern

// The kernels that only amd64 has in assembly: one line each.
