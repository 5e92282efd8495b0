package video

import (
	"cmp"
	"image"
	"math"
	"slices"
)

type rgb [3]uint8

// palette is up to 255 colours and the nearest of them to each colour; the last
// entry of a table of 256 is left for the transparent one.
type palette struct {
	colors  []rgb
	nearest []int16 // by 6 bits of each channel; -1 not looked for yet
}

// newPalette chooses colours by median cut: boxes of colours are halved until
// there are enough, the one that spreads most first.
func newPalette(frames ...*image.RGBA) *palette {
	counts := map[rgb]int{}
	for _, img := range frames {
		for i := 0; i < len(img.Pix); i += 4 {
			counts[rgb{img.Pix[i], img.Pix[i+1], img.Pix[i+2]}]++
		}
	}
	p := &palette{nearest: make([]int16, 1<<18)}
	for i := range p.nearest {
		p.nearest[i] = -1
	}
	all := make(box, 0, len(counts))
	for c, n := range counts {
		// The root, so that a small robot before a large sky gets its share.
		all = append(all, entry{c, math.Sqrt(float64(n))})
	}
	slices.SortFunc(all, func(a, b entry) int { return compare(a.color, b.color) }) // a map has no order
	for _, b := range all.cut(clear) {
		c := b.mean()
		p.colors = append(p.colors, c)
	}
	return p
}

func compare(a, b rgb) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]), cmp.Compare(a[2], b[2]))
}

// table is the palette as GIF has it.
func (p *palette) table() []byte {
	out := make([]byte, 3*256)
	for i, c := range p.colors {
		copy(out[3*i:], c[:])
	}
	return out
}

// apply fills index with the nearest colours of img and colors with what they
// look like; it returns the mean error in levels a channel.
func (p *palette) apply(img *image.RGBA, colors []rgb, index []uint8) float64 {
	b := img.Bounds()
	w, sum := b.Dx(), 0
	for y := range b.Dy() {
		row := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]
		for x := range w {
			c := rgb{row[4*x], row[4*x+1], row[4*x+2]}
			i := p.find(c)
			at := y*w + x
			index[at], colors[at] = i, p.colors[i]
			for j := range 3 {
				d := int(c[j]) - int(p.colors[i][j])
				sum += max(d, -d)
			}
		}
	}
	return float64(sum) / float64(3*w*b.Dy())
}

func (p *palette) find(c rgb) uint8 {
	key := int(c[0]>>2)<<12 | int(c[1]>>2)<<6 | int(c[2]>>2)
	if i := p.nearest[key]; i >= 0 {
		return uint8(i)
	}
	best, least := 0, math.MaxInt
	for i, q := range p.colors {
		d := 0
		for j := range 3 { // from the middle of the colours that share the key
			e := int(c[j]|3) - 1 - int(q[j])
			d += e * e
		}
		if d < least {
			best, least = i, d
		}
	}
	p.nearest[key] = int16(best)
	return uint8(best)
}

type entry struct {
	color  rgb
	weight float64
}

type box []entry

// cut divides the box into at most n.
func (b box) cut(n int) []box {
	boxes := []box{b}
	for len(boxes) < n {
		widest, most, axis := -1, 0.0, 0
		for i, b := range boxes {
			if spread, a := b.spread(); spread > most {
				widest, most, axis = i, spread, a
			}
		}
		if widest < 0 {
			break
		}
		low, high := boxes[widest].halve(axis)
		boxes[widest] = low
		boxes = append(boxes, high)
	}
	return boxes
}

// spread is the weighted variance along the axis where it is largest.
func (b box) spread() (largest float64, axis int) {
	if len(b) < 2 {
		return 0, 0
	}
	for j := range 3 {
		var weight, sum, squares float64
		for _, e := range b {
			x := float64(e.color[j])
			weight, sum, squares = weight+e.weight, sum+e.weight*x, squares+e.weight*x*x
		}
		if s := squares - sum*sum/weight; s > largest+1e-6 {
			largest, axis = s, j
		}
	}
	return largest, axis
}

// halve cuts at the mean of an axis.
func (b box) halve(axis int) (low, high box) {
	slices.SortStableFunc(b, func(x, y entry) int { return cmp.Compare(x.color[axis], y.color[axis]) })
	mean := b.mean()[axis]
	at := 1
	for at < len(b)-1 && b[at].color[axis] <= mean {
		at++
	}
	return b[:at], b[at:]
}

func (b box) mean() rgb {
	var sum [3]float64
	weight := 0.0
	for _, e := range b {
		weight += e.weight
		for j := range 3 {
			sum[j] += e.weight * float64(e.color[j])
		}
	}
	var c rgb
	for j := range 3 {
		c[j] = uint8(sum[j]/weight + 0.5)
	}
	return c
}
