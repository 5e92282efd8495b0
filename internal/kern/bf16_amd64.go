//go:build amd64 && !noasm

package kern

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

const (
	// bf16Rows is the number of rows of a scratch tile, four of the widest
	// register tiles: it stays in the first cache together with a panel.
	bf16Rows = 4 * bf16TileRows
	// bf16TileRows x 32 sums fill the registers.
	bf16TileRows = 14
	// bf16Depth is the number of pairs of rows in one call: a call on a tile of
	// 14 rows then takes some 20 us, because assembly cannot be preempted.
	bf16Depth = 3000
)

func bestBF16() bf16Engine {
	switch {
	case hasBF16(engineAMX):
		return engineAMX
	case hasBF16(engineAVX512BF16):
		return engineAVX512BF16
	}
	return engineFloat32
}

func hasBF16(e bf16Engine) bool {
	switch e {
	case engineAMX:
		return hasAMX()
	case engineAVX512BF16:
		return hasAVX512BF16()
	}
	return true
}

func hasAVX512BF16() bool { return cpu.X86.HasAVX512BF16 && bestTier() == tierAVX512 }

// noBias stands for a missing bias.
var noBias [panelWidth]float32

func (o *bf16Output) mulVector(engine bf16Engine, a []uint16, as, rows int, b *PackedBF16) {
	if engine == engineAMX {
		o.mulAMX(a, as, rows, b)
	} else {
		o.mulAVX512(a, as, rows, b)
	}
}

// mulAVX512 multiplies slice by slice of a, panel by panel, a few tiles of rows
// at a time: sums go to a scratch tile, from there to their place.
func (o *bf16Output) mulAVX512(a []uint16, as, rows int, b *PackedBF16) {
	var scratch [bf16Rows*panelWidth + 15]float32
	tile := aligned(scratch[:])
	slice := max(bf16TileRows, 2*aBlock/b.K/bf16TileRows*bf16TileRows)
	for from := 0; from < rows; from += slice {
		to := min(rows, from+slice)
		for j := 0; j < b.N; j += panelWidth {
			o.mulPanel(tile, a, as, from, to, j, b)
		}
	}
}

// aligned returns the part of x that starts at a multiple of 64 bytes.
func aligned(x []float32) []float32 {
	at := uintptr(unsafe.Pointer(&x[0])) / 4 % 16
	return x[(16-at)%16:]
}

func (o *bf16Output) mulPanel(tile []float32, a []uint16, as, from, to, j int, b *PackedBF16) {
	panel := b.panel(j)
	pairs := (b.K + 1) / 2
	vecs := (min(panelWidth, b.N-j) + 15) / 16
	tall, many, rest := split(to-from, bf16TileRows)
	most := max(1, min(bf16Rows/bf16TileRows, bf16Depth/pairs))
	for from < to {
		rows, blocks := tall, min(many, most)
		many -= blocks
		if blocks == 0 {
			rows, blocks = tall-1, min(rest, most)
			rest -= blocks
		}
		for p := 0; p < pairs; p += bf16Depth {
			mulBF16AVX512(rows, vecs, blocks, min(bf16Depth, pairs-p), &tile[0],
				&a[from*as+2*p], 2*as, &panel[p*2*panelWidth], p)
		}
		o.finish(tile, from, rows*blocks, j)
		from += rows * blocks
	}
}

// finish is finishGeneric for 32 columns at a time.
func (o *bf16Output) finish(tile []float32, row, rows, j int) {
	if !hasAVX512BF16() { // AMX emulated on another processor
		o.finishGeneric(tile, row, rows, j)
		return
	}
	width := min(panelWidth, o.n-j)
	mask, bias, biasMask := uint32(1<<width-1), &noBias[0], uint32(0)
	if o.bias != nil {
		bias, biasMask = &o.bias[j], mask
	}
	at := row*o.stride + j
	if o.half == nil {
		finishFloat32AVX512(&o.dst[at], 4*o.stride, &tile[0], rows, bias, mask, biasMask, int(o.act))
		return
	}
	finishBF16AVX512(&o.half[at], 2*o.stride, &tile[0], rows, bias, mask, biasMask, int(o.act))
	if width&1 == 1 {
		for i := range rows {
			o.half[at+i*o.stride+width] = 0
		}
	}
}

func roundBF16s(dst []uint16, src []float32) {
	for len(src) > 0 {
		n := min(len(src), callLength)
		switch t := current(); {
		case t == tierAVX512 && cpu.X86.HasAVX512BF16:
			roundBF16AVX512(&dst[0], &src[0], n)
		case t >= tierAVX2:
			roundBF16AVX2(&dst[0], &src[0], n)
			whole := n &^ 15
			roundBF16Generic(dst[whole:n], src[whole:n])
		default:
			roundBF16Generic(dst[:n], src[:n])
		}
		dst, src = dst[n:], src[n:]
	}
}

func widenBF16s(dst []float32, src []uint16) {
	for len(src) > 0 {
		n, whole := min(len(src), callLength), 0
		if current() >= tierAVX2 {
			widenBF16AVX2(&dst[0], &src[0], n)
			whole = n &^ 15
		}
		widenBF16Generic(dst[whole:n], src[whole:n])
		dst, src = dst[n:], src[n:]
	}
}
