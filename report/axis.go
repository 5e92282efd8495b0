package report

import (
	"math"
	"strconv"
	"strings"
)

// axis maps numbers to pixels along one direction.
type axis struct {
	low, high float64 // of the numbers
	from, to  float64 // of the pixels
}

// at returns the pixel of x.
func (a axis) at(x float64) float64 {
	return a.from + (x-a.low)/(a.high-a.low)*(a.to-a.from)
}

// span is a range that grows with what is added to it.
type span struct{ low, high float64 }

func newSpan() span { return span{math.Inf(1), math.Inf(-1)} }

func (s *span) add(xs ...float64) {
	for _, x := range xs {
		if isFinite(x) {
			s.low, s.high = min(s.low, x), max(s.high, x)
		}
	}
}

// wide returns a span of positive width: 0 to 1 where nothing was added.
func (s span) wide() span {
	switch {
	case s.low > s.high:
		return span{0, 1}
	case s.low == s.high:
		d := max(math.Abs(s.low)/10, 1e-9)
		return span{s.low - d, s.high + d}
	}
	return s
}

// padded adds a part of the width on both sides.
func (s span) padded(part float64) span {
	d := (s.high - s.low) * part
	return span{s.low - d, s.high + d}
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// tickStep returns the distance 1, 2 or 5 times a power of ten that cuts the
// span into at most count parts.
func tickStep(s span, count int) float64 {
	raw := (s.high - s.low) / float64(count)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= raw*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// ticks lists the multiples of step inside the span.
func ticks(s span, step float64) []float64 {
	var list []float64
	slack := step * 1e-9
	for i := math.Ceil((s.low - slack) / step); i*step <= s.high+slack; i++ {
		list = append(list, i*step+0) // +0 turns -0 into 0
	}
	return list
}

// tickLabels writes ticks short and alike: 500k, 1000k and 1500k become 0.5M,
// 1M and 1.5M.
func tickLabels(values []float64, step float64) []string {
	largest := 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(v))
	}
	suffix, unit := "", 1.0
	switch {
	case largest >= 1e6 && largest < 1e9:
		suffix, unit = "M", 1e6
	case largest >= 1e4 && largest < 1e6:
		suffix, unit = "k", 1e3
	}
	digits := max(0, int(-math.Floor(math.Log10(step/unit)+1e-9)))
	labels := make([]string, len(values))
	for i, v := range values {
		text := strconv.FormatFloat(v/unit, 'f', min(digits, 6), 64)
		if digits > 6 || largest >= 1e9 {
			text = strconv.FormatFloat(v, 'g', 4, 64)
		}
		if strings.Trim(text, "-0.") == "" {
			text = "0"
		} else if suffix != "" {
			if strings.Contains(text, ".") {
				text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
			}
			text += suffix
		}
		labels[i] = strings.Replace(text, "-", "\u2212", 1)
	}
	return labels
}
