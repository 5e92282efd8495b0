//go:build arm64 && !noasm

package kern

// callRounds bounds one assembly call below 100 us also on cores that do one
// multiply-add a cycle.
const callRounds = 4000

func peakAny(rounds int) float64 {
	if current() == tierGeneric {
		return peakGeneric(rounds)
	}
	const chains, lanes = 24, 4
	for left := rounds; left > 0; left -= callRounds {
		peakNEON(min(left, callRounds))
	}
	return 2 * chains * lanes * float64(rounds)
}
