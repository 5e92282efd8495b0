//go:build amd64 && !noasm

package rng

import "demorl/internal/kern"

// callGroups bounds one assembly call, which cannot be preempted, to some 20 us.
const callGroups = 256

// The blocks in a group.
const (
	blocks512 = 16
	blocks256 = 8
)

// kind is what is made of a block's words.
type kind int

const (
	normalKind kind = iota
	uniformKind
)

func normals(dst []float32, k Key, blk uint64) { normalKind.fill(dst, k, blk) }

func uniforms(dst []float32, k Key, blk uint64) { uniformKind.fill(dst, k, blk) }

// fill ends with one group in a buffer where more than a block is missing.
func (d kind) fill(dst []float32, k Key, blk uint64) {
	switch kern.Tier() {
	case "avx512":
		for groups := len(dst) / (4 * blocks512); groups > 0; groups -= callGroups {
			n := min(groups, callGroups)
			d.avx512(&dst[0], n, k, blk)
			dst, blk = dst[n*4*blocks512:], blk+uint64(n*blocks512)
		}
		if len(dst) > 4 {
			var rest [4 * blocks512]float32
			d.avx512(&rest[0], 1, k, blk)
			copy(dst, rest[:])
			return
		}
	case "avx2":
		for groups := len(dst) / (4 * blocks256); groups > 0; groups -= callGroups {
			n := min(groups, callGroups)
			d.avx2(&dst[0], n, k, blk)
			dst, blk = dst[n*4*blocks256:], blk+uint64(n*blocks256)
		}
		if len(dst) > 4 {
			var rest [4 * blocks256]float32
			d.avx2(&rest[0], 1, k, blk)
			copy(dst, rest[:])
			return
		}
	}
	if d == uniformKind {
		uniformsGeneric(dst, k, blk)
	} else {
		normalsGeneric(dst, k, blk)
	}
}

func (d kind) avx512(dst *float32, groups int, k Key, blk uint64) {
	if d == uniformKind {
		uniformsAVX512(dst, groups, k.Word, k.Space, blk)
	} else {
		normalsAVX512(dst, groups, k.Word, k.Space, blk)
	}
}

func (d kind) avx2(dst *float32, groups int, k Key, blk uint64) {
	if d == uniformKind {
		uniformsAVX2(dst, groups, k.Word, k.Space, blk)
	} else {
		normalsAVX2(dst, groups, k.Word, k.Space, blk)
	}
}

// truncateLength is the number of elements in one assembly call, a few
// microseconds.
const truncateLength = 16384

func truncate(z []float32) {
	for len(z) > 0 {
		n := min(len(z), truncateLength)
		switch kern.Tier() {
		case "avx512":
			truncateAVX512(&z[0], n)
		case "avx2":
			whole := n &^ 7
			truncateAVX2(&z[0], whole)
			truncateGeneric(z[whole:n])
		default:
			truncateGeneric(z[:n])
		}
		z = z[n:]
	}
}
