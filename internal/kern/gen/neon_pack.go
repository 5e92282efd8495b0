package main

// packNEON writes the transposed copy of eight rows into eight columns of a
// panel, four numbers of each at a time.
func packNEON() []*routine {
	r := newRoutine("transpose8NEON", "copies 8 rows of b, stride bytes apart and 4*k > 0 long, into 8 columns of a panel.",
		param{"panel", "*float32"}, param{"b", "*float32"}, param{"k", "int"}, param{"stride", "int"})
	const panel, row, left, stride = 0, 4, 12, 3
	r.load("panel", panel)
	r.load("b", row)
	r.load("k", left)
	r.load("stride", stride)
	for i := 1; i < 8; i++ {
		r.gen("ADD R%d, R%d, R%d", stride, row+i-1, row+i)
	}
	r.label("block")
	for half := range 2 {
		const x, pair = 0, 4 // registers: four rows, then their pairs
		for i := range 4 {
			r.vec(ldrNext, x+i, row+4*half+i, 0)
		}
		r.vec(zip1, pair, x, x+1)
		r.vec(zip2, pair+1, x, x+1)
		r.vec(zip1, pair+2, x+2, x+3)
		r.vec(zip2, pair+3, x+2, x+3)
		for i, o := range []op{zip1D, zip2D, zip1D, zip2D} {
			r.vec(o, x+i, pair+i/2, pair+2+i/2)
			r.vec(strQ(i*panelBytes+16*half), x+i, panel, 0)
		}
	}
	r.gen("ADD $%d, R%d", 4*panelBytes, panel)
	r.gen("SUBS $1, R%d", left)
	r.gen("BNE block")
	r.gen("RET")
	return []*routine{r}
}
