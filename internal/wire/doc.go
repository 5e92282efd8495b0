// Package wire is the byte form of saved state: little-endian numbers and
// length-prefixed slices.
//
// It owns the encoding and knows nothing of whose state it is. What walks in:
// numbers, texts and slices for the Append functions. What walks out: bytes,
// which a Reader takes apart again; it remembers its first fault, so that a
// decoder is straight-line code with one check at the end.
package wire
