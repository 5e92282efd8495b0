package kern

// mulGeneric is the definition of both products: element (i, p) of the left
// matrix is a[i*ars+p*acs]. Four columns at a time keep their sums in
// registers; the processor's own fused multiply-add is welcome here.
func mulGeneric(dst []float32, ds int, a []float32, ars, acs, rows int, b *Packed, bias []float32, act Act, accumulate bool) {
	for i := range rows {
		out := dst[i*ds : i*ds+b.N]
		for j := 0; j < b.N; j += 4 {
			var s [4]float32
			width := min(4, b.N-j)
			if accumulate {
				copy(s[:width], out[j:])
			}
			var w []float32
			if b.K > 0 {
				w = b.data[j/panelWidth*panelWidth*b.K+j%panelWidth:]
			}
			at := i * ars
			for range b.K {
				x, row := a[at], w[:4]
				s[0] += x * row[0]
				s[1] += x * row[1]
				s[2] += x * row[2]
				s[3] += x * row[3]
				at += acs
				w = w[min(panelWidth, len(w)):]
			}
			copy(out[j:], s[:width])
		}
		for j, bj := range bias {
			out[j] += bj
		}
	}
	applyRows(dst, rows, b.N, ds, act)
}

// packPanel copies the first width columns of b (k rows, row stride stride)
// into a panel.
func packPanelGeneric(panel, b []float32, k, stride, width int) {
	for i := range k {
		row := panel[i*panelWidth : (i+1)*panelWidth]
		clear(row[copy(row, b[i*stride:i*stride+width]):])
	}
}

// packPanelTGeneric copies the first width rows of b (row length k) into the
// columns of a panel.
func packPanelTGeneric(panel, b []float32, k, width int) {
	for j := range panelWidth {
		if j >= width {
			for i := range k {
				panel[i*panelWidth+j] = 0
			}
			continue
		}
		for i, v := range b[j*k : (j+1)*k] {
			panel[i*panelWidth+j] = v
		}
	}
}
