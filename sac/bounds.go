package sac

import (
	"math"
	"slices"

	"demorl/internal/wire"
)

// Quantiles of the rewards between which values are believed.
const (
	boundLow  = 0.01
	boundHigh = 0.99
)

// bounds are the range of the value: low and high quantiles of the entropy-
// regularised rewards seen, earned for ever (method.md D.5.6). A critic's
// answer x means width*x + centre.
type bounds struct {
	known         bool
	low, high     float64
	width, centre float32
}

// apply turns answers into values.
func (b *bounds) apply(q []float32) {
	if !b.known {
		return
	}
	for i, x := range q {
		q[i] = float32(b.width*x) + b.centre
	}
}

// clamp returns q within the bounds, and NaN as it is.
func (b *bounds) clamp(q float32) float32 {
	if !b.known {
		return q
	}
	return min(max(q, float32(b.low)), float32(b.high))
}

// follow moves the bounds by the share rate towards those that the rewards
// tell, which it sorts; the first ones are taken as they are.
func (b *bounds) follow(rewards []float32, gamma, rate float64) {
	if len(rewards) == 0 {
		return
	}
	slices.Sort(rewards)
	forever := 1 / (1 - gamma)
	low, high := quantile(rewards, boundLow)*forever, quantile(rewards, boundHigh)*forever
	if !b.known {
		b.known, b.low, b.high = true, low, high
	} else {
		b.low += rate * (low - b.low)
		b.high += rate * (high - b.high)
	}
	b.publish()
}

// publish derives scale and centre. Equal rewards leave a range of no width,
// in which critics could not learn: it counts as 1.
func (b *bounds) publish() {
	b.width, b.centre = float32((b.high-b.low)/2), float32((b.high+b.low)/2)
	if b.width < 1e-6 {
		b.width = 1
	}
}

// quantile returns the quantile at level p of the ascending x, interpolated.
func quantile(x []float32, p float64) float64 {
	at := p * float64(len(x)-1)
	i := int(math.Floor(at))
	if i+1 >= len(x) {
		return float64(x[len(x)-1])
	}
	return float64(x[i]) + (at-float64(i))*float64(x[i+1]-x[i])
}

func (b *bounds) appendState(dst []byte) []byte {
	return wire.F64(wire.F64(wire.Bool(dst, b.known), b.low), b.high)
}

func (b *bounds) readState(r *wire.Reader) {
	b.known, b.low, b.high = r.Bool(), r.F64(), r.F64()
	if b.known {
		b.publish()
	}
}
