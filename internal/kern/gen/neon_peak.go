package main

// peakNEON writes the loop of peak for NEON: 24 chains hide the latency of
// cores with four pipes.
func peakNEON() []*routine {
	r := newRoutine("peakNEON", "makes n > 0 rounds of multiply-adds on registers, one on each of 24 chains a round.",
		param{"n", "int"})
	const n, chains, x, y = 0, 24, 24, 25
	r.load("n", n)
	for i := range y + 1 {
		r.vec(clear0, i, 0, 0)
	}
	r.label("round")
	for i := range chains {
		r.vec(fmla, i, x, y)
	}
	r.gen("SUBS $1, R%d", n)
	r.gen("BNE round")
	r.gen("RET")
	return []*routine{r}
}
