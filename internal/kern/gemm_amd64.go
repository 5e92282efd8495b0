//go:build amd64 && !noasm

package kern

// The blocking of a product. A panel of b stays in the first cache while rows
// of a stream by; a slice of a stays in the second while panels change.
const (
	depthBlock = 2048 // rows of a panel in one call
	// With a read by columns every step is a cache line of its own, often a page.
	depthBlockT = 512
	aBlock      = 128 << 10 // elements of a in one slice
	// One assembly call cannot be preempted. A row of a tile takes about a cycle
	// a step in every tier, so this many row-steps are some 20 us.
	callBlock = 3000 * 14
)

// edgeMask, read from 8-n on, has n leading ones for VMASKMOVPS.
var edgeMask = [16]int32{-1, -1, -1, -1, -1, -1, -1, -1}

func mulTiled(dst []float32, ds int, a []float32, ars, acs, rows int, b *Packed, bias []float32, act Act, accumulate bool) {
	p := product{dst: dst, ds: ds, a: a, ars: ars, acs: acs, b: b, bias: bias, act: act, accumulate: accumulate, depth: depthBlock}
	if acs != 1 {
		p.depth = depthBlockT
	}
	avx512 := current() == tierAVX512
	if avx512 && b.N == 1 && ds == 1 && !accumulate && act == Identity {
		done := p.column(rows)
		if done == rows {
			return
		}
		// What is left is the same product of fewer rows.
		p.dst, p.a = dst[done:], a[done*ars:]
		dst, rows = p.dst, rows-done
	}
	slice := max(14, aBlock/min(b.K, p.depth)/14*14)
	for from := 0; from < rows; from += slice {
		to := min(rows, from+slice)
		for k := 0; k < b.K; k += p.depth {
			for j := 0; j < b.N; j += panelWidth {
				if avx512 {
					p.panel512(from, to, k, j)
				} else {
					p.panel256(from, to, k, j)
				}
			}
		}
		if act == SiLU || act == Tanh {
			applyRows(dst[from*ds:], to-from, b.N, ds, act)
		}
	}
}

// column does the first rows of a product with one column, for which a tile would
// be empty but for a sixteenth, and returns how many.
func (p *product) column(rows int) int {
	k := p.b.K
	if p.acs == 1 {
		const high, wide = 32, 16 // rows of a block and columns of a step
		if rows < high || k == 0 || k%wide != 0 || k > depthBlock {
			return 0
		}
		var bias *float32
		if p.bias != nil {
			bias = &p.bias[0]
		}
		blocks := rows / high
		for from := 0; from < blocks; {
			n := min(blocks-from, max(1, callBlock/k))
			columnAVX512(n, k/wide, &p.dst[from*high], &p.a[from*high*p.ars], 4*p.ars, &p.b.data[0], bias)
			from += n
		}
		return blocks * high
	}
	const wide = 128 // elements of a block
	if p.ars != 1 || rows < wide || k == 0 || k > depthBlock {
		return 0
	}
	blocks := rows / wide
	for from := 0; from < blocks; {
		n := min(blocks-from, max(1, callBlock/k))
		columnTAVX512(n, k, &p.dst[from*wide], &p.a[from*wide], 4*p.acs, &p.b.data[0])
		from += n
	}
	return blocks * wide
}

func (p *product) panel512(from, to, k, j int) {
	depth, b, bias, flags := p.step(k, j)
	width := min(panelWidth, p.b.N-j)
	mask := uint32(1<<width - 1)
	vecs := (width + 15) / 16
	tall, many, rest := split(to-from, 14)
	most := max(1, callBlock/(depth*14))
	for from < to {
		rows, blocks := tall, min(many, most)
		many -= blocks
		if blocks == 0 {
			rows, blocks = tall-1, min(rest, most)
			rest -= blocks
		}
		mulAVX512(rows, vecs, blocks, depth, &p.dst[from*p.ds+j], 4*p.ds,
			&p.a[from*p.ars+k*p.acs], 4*p.ars, 4*p.acs, &b[0], bias, mask, flags)
		from += rows * blocks
	}
}

func (p *product) panel256(from, to, k, j int) {
	depth, b, bias, flags := p.step(k, j)
	first := from
	for half := 0; half < min(panelWidth, p.b.N-j); half += 16 {
		width := min(16, p.b.N-j-half)
		vecs := (width + 7) / 8
		mask := &edgeMask[8*vecs-width]
		if width == 8*vecs {
			flags |= flagFull
		} else {
			flags &^= flagFull
		}
		if bias != nil {
			bias = &p.bias[j+half]
		}
		tall, many, rest := split(to-first, 6)
		most := max(1, callBlock/(depth*6))
		for from = first; from < to; {
			rows, blocks := tall, min(many, most)
			many -= blocks
			if blocks == 0 {
				rows, blocks = tall-1, min(rest, most)
				rest -= blocks
			}
			mulAVX2(rows, vecs, blocks, depth, &p.dst[from*p.ds+j+half], 4*p.ds,
				&p.a[from*p.ars+k*p.acs], 4*p.ars, 4*p.acs, &b[half], bias, mask, flags)
			from += rows * blocks
		}
	}
}
