//go:build arm64 && !noasm

package rng

import "demorl/internal/kern"

// callGroups bounds one assembly call, which cannot be preempted, to some 50 us.
const callGroups = 128

func normals(dst []float32, k Key, blk uint64) {
	if kern.Tier() == "neon" {
		const blocks = 4
		for groups := len(dst) / (4 * blocks); groups > 0; groups -= callGroups {
			n := min(groups, callGroups)
			normalsNEON(&dst[0], n, k.Word, k.Space, blk)
			dst, blk = dst[n*4*blocks:], blk+uint64(n*blocks)
		}
		if len(dst) > 4 {
			var rest [4 * blocks]float32
			normalsNEON(&rest[0], 1, k.Word, k.Space, blk)
			copy(dst, rest[:])
			return
		}
	}
	normalsGeneric(dst, k, blk)
}

func uniforms(dst []float32, k Key, blk uint64) { uniformsGeneric(dst, k, blk) }
func truncate(z []float32)                      { truncateGeneric(z) }
