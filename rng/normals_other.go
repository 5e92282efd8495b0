//go:build (!amd64 && !arm64) || noasm

package rng

func normals(dst []float32, k Key, blk uint64)  { normalsGeneric(dst, k, blk) }
func uniforms(dst []float32, k Key, blk uint64) { uniformsGeneric(dst, k, blk) }
func truncate(z []float32)                      { truncateGeneric(z) }
