package kern

import "testing"

func TestPeakCountsTheOperationsOfItsRoundsInEveryTier(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		one := Peak(1)
		if one <= 0 {
			t.Fatalf("%v operations in one round", one)
		}
		// Not a whole number of assembly calls.
		for _, rounds := range []int{0, 2, 25_001} {
			if got := Peak(rounds); got != float64(rounds)*one {
				t.Errorf("%d rounds are %v operations, one is %v", rounds, got, one)
			}
		}
	})
}
