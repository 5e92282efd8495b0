//go:build amd64 && !noasm

package rng

import "demorl/internal/kern"

// callGroups bounds one assembly call, which cannot be preempted, to some 20 us.
const callGroups = 256

func normals(dst []float32, k Key, blk uint64) {
	switch kern.Tier() {
	case "avx512":
		const blocks = 16
		for groups := len(dst) / (4 * blocks); groups > 0; groups -= callGroups {
			n := min(groups, callGroups)
			normalsAVX512(&dst[0], n, k.Word, k.Space, blk)
			dst, blk = dst[n*4*blocks:], blk+uint64(n*blocks)
		}
		if len(dst) > 4 {
			var rest [4 * blocks]float32
			normalsAVX512(&rest[0], 1, k.Word, k.Space, blk)
			copy(dst, rest[:])
			return
		}
	case "avx2":
		const blocks = 8
		for groups := len(dst) / (4 * blocks); groups > 0; groups -= callGroups {
			n := min(groups, callGroups)
			normalsAVX2(&dst[0], n, k.Word, k.Space, blk)
			dst, blk = dst[n*4*blocks:], blk+uint64(n*blocks)
		}
		if len(dst) > 4 {
			var rest [4 * blocks]float32
			normalsAVX2(&rest[0], 1, k.Word, k.Space, blk)
			copy(dst, rest[:])
			return
		}
	}
	normalsGeneric(dst, k, blk)
}
