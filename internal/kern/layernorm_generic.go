package kern

import "math"

// The plain Go twins of the kernels for LayerNorm, which define the results.

// rowMoments returns the mean of row and one over the standard deviation.
func rowMoments(row []float32, epsilon float32) (mean, inverse float32) {
	count := float32(len(row))
	var sums [normLanes]float32
	for j, v := range row {
		sums[j%normLanes] += v
	}
	mean = foldLanes(&sums) / count
	sums = [normLanes]float32{}
	for j, v := range row {
		d := v - mean
		sums[j%normLanes] += float32(d * d)
	}
	variance := foldLanes(&sums) / count
	return mean, 1 / float32(math.Sqrt(float64(variance+epsilon)))
}

func foldLanes(sums *[normLanes]float32) float32 {
	for half := normLanes / 2; half > 0; half /= 2 {
		for j := range half {
			sums[j] += sums[j+half]
		}
	}
	return sums[0]
}

func layerNormGeneric(to, scaled, inverse, x, gains, offsets []float32, cols int, epsilon float32, rectify bool) {
	for r := range inverse {
		row, unit, out := x[r*cols:(r+1)*cols], scaled[r*cols:(r+1)*cols], to[r*cols:(r+1)*cols]
		mean, inv := rowMoments(row, epsilon)
		inverse[r] = inv
		for j, v := range row {
			u := float32((v - mean) * inv)
			y := float32(gains[j]*u) + offsets[j]
			if rectify {
				y = relu(y)
			}
			unit[j], out[j] = u, y
		}
	}
}

func standardiseGeneric(x, inverse []float32, cols int, epsilon float32) {
	for r := range inverse {
		row := x[r*cols : (r+1)*cols]
		mean, inv := rowMoments(row, epsilon)
		inverse[r] = inv
		for j, v := range row {
			row[j] = float32((v - mean) * inv)
		}
	}
}

func layerNormGradGeneric(delta, scaled, inverse, gains, dGains, dOffsets []float32, cols int) {
	for r := range inverse {
		d, unit := delta[r*cols:(r+1)*cols], scaled[r*cols:(r+1)*cols]
		for j, v := range d {
			if dGains != nil {
				dOffsets[j] += v
				dGains[j] += float32(v * unit[j])
			}
			d[j] = float32(v * gains[j])
		}
		standardiseRowGrad(d, unit, inverse[r])
	}
}

func standardiseGradGeneric(delta, scaled, inverse []float32, cols int) {
	for r, inv := range inverse {
		standardiseRowGrad(delta[r*cols:(r+1)*cols], scaled[r*cols:(r+1)*cols], inv)
	}
}

// standardiseRowGrad takes the mean of d, and its projection on the row unit,
// out of d.
func standardiseRowGrad(d, unit []float32, inverse float32) {
	var plains, alongs [normLanes]float32
	for j, v := range d {
		plains[j%normLanes] += v
		alongs[j%normLanes] += float32(v * unit[j])
	}
	count := float32(len(d))
	plain, along := foldLanes(&plains)/count, foldLanes(&alongs)/count
	for j, v := range d {
		d[j] = float32(inverse * (v - plain - float32(along*unit[j])))
	}
}
