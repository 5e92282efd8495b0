//go:build amd64 && !noasm

package kern

// callRows is the number of panel rows in one assembly call, far below 100 us.
const callRows = 4096

func packPanel(panel, b []float32, k, stride, width int) {
	for k > 0 {
		n := min(k, callRows)
		switch t := current(); {
		case t == tierAVX512:
			packPanelAVX512(&panel[0], &b[0], n, 4*stride, uint32(1<<width-1))
		case t == tierAVX2 && width == panelWidth:
			packPanelAVX2(&panel[0], &b[0], n, 4*stride)
		default:
			packPanelGeneric(panel, b, n, stride, width)
		}
		if k -= n; k > 0 {
			panel, b = panel[n*panelWidth:], b[n*stride:]
		}
	}
}

func packPanelT(panel, b []float32, k, width int) {
	if current() == tierGeneric {
		packPanelTGeneric(panel, b, k, width)
		return
	}
	whole := k &^ 7
	for j := 0; j < panelWidth; j += 8 {
		from := 0
		if j+8 <= width {
			for from < whole {
				n := min(whole-from, callRows)
				transpose8AVX2(&panel[from*panelWidth+j], &b[j*k+from], n/8, 4*k)
				from += n
			}
		}
		packPanelTRest(panel, b, k, width, j, from)
	}
}
