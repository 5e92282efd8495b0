//go:build arm64 && !noasm

package kern

// The blocking of a product, for a first cache of 32 KiB and a second of
// 256 KiB or more.
const (
	depthBlock = 512      // rows of a panel in one call
	aBlock     = 64 << 10 // elements of a in one slice
	// One assembly call cannot be preempted. A row of a tile takes two cycles a
	// step on large cores and eight on the smallest, so this many row-steps are
	// between 10 and 80 us.
	callBlock = 12000
)

func mulTiled(dst []float32, ds int, a []float32, ars, acs, rows int, b *Packed, bias []float32, act Act, accumulate bool) {
	p := product{dst: dst, ds: ds, a: a, ars: ars, acs: acs, b: b, bias: bias, act: act, accumulate: accumulate, depth: depthBlock}
	slice := max(tileRows, aBlock/min(b.K, p.depth)/tileRows*tileRows)
	for from := 0; from < rows; from += slice {
		to := min(rows, from+slice)
		for k := 0; k < b.K; k += p.depth {
			for j := 0; j < b.N; j += tileCols {
				p.panelNEON(from, to, k, j)
			}
		}
		if act == SiLU || act == Tanh {
			applyRows(dst[from*ds:], to-from, b.N, ds, act)
		}
	}
}

// The largest tile.
const tileRows, tileCols = 6, 16

// panelNEON multiplies with the half of a panel that begins at column j.
func (p *product) panelNEON(from, to, k, j int) {
	depth, b, bias, flags := p.step(k, j)
	b = b[j%panelWidth:]
	width := min(tileCols, p.b.N-j)
	vecs, cut := (width+3)/4, width%4
	tall, many, rest := split(to-from, tileRows)
	most := max(1, callBlock/(depth*tileRows))
	for from < to {
		rows, blocks := tall, min(many, most)
		many -= blocks
		if blocks == 0 {
			rows, blocks = tall-1, min(rest, most)
			rest -= blocks
		}
		mulNEON(rows, vecs, blocks, depth, &p.dst[from*p.ds+j], 4*p.ds,
			&p.a[from*p.ars+k*p.acs], 4*p.ars, 4*p.acs, &b[0], bias, cut, flags)
		from += rows * blocks
	}
}
