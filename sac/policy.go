package sac

import (
	"math"

	"demorl/internal/kern"
	"demorl/rollout"
)

// Bounds of the log standard deviation that the actor's head is clamped to.
const (
	LogStdMin = -20
	LogStdMax = 2
)

// halfLog2Pi is log(2 pi) / 2.
const halfLog2Pi = 0.91893853320467274178

// squashed is the memory of one batch of tanh-Gaussian samples (method.md
// D.2): a = tanh z with z = mean + std * noise. Element (r, j) is at r*dims+j.
type squashed struct {
	dims   int
	action []float32 // tanh z
	logPi  []float32 // per row: log density of the action
	std    []float32 // exp of the clamped log standard deviation
	tail   []float32 // exp(-2|z|)
	soft   []float32 // log(1 + exp(-2|z|))
}

func newSquashed(rows, dims int) squashed {
	return squashed{
		dims: dims, action: make([]float32, rows*dims), logPi: make([]float32, rows),
		std: make([]float32, rows*dims), tail: make([]float32, rows*dims), soft: make([]float32, rows*dims),
	}
}

// sample fills action and logPi from the actor's output head (rows x 2 dims:
// means, then log standard deviations) and noise (rows x Stride(dims)). Its
// parts hold at any z: with t = exp(-2|z|), tanh z = sign(z) (1-t)/(1+t) and
// log(1 - tanh(z)^2) = 2 (log 2 - |z| - log(1+t)).
func (q *squashed) sample(head, noise []float32, rows int) {
	dims, stride, used := q.dims, rollout.Stride(q.dims), rows*q.dims
	std, tail, soft := q.std[:used], q.tail[:used], q.soft[:used]
	for r := range rows {
		for j, l := range head[(2*r+1)*dims : (2*r+2)*dims] {
			std[r*dims+j] = min(max(l, LogStdMin), LogStdMax)
		}
	}
	kern.Exp(std, std)
	for r := range rows {
		for j, mean := range head[2*r*dims : (2*r+1)*dims] {
			i := r*dims + j
			z := mean + std[i]*noise[r*stride+j]
			q.action[i] = z
			tail[i] = -2 * abs(z)
		}
	}
	kern.Softplus(soft, tail)
	kern.Exp(tail, tail)
	for r := range rows {
		logPi := 0.0
		for j, l := range head[(2*r+1)*dims : (2*r+2)*dims] {
			i := r*dims + j
			e, z := float64(noise[r*stride+j]), q.action[i]
			logPi -= 0.5*e*e + float64(min(max(l, LogStdMin), LogStdMax)) + halfLog2Pi
			logPi -= 2 * (math.Ln2 - float64(abs(z)) - float64(soft[i]))
			q.action[i] = signed((1-tail[i])/(1+tail[i]), z)
		}
		q.logPi[r] = float32(logPi)
	}
}

// back writes to dHead (rows x 2 dims) the gradient of
// sum over rows of scale * logPi + dAction . action, with the noise held, after
// sample. Where the clamp is active the log standard deviation gets none.
func (q *squashed) back(dHead, head, noise, dAction []float32, scale float32, rows int) {
	for r := range rows {
		q.backRow(r, dHead, head, noise, dAction, scale)
	}
}

// backRow is back for row r alone.
func (q *squashed) backRow(r int, dHead, head, noise, dAction []float32, scale float32) {
	dims, stride := q.dims, rollout.Stride(q.dims)
	at := 2 * r * dims
	for j := range dims {
		i := r*dims + j
		t := q.tail[i]
		slope := 4 * t / ((1 + t) * (1 + t)) // 1 - a^2 without cancellation
		dz := scale*2*q.action[i] + dAction[i]*slope
		dHead[at+j] = dz
		dLogStd := dz*q.std[i]*noise[r*stride+j] - scale
		if l := head[at+dims+j]; l < LogStdMin || l > LogStdMax {
			dLogStd = 0
		}
		dHead[at+dims+j] = dLogStd
	}
}

// mode writes the deterministic action tanh(mean) of each row to dst.
func mode(dst, head []float32, rows, dims int) {
	for r := range rows {
		copy(dst[r*dims:(r+1)*dims], head[2*r*dims:])
	}
	kern.TanhOf(dst[:rows*dims], dst[:rows*dims])
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// signed returns the magnitude x with the sign of s, and NaN where s is NaN.
func signed(x, s float32) float32 {
	if s != s {
		return s
	}
	return math.Float32frombits(math.Float32bits(x)&^(1<<31) | math.Float32bits(s)&(1<<31))
}
