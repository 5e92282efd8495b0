package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// FuzzElementwise compares every elementwise kernel with its twin, bit by bit,
// on arbitrary numbers, in every tier.
func FuzzElementwise(f *testing.F) {
	f.Add(uint64(1), uint16(33), uint32(0x3f800000))
	f.Add(uint64(2), uint16(16384), uint32(0x7fc00000))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, bits uint32) {
		was := Tier()
		defer SetTier(was)
		for _, name := range Tiers() {
			if err := SetTier(name); err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(seed, 2))
			for _, c := range elementwiseCases {
				got, want := make([][]float32, c.arrays), make([][]float32, c.arrays)
				whole := make([]func() bool, c.arrays)
				for i := range got {
					got[i], whole[i] = guarded(int(n%20000), r.IntN(16), func() float32 {
						if r.IntN(8) == 0 {
							return math.Float32frombits(bits)
						}
						return math.Float32frombits(r.Uint32())
					})
					want[i] = append([]float32(nil), got[i]...)
				}
				c.run(got)
				c.generic(want)
				for i := range got {
					if !whole[i]() {
						t.Fatalf("%s of %d: wrote outside array %d", c.name, n, i)
					}
					for j := range got[i] {
						if !sameBits(got[i][j], want[i][j]) {
							t.Fatalf("%s of %d: array %d element %d is %v, want %v", c.name, n, i, j, got[i][j], want[i][j])
						}
					}
				}
			}
		}
	})
}
