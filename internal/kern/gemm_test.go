package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// eachTier runs f once in every tier that this machine has.
func eachTier(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	was := Tier()
	defer SetTier(was)
	for _, name := range Tiers() {
		if err := SetTier(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, f)
	}
}

const guardWord = float32(-7.25e11)

// guarded returns a slice of n numbers, shifted by off and fenced by guard
// words, and a check that the guards are whole.
func guarded(n, off int, value func() float32) ([]float32, func() bool) {
	const fence = 40
	whole := make([]float32, off+n+2*fence)
	for i := range whole {
		whole[i] = guardWord
	}
	lo := fence + off
	mid := whole[lo : lo+n : lo+n]
	for i := range mid {
		mid[i] = value()
	}
	return mid, func() bool {
		for i, v := range whole {
			if (i < lo || i >= lo+n) && v != guardWord {
				return false
			}
		}
		return true
	}
}

// checkProduct compares one product of random shape with a float64 oracle.
func checkProduct(t *testing.T, r *rand.Rand, rows, k, n int, transposed, accumulate, withBias bool, act Act) {
	t.Helper()
	normal := func() float32 { return float32(r.NormFloat64()) }
	ds := n + r.IntN(4)
	aRows, aCols := rows, k
	if transposed {
		aRows, aCols = k, rows
	}
	as := aCols + r.IntN(4)
	a, aWhole := guarded(max(0, (aRows-1)*as+aCols), r.IntN(16), normal)
	bm, bWhole := guarded(k*n, r.IntN(16), normal)
	dst, dstWhole := guarded(max(0, (rows-1)*ds+n), r.IntN(16), normal)
	var bias []float32
	biasWhole := func() bool { return true }
	if withBias {
		bias, biasWhole = guarded(n, r.IntN(16), normal)
	}
	before := append([]float32(nil), dst...)
	var p Packed
	if r.IntN(2) == 0 {
		p.Pack(bm, k, n)
	} else {
		bt := make([]float32, n*k)
		for i := range k {
			for j := range n {
				bt[j*k+i] = bm[i*n+j]
			}
		}
		p.PackT(bt, k, n)
	}
	if transposed {
		MulT(dst, ds, a, as, rows, &p, accumulate)
	} else {
		Mul(dst, ds, a, as, rows, &p, bias, act)
	}
	if !aWhole() || !bWhole() || !dstWhole() || !biasWhole() {
		t.Fatalf("%d x %d x %d: wrote outside", rows, k, n)
	}
	for i := range rows {
		for j := range ds {
			if i*ds+j >= len(dst) {
				break
			}
			got := dst[i*ds+j]
			if j >= n {
				if got != before[i*ds+j] {
					t.Fatalf("%d x %d x %d: wrote between rows", rows, k, n)
				}
				continue
			}
			var want, size float64
			if accumulate && transposed {
				want = float64(before[i*ds+j])
			}
			for q := range k {
				x := 0.0
				if transposed {
					x = float64(a[q*as+i])
				} else {
					x = float64(a[i*as+q])
				}
				want += x * float64(bm[q*n+j])
				size += math.Abs(x * float64(bm[q*n+j]))
			}
			if bias != nil && !transposed {
				want += float64(bias[j])
			}
			if !transposed {
				switch act {
				case ReLU:
					want = max(want, 0)
				case SiLU:
					want /= 1 + math.Exp(-want)
				case Tanh:
					want = math.Tanh(want)
				}
			}
			if math.Abs(float64(got)-want) > 1e-6*(size+math.Abs(want)+1) {
				t.Fatalf("%d x %d x %d transposed=%v accumulate=%v act=%d: (%d,%d) is %v, want %v", rows, k, n, transposed, accumulate, act, i, j, got, want)
			}
		}
	}
}

func TestProductsAgreeWithFloat64AtRandomShapes(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 250 {
			checkProduct(t, r, 1+r.IntN(60), r.IntN(70), 1+r.IntN(100), r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0, Act(r.IntN(4)))
		}
		checkProduct(t, r, 70, 5000, 40, false, false, true, ReLU)
		checkProduct(t, r, 33, 4500, 70, true, true, false, Identity)
		checkProduct(t, r, 1000, 300, 17, false, false, true, SiLU)
	})
}

func TestProductsOfEveryTileShapeAgreeWithFloat64(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 12))
		for rows := 1; rows <= 15; rows++ {
			for n := 1; n <= 2*panelWidth+1; n++ {
				checkProduct(t, r, rows, 3, n, false, false, n%3 != 0, Act(n%2))
				checkProduct(t, r, rows, 3, n, true, n%2 == 0, false, Identity)
			}
		}
	})
}

// fusedMultiplyAdd returns a*b+c rounded once to float32: the product is exact
// in float64, and a sum rounded to odd there survives the second rounding.
func fusedMultiplyAdd(a, b, c float32) float32 {
	p, q := float64(float64(a)*float64(b)), float64(c)
	s := p + q
	back := s - p
	lost := float64(p-float64(s-back)) + float64(q-back)
	if lost != 0 && math.Float64bits(s)&1 == 0 {
		s = math.Nextafter(s, math.Inf(int(math.Copysign(1, lost))))
	}
	return float32(s)
}

// The same bits in every vector tier: what was trained on one processor does
// the same on another.
func TestVectorProductsAreChainsOfFusedMultiplyAddsThenBiasThenReLU(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		if Tier() == "generic" {
			t.Skip("the compiler decides about fusing")
		}
		r := rand.New(rand.NewPCG(13, 14))
		for trial := range 60 {
			rows, k, n := 1+r.IntN(20), 1+r.IntN(40), 1+r.IntN(70)
			if trial == 0 {
				k = 2100
			}
			scale := math.Pow(10, float64([]int{0, -22, 15}[r.IntN(3)])) // with subnormal, -0 and large results
			number := func() float32 { return float32(r.NormFloat64() * scale) }
			a, b, bias := make([]float32, rows*k), make([]float32, k*n), make([]float32, n)
			for _, x := range [][]float32{a, b, bias} {
				for i := range x {
					x[i] = number()
				}
			}
			if trial%3 == 0 {
				bias = nil
			}
			got := make([]float32, rows*n)
			var p Packed
			p.Pack(b, k, n)
			act := Act(trial % 2)
			Mul(got, n, a, k, rows, &p, bias, act)
			for i := range rows {
				for j := range n {
					want := float32(0)
					for q := range k {
						want = fusedMultiplyAdd(a[i*k+q], b[q*n+j], want)
					}
					if bias != nil {
						want += bias[j]
					}
					if act == ReLU {
						want = relu(want)
					}
					if !sameBits(got[i*n+j], want) {
						t.Fatalf("%d x %d x %d, act %d: (%d,%d) is %v, want %v", rows, k, n, act, i, j, got[i*n+j], want)
					}
				}
			}
		}
	})
}

func TestProductsWithHugeMagnitudesAndNaNStayInTheirRows(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		const rows, k, n = 20, 9, 37
		a, w := fill(rows*k, 1), fill(k*n, 2)
		a[7*k+3] = float32(math.NaN())
		var p Packed
		p.Pack(w, k, n)
		dst := make([]float32, rows*n)
		for _, act := range []Act{Identity, ReLU, SiLU, Tanh} {
			Mul(dst, n, a, k, rows, &p, nil, act)
			for i, v := range dst {
				if (v != v) != (i/n == 7) {
					t.Fatalf("act %d: row %d has %v", act, i/n, v)
				}
			}
		}
	})
}

// Workers cut batches differently: each row's bits must not know about it.
func TestMulGivesTheSameBitsHoweverRowsAreSplit(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, s := range [][3]int{{100, 200, 200}, {61, 17, 36}, {45, 2500, 33}, {30, 5, 1}, {97, 64, 16}} {
			m, k, n := s[0], s[1], s[2]
			a, bias := fill(m*k, 1), fill(n, 3)
			var p Packed
			p.Pack(fill(k*n, 2), k, n)
			for _, act := range []Act{Identity, ReLU, SiLU, Tanh} {
				want, got := make([]float32, m*n), make([]float32, m*n)
				Mul(want, n, a, k, m, &p, bias, act)
				for range 6 {
					clear(got)
					for from := 0; from < m; {
						rows := min(1+r.IntN(30), m-from)
						Mul(got[from*n:], n, a[from*k:], k, rows, &p, bias, act)
						from += rows
					}
					for i := range want {
						if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
							t.Fatalf("%v act %d: element %d is %v in one piece, %v in several", s, act, i, want[i], got[i])
						}
					}
				}
			}
		}
	})
}

func TestMulTGivesTheSameBitsHoweverRowsAreSplit(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		const batch, in, out = 700, 75, 40
		x := fill(batch*in, 1)
		var p Packed
		p.Pack(fill(batch*out, 2), batch, out)
		want, got := make([]float32, in*out), make([]float32, in*out)
		MulT(want, out, x, in, in, &p, false)
		for _, at := range []int{1, 14, 33, 74} {
			MulT(got, out, x, in, at, &p, false)
			MulT(got[at*out:], out, x[at:], in, in-at, &p, false)
			for i := range want {
				if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
					t.Fatalf("split at %d: element %d is %v in one piece, %v in two", at, i, want[i], got[i])
				}
			}
		}
	})
}

func TestPackingGivesTheBitsOfTheGenericTwin(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for range 300 {
			k, n := r.IntN(60), r.IntN(90)
			b := fill(k*n, r.Uint32())
			bt := make([]float32, k*n)
			for i := range k {
				for j := range n {
					bt[j*k+i] = b[i*n+j]
				}
			}
			// Stale numbers from a larger matrix must not shine through.
			p, q := Packed{data: fill(20000, 1)}, Packed{data: fill(20000, 2)}
			p.Pack(b, k, n)
			q.PackT(bt, k, n)
			if len(p.data) != len(q.data) {
				t.Fatalf("%d x %d: %d and %d numbers", k, n, len(p.data), len(q.data))
			}
			for at := range p.data {
				panel, rest := at/max(1, k*panelWidth), at%max(1, k*panelWidth)
				i, j := rest/panelWidth, panel*panelWidth+rest%panelWidth
				want := float32(0)
				if j < n {
					want = b[i*n+j]
				}
				if p.data[at] != want || q.data[at] != want {
					t.Fatalf("%d x %d: (%d,%d) is %v and %v, want %v", k, n, i, j, p.data[at], q.data[at], want)
				}
			}
		}
	})
}

func TestKernelsAllocateNothing(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		const m, k, n = 61, 45, 70
		x, y, w, bias := fill(m*k, 1), fill(m*n, 2), fill(k*n, 3), fill(n, 4)
		var p, q Packed
		p.Pack(w, k, n)
		q.Pack(y, m, n)
		products := func() {
			p.Pack(w, k, n)
			p.PackT(w, k, n)
			Mul(y, n, x, k, m, &p, bias, SiLU)
			q.Pack(y, m, n)
			MulT(w, n, x, k, k, &q, true)
			ColSums(bias, y, m, n)
		}
		if allocs := testing.AllocsPerRun(10, products); allocs != 0 {
			t.Errorf("products: %v allocations", allocs)
		}
		for _, c := range elementwiseCases {
			arrays := make([][]float32, c.arrays)
			for i := range arrays {
				arrays[i] = fill(99, uint32(i))
			}
			if allocs := testing.AllocsPerRun(10, func() { c.run(arrays) }); allocs != 0 {
				t.Errorf("%s: %v allocations", c.name, allocs)
			}
		}
	})
}

func TestSlicesThatAreTooShortPanicBeforeAnyKernelRuns(t *testing.T) {
	var p Packed
	p.Pack(make([]float32, 12), 3, 4)
	for name, f := range map[string]func(){
		"dst":    func() { Mul(make([]float32, 7), 4, make([]float32, 6), 3, 2, &p, nil, Identity) },
		"a":      func() { Mul(make([]float32, 8), 4, make([]float32, 5), 3, 2, &p, nil, Identity) },
		"bias":   func() { Mul(make([]float32, 8), 4, make([]float32, 6), 3, 2, &p, make([]float32, 3), Identity) },
		"stride": func() { Mul(make([]float32, 80), 3, make([]float32, 6), 3, 2, &p, nil, Identity) },
		"MulT a": func() { MulT(make([]float32, 8), 4, make([]float32, 5), 2, 2, &p, false) },
		"pack":   func() { p.Pack(make([]float32, 11), 3, 4) },
		"lerp":   func() { Lerp(make([]float32, 3), make([]float32, 4), 0.5) },
		"sums":   func() { ColSums(make([]float32, 3), make([]float32, 5), 2, 3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func FuzzProducts(f *testing.F) {
	f.Add(uint64(1), uint16(14), uint16(32), uint16(32), uint8(0))
	f.Add(uint64(2), uint16(1), uint16(0), uint16(1), uint8(7))
	f.Add(uint64(3), uint16(29), uint16(17), uint16(47), uint8(31))
	f.Fuzz(func(t *testing.T, seed uint64, rows, k, n uint16, how uint8) {
		eachTier(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			checkProduct(t, r, 1+int(rows%100), int(k%200), 1+int(n%100), how&1 != 0, how&2 != 0, how&4 != 0, Act(how>>3%4))
		})
	})
}

// Heads of one output take a way of their own where there are rows enough.
func TestProductsOfOneColumnAreChainsOfFusedMultiplyAdds(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		if Tier() == "generic" {
			t.Skip("the compiler decides about fusing")
		}
		r := rand.New(rand.NewPCG(15, 16))
		for trial := range 80 {
			rows, k := 1+r.IntN(300), 16*(1+r.IntN(9))
			if trial%4 == 0 {
				k += r.IntN(16)
			}
			scale := math.Pow(10, float64([]int{0, -22, 15}[r.IntN(3)]))
			number := func() float32 { return float32(r.NormFloat64() * scale) }
			forward := trial%2 == 0
			aRows, aCols := rows, k
			if !forward {
				aRows, aCols = k, rows
			}
			as := aCols + r.IntN(4)
			a, aWhole := guarded((aRows-1)*as+aCols, r.IntN(16), number)
			b, bWhole := guarded(k, r.IntN(16), number)
			bias, biasWhole := guarded(1, r.IntN(16), number)
			if trial%3 == 0 || !forward {
				bias = nil
			}
			got, gotWhole := guarded(rows, r.IntN(16), number)
			var p Packed
			p.Pack(b, k, 1)
			if forward {
				Mul(got, 1, a, as, rows, &p, bias, Identity)
			} else {
				MulT(got, 1, a, as, rows, &p, false)
			}
			if !aWhole() || !bWhole() || !biasWhole() || !gotWhole() {
				t.Fatalf("%d x %d: wrote outside", rows, k)
			}
			for i := range rows {
				want := float32(0)
				for q := range k {
					x := i*as + q
					if !forward {
						x = q*as + i
					}
					want = fusedMultiplyAdd(a[x], b[q], want)
				}
				if bias != nil {
					want += bias[0]
				}
				if !sameBits(got[i], want) {
					t.Fatalf("%d x %d forward %v: row %d is %v, want %v", rows, k, forward, i, got[i], want)
				}
			}
		}
	})
}
