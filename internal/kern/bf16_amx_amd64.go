//go:build amd64 && !noasm

package kern

import (
	"math"
	"sync"

	"golang.org/x/sys/cpu"
)

// The AMX engine computes blocks of 32 x 32 sums, two by two tiles of 16 rows
// and 64 bytes. Every block is whole: rows, columns and products that do not
// exist are zeros, in b since Pack and in a since copyRows.
const (
	amxRows   = 32
	amxPanels = 4 // blocks in one call, which configures the tiles once
	amxDepth  = 512
	amxTile   = 16 * bf16Step // bfloat16 numbers in a tile
)

// amxScratch is the memory of one product under way.
type amxScratch struct {
	c [amxPanels * amxRows * panelWidth]float32
	a [amxRows * amxDepth]uint16 // for each 32 products, the tile of the upper 16 rows, then that of the lower
}

// amxFree keeps the scratch of products that are done. It is not a sync.Pool so
// that the garbage collector does not take what the next product needs.
var amxFree = make(chan *amxScratch, 128)

// amxBlocks computes panels blocks of c, each 32 x 32, from steps times 32
// products: b starts at the first panel, a panel has panelSize numbers. Tests
// put an emulator here.
var amxBlocks = func(c []float32, a, b []uint16, panels, steps, panelSize int, accumulate bool) {
	add := 0
	if accumulate {
		add = 1
	}
	mulAMX(&amxConfig[0], panels, steps, &c[0], &a[0], &b[0], 2*panelSize, add)
}

// amxConfig describes all eight tiles as 16 rows of 64 bytes, in palette 1.
var amxConfig = func() (config [64]byte) {
	config[0] = 1
	for tile := range 8 {
		config[16+2*tile] = 64
		config[48+tile] = 16
	}
	return config
}()

func (o *bf16Output) mulAMX(a []uint16, as, rows int, b *PackedBF16) {
	var s *amxScratch
	select {
	case s = <-amxFree:
	default:
		s = new(amxScratch)
	}
	for from := 0; from < rows; from += amxRows {
		n := min(amxRows, rows-from)
		copied := -1 // the first product in s.a
		for j := 0; j < b.N; j += amxPanels * panelWidth {
			panels := min(amxPanels, (b.N-j+panelWidth-1)/panelWidth)
			for k := 0; k < b.K; k += amxDepth {
				steps := (min(amxDepth, b.K-k) + bf16Step - 1) / bf16Step
				if copied != k {
					s.copyRows(a[from*as:], as, n, k, b.K)
					copied = k
				}
				amxBlocks(s.c[:], s.a[:], b.data[j*b.pairs*2+k*panelWidth:], panels, steps, b.pairs*2*panelWidth, k > 0)
			}
			for p := range panels {
				o.finish(s.c[p*amxRows*panelWidth:], from, n, j+p*panelWidth)
			}
		}
	}
	select {
	case amxFree <- s:
	default:
	}
}

// copyRows brings n rows of a, from product k on, into the order of the tiles.
func (s *amxScratch) copyRows(a []uint16, as, n, k, end int) {
	depth := min(amxDepth, end-k)
	whole := (depth + bf16Step - 1) / bf16Step
	clear(s.a[:whole*2*amxTile])
	for i := range n {
		row := a[i*as+k : i*as+k+depth]
		for at := i * bf16Step; len(row) > 0; at += 2 * amxTile {
			done := copy(s.a[at:at+bf16Step], row)
			row = row[done:]
		}
	}
}

// tdpbf16 is TDPBF16PS as Intel documents it (Software Developer's Manual,
// volume 2): it adds to c (16 x 16, row stride cs) the products of a (16 rows
// of 16 pairs, row stride as) and b (16 rows of 16 pairs, row stride bs). Even
// and odd elements have a sum each; subnormal numbers are zeros.
func tdpbf16(c []float32, cs int, a []uint16, as int, b []uint16, bs int) {
	for m := range 16 {
		for n := range 16 {
			var even, odd float32
			for k := range 16 {
				even = fmaFlushed(a[m*as+2*k], b[k*bs+2*n], even)
				odd = fmaFlushed(a[m*as+2*k+1], b[k*bs+2*n+1], odd)
			}
			at := m*cs + n
			c[at] = flush(flush(c[at]) + flush(even+odd))
		}
	}
}

// amxBlocksGeneric is the twin of mulAMX.
func amxBlocksGeneric(c []float32, a, b []uint16, panels, steps, panelSize int, accumulate bool) {
	for p := range panels {
		block := c[p*amxRows*panelWidth:][:amxRows*panelWidth]
		if !accumulate {
			clear(block)
		}
		for s := range steps {
			for row := range 2 {
				for col := range 2 {
					tdpbf16(block[row*16*panelWidth+col*16:], panelWidth, a[(2*s+row)*amxTile:], bf16Step,
						b[p*panelSize+s*16*2*panelWidth+col*bf16Step:], 2*panelWidth)
				}
			}
		}
	}
}

// hasAMX reports whether the processor has AMX for bfloat16, the system lets
// this process use it, and a product comes out right. The first call asks.
var hasAMX = sync.OnceValue(func() bool {
	x := &cpu.X86
	return x.HasAMXTile && x.HasAMXBF16 && hasAVX512BF16() && permitAMX() && checkAMX(amxBlocks)
})

// checkAMX compares one product with its definition: the engine is not used on
// a processor that computes anything else.
func checkAMX(blocks func(c []float32, a, b []uint16, panels, steps, panelSize int, accumulate bool)) bool {
	const panels, steps = 2, 2
	const panelSize = steps * 2 * amxTile
	a, b := make([]uint16, panelSize), make([]uint16, panels*panelSize)
	for i := range a {
		a[i] = roundBF16(float32(math.Sin(float64(i))))
	}
	for i := range b {
		b[i] = roundBF16(float32(math.Cos(float64(i))))
	}
	got, want := make([]float32, panels*amxRows*panelWidth), make([]float32, panels*amxRows*panelWidth)
	for _, accumulate := range []bool{false, true} {
		blocks(got, a, b, panels, steps, panelSize, accumulate)
		amxBlocksGeneric(want, a, b, panels, steps, panelSize, accumulate)
		for i := range want {
			if !(math.Abs(float64(got[i]-want[i])) < 1e-4) {
				return false
			}
		}
	}
	return true
}
