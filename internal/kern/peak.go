package kern

// Peak makes rounds of float32 multiply-adds of the active tier on registers
// alone and returns the number of floating-point operations (a multiply-add is
// two): timed, it is the most that one core can do, the limit that speed figures
// stand beside.
func Peak(rounds int) (flop float64) { return peakAny(rounds) }

// peakGeneric is Peak in plain Go. Its chains are as independent as those of
// the vector tiers, so the compiler's own scalar code is the limit.
//
//go:noinline
func peakGeneric(rounds int) float64 {
	var s [8]float32
	a, b, c, d, e, f, g, h := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
	x := float32(rounds)
	for range rounds {
		a += x * a
		b += x * b
		c += x * c
		d += x * d
		e += x * e
		f += x * f
		g += x * g
		h += x * h
	}
	if a+b+c+d+e+f+g+h != 0 { // never; it keeps the loop
		return 0
	}
	return 16 * float64(rounds)
}
