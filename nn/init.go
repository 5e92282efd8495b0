package nn

import (
	"math"

	"demorl/rng"
)

// InitUniform draws weights and biases as PyTorch's default linear layer does:
// uniform within 1/sqrt(fan in) (method.md E.5).
func (n *Net) InitUniform(key rng.Key) {
	s := rng.NewStream(key)
	n.fill(func(fanIn, _ int) (weight, bias func() float32) {
		bound := 1 / math.Sqrt(float64(fanIn))
		draw := func() float32 { return float32(s.Uniform(-bound, bound)) }
		return draw, draw
	})
}

// InitGlorot draws weights uniform within sqrt(6/(fan in + fan out)), the
// TensorFlow default; biases are zero.
func (n *Net) InitGlorot(key rng.Key) {
	s := rng.NewStream(key)
	n.fill(func(fanIn, fanOut int) (weight, bias func() float32) {
		bound := math.Sqrt(6 / float64(fanIn+fanOut))
		return func() float32 { return float32(s.Uniform(-bound, bound)) }, zero
	})
}

// InitTruncatedNormal draws weights from a normal of standard deviation
// 1/(2 sqrt(fan in)) truncated at two standard deviations; biases are zero
// (method.md C.1).
func (n *Net) InitTruncatedNormal(key rng.Key) {
	s := rng.NewStream(key)
	n.fill(func(fanIn, _ int) (weight, bias func() float32) {
		std := 1 / (2 * math.Sqrt(float64(fanIn)))
		return func() float32 {
			for {
				if z := s.Normal(); math.Abs(z) <= 2 {
					return float32(z * std)
				}
			}
		}, zero
	})
}

func zero() float32 { return 0 }

func (n *Net) fill(dist func(fanIn, fanOut int) (weight, bias func() float32)) {
	for m := range n.Members {
		for l := range n.Layers() {
			weight, bias := dist(n.Sizes[l], n.Sizes[l+1])
			for i := range n.weights[m][l] {
				n.weights[m][l][i] = weight()
			}
			for i := range n.biases[m][l] {
				n.biases[m][l][i] = bias()
			}
		}
	}
	n.PackAll()
}
