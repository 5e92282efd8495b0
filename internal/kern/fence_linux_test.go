package kern

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// fence hands out slices that end where memory ends, or begin where it begins:
// reading one number too many kills the test.
type fence struct {
	r     *rand.Rand
	pages []byte
	used  int
}

func newFence(t *testing.T, r *rand.Rand, slices int) *fence {
	page := syscall.Getpagesize()
	pages, err := syscall.Mmap(-1, 0, (3*slices+1)*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(pages) })
	for at := 0; at < len(pages); at += 3 * page {
		if err := syscall.Mprotect(pages[at:at+page], syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return &fence{r: r, pages: pages}
}

func (f *fence) reset() { f.used = 0 }

// floats returns n random numbers, at most two pages of them.
func (f *fence) floats(n int) []float32 {
	if n == 0 {
		return nil
	}
	page := syscall.Getpagesize()
	room := f.pages[(3*f.used+1)*page : (3*f.used+3)*page]
	f.used++
	if 4*n > len(room) {
		panic("more numbers than two pages hold")
	}
	if f.r.IntN(4) > 0 {
		room = room[len(room)-4*n:]
	}
	x := unsafe.Slice((*float32)(unsafe.Pointer(&room[0])), n)
	for i := range x {
		x[i] = float32(f.r.NormFloat64())
	}
	return x
}

func TestKernelsReadNothingOutsideTheirSlices(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	f := newFence(t, r, 6)
	eachTier(t, func(t *testing.T) {
		for range 400 {
			f.reset()
			rows, k, n := 1+r.IntN(20), 1+r.IntN(40), 1+r.IntN(50)
			var p Packed
			p.Pack(f.floats(k*n), k, n)
			p.PackT(f.floats(k*n), k, n)
			aStride, ds := k+r.IntN(3), n+r.IntN(3)
			Mul(f.floats((rows-1)*ds+n), ds, f.floats((rows-1)*aStride+k), aStride, rows, &p, f.floats(n), Act(r.IntN(4)))
			f.reset()
			aStride = rows + r.IntN(3)
			MulT(f.floats((rows-1)*ds+n), ds, f.floats((k-1)*aStride+rows), aStride, rows, &p, r.IntN(2) == 0)
			ColSums(f.floats(n), f.floats(k*n), k, n)
			for _, c := range elementwiseCases {
				f.reset()
				x := make([][]float32, c.arrays)
				for i := range x {
					x[i] = f.floats(n)
				}
				c.run(x)
			}
			rows = 1 + r.IntN(4)
			for _, c := range normCases {
				f.reset()
				var x [][]float32
				for _, s := range c.shapes {
					x = append(x, f.floats(normNumbers(s, rows, n)))
				}
				c.run(x, n)
			}
		}
	})
}
