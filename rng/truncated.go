package rng

import "math"

// TruncatedNormals fills dst with standard normals truncated to [-2, 2]: dst[i]
// is number first+i of k, and where number first+i of Normals lies within
// [-2, 2] it is that number. first must be a multiple of 4. The bits are the
// same on every machine.
func (k Key) TruncatedNormals(dst []float32, first uint64) {
	if first%4 != 0 {
		panic("rng: TruncatedNormals must start at a multiple of 4")
	}
	blk := first / 4
	const piece = 4096 // stays in the first cache between the two passes
	for len(dst) > piece {
		normals(dst[:piece], k, blk)
		truncate(dst[:piece])
		dst, blk = dst[piece:], blk+piece/4
	}
	normals(dst, k, blk)
	truncate(dst)
}

// Truncate turns standard normals into standard normals truncated to [-2, 2]:
// what lies inside stays; what lies outside, whose tail probability is uniform,
// is drawn anew through the inverse distribution, within 3e-6. NaN stays.
func Truncate(z []float32) { truncate(z) }

func truncateGeneric(z []float32) {
	for i, v := range z {
		z[i] = truncated(v)
	}
}

const (
	truncation  = 2
	tailStart   = truncation - 1.0/64
	tailEndBits = 0x407FFFFF // the largest float32 below 4
)

// tail holds polynomials of degree 6, lowest coefficients first, for
// sqrt(2)*erfinv(erf(sqrt(2))*u) with u = erfc(a/sqrt(2))/erfc(sqrt(2)), the
// truncated number that takes the place of a > 2: one for each octave of w =
// a-tailStart from 1/64 to 4, in the mantissa of w less 1.5, at the low three
// bits of w's exponent. The function has a singularity just below w = 0, which
// octaves suit. They are weighted least-squares fits brought near minimax; the
// error is below 6e-7 up to a = 4 and below 2.7e-6 beyond.
var tail = [7][8]float32{
	{1.54094414e-05, 1.85877037, 1.57998168, 1.25582743, 0.889948964, 0.501550019, 0.165067613, 0.0129697658},
	{-0.000202257215, -0.245723411, -0.29023245, -0.332918853, -0.368441671, -0.367748529, -0.252984583, -0.0484708212},
	{0.000934940355, 0.0599729307, 0.0757608041, 0.0912219733, 0.110427178, 0.142382488, 0.178231895, 0.0844596475},
	{-0.00164602452, -0.0212975107, -0.0286911316, -0.0351644941, -0.0413272493, -0.0497458987, -0.0780915841, -0.0899330899},
	{0.00462199794, 0.00872833934, 0.0126272943, 0.0160135608, 0.0190044809, 0.0216730181, 0.0272147935, 0.0644190311},
	{-0.0185585991, -0.00430189772, -0.00683059217, -0.00909141451, -0.0110442452, -0.0128335897, -0.0132812317, -0.032746274},
	{0.0224919841, 0.00207179971, 0.00356740225, 0.00495098298, 0.00613355683, 0.00721829431, 0.00787711516, 0.0107951332},
}

func truncated(z float32) float32 {
	a := math.Float32frombits(math.Float32bits(z) &^ 0x80000000)
	if !(a > truncation) {
		return z
	}
	b := min(math.Float32bits(a-tailStart), tailEndBits)
	octave := b >> 23 % 8
	v := math.Float32frombits(b&0x7FFFFF|0x3F800000) - 1.5
	p := tail[6][octave]
	for j := 5; j >= 0; j-- {
		p = float32(p*v) + tail[j][octave]
	}
	p = min(p, truncation)
	// The last octave's polynomial may be below 0 by its error.
	return math.Float32frombits(math.Float32bits(p) ^ math.Float32bits(z)&0x80000000)
}
