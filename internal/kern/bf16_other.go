//go:build !amd64 || noasm

package kern

func bestBF16() bf16Engine { return engineFloat32 }

func hasBF16(e bf16Engine) bool { return e <= engineFloat32 }

func (o *bf16Output) mulVector(_ bf16Engine, a []uint16, as, rows int, b *PackedBF16) {
	o.mulGeneric(a, as, rows, b)
}

func roundBF16s(dst []uint16, src []float32) { roundBF16Generic(dst, src) }
func widenBF16s(dst []float32, src []uint16) { widenBF16Generic(dst, src) }
