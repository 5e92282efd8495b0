//go:build (amd64 || arm64) && !noasm

package kern

// What the tiled products of every vector tier share.

const (
	flagAccumulate = 1 << iota
	flagReLU
	flagFull // AVX2: no column is missing
)

// product is one call of Mul or MulT.
type product struct {
	dst        []float32
	ds         int
	a          []float32
	ars, acs   int
	b          *Packed
	bias       []float32
	act        Act
	accumulate bool
	depth      int // rows of b in one call
}

// step returns what the kernels need for the rows of b from k on: how many,
// where they are, the bias if it is due and the flags.
func (p *product) step(k, j int) (depth int, b []float32, bias *float32, flags uint32) {
	depth = min(p.depth, p.b.K-k)
	b = p.b.data[j/panelWidth*panelWidth*p.b.K+k*panelWidth:]
	if k > 0 || p.accumulate {
		flags |= flagAccumulate
	}
	if k+depth == p.b.K {
		if p.bias != nil {
			bias = &p.bias[j]
		}
		if p.act == ReLU {
			flags |= flagReLU
		}
	}
	return depth, b, bias, flags
}

// split cuts n rows into tiles as even as possible of at most most rows: many
// tiles of tall rows, then tiles of tall-1 rows.
func split(n, most int) (tall, many, rest int) {
	tiles := (n + most - 1) / most
	tall = (n + tiles - 1) / tiles
	rest = tall*tiles - n
	return tall, tiles - rest, rest
}

// packPanelTRest does eight columns of a panel from column j on, and of those
// the rows from from on.
func packPanelTRest(panel, b []float32, k, width, j, from int) {
	for c := j; c < j+8; c++ {
		for i := from; i < k; i++ {
			v := float32(0)
			if c < width {
				v = b[c*k+i]
			}
			panel[i*panelWidth+c] = v
		}
	}
}
