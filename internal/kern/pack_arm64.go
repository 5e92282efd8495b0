//go:build arm64 && !noasm

package kern

// callRows is the number of panel rows in one assembly call, far below 100 us.
const callRows = 4096

// packPanel has no assembly: each row is one copy of 128 bytes.
func packPanel(panel, b []float32, k, stride, width int) {
	packPanelGeneric(panel, b, k, stride, width)
}

func packPanelT(panel, b []float32, k, width int) {
	if current() == tierGeneric {
		packPanelTGeneric(panel, b, k, width)
		return
	}
	whole := k &^ 3
	for j := 0; j < panelWidth; j += 8 {
		from := 0
		if j+8 <= width {
			for from < whole {
				n := min(whole-from, callRows)
				transpose8NEON(&panel[from*panelWidth+j], &b[j*k+from], n/4, 4*k)
				from += n
			}
		}
		packPanelTRest(panel, b, k, width, j, from)
	}
}
