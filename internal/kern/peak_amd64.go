//go:build amd64 && !noasm

package kern

// callRounds bounds one assembly call to some 20 us.
const callRounds = 10_000

func peakAny(rounds int) float64 {
	loop, lanes := peakAVX512, 16
	switch current() {
	case tierGeneric:
		return peakGeneric(rounds)
	case tierAVX2:
		loop, lanes = peakAVX2, 8
	}
	const chains = 12
	for left := rounds; left > 0; left -= callRounds {
		loop(min(left, callRounds))
	}
	return float64(2*chains*lanes) * float64(rounds)
}
