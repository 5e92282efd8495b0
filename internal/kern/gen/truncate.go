package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/reg"
)

// The constants of rng/truncated.go, operation by operation.
const (
	truncation  = 2
	tailStart   = truncation - 1.0/64
	tailEndBits = 0x407FFFFF
)

var tail = [7][8]float32{
	{1.54094414e-05, 1.85877037, 1.57998168, 1.25582743, 0.889948964, 0.501550019, 0.165067613, 0.0129697658},
	{-0.000202257215, -0.245723411, -0.29023245, -0.332918853, -0.368441671, -0.367748529, -0.252984583, -0.0484708212},
	{0.000934940355, 0.0599729307, 0.0757608041, 0.0912219733, 0.110427178, 0.142382488, 0.178231895, 0.0844596475},
	{-0.00164602452, -0.0212975107, -0.0286911316, -0.0351644941, -0.0413272493, -0.0497458987, -0.0780915841, -0.0899330899},
	{0.00462199794, 0.00872833934, 0.0126272943, 0.0160135608, 0.0190044809, 0.0216730181, 0.0272147935, 0.0644190311},
	{-0.0185585991, -0.00430189772, -0.00683059217, -0.00909141451, -0.0110442452, -0.0128335897, -0.0132812317, -0.032746274},
	{0.0224919841, 0.00207179971, 0.00356740225, 0.00495098298, 0.00613355683, 0.00721829431, 0.00787711516, 0.0107951332},
}

var truncateLoop = loop{
	name: "truncate", doc: "turns standard normals into truncated ones.",
	arrays: []string{"z"}, in: []string{"z"}, out: []string{"z"}, together: 2,
	body: func(v *vectors, in, _ []reg.Register) []reg.Register {
		z := in[0]
		a := v.and(z, v.bits(signBit-1))
		w := v.min(v.load(v.bits(tailEndBits)), v.sub(a, v.num(tailStart)))
		octave := v.shr(w, 23)
		m := v.sub(v.or(v.and(w, v.bits(0x7FFFFF)), v.num(1)), v.num(1.5))
		var p reg.Register
		for j := len(tail) - 1; j >= 0; j-- {
			table := constant{name: fmt.Sprintf("tail%d", j)}
			for _, x := range tail[j] {
				table.words = append(table.words, math.Float32bits(x))
			}
			c := v.lookup(v.constant(table), octave)
			if p == nil {
				p = c
			} else {
				p = v.add(v.mul(p, m), c)
			}
		}
		p = v.xor(v.min(v.load(v.num(truncation)), p), v.and(z, v.bits(signBit)))
		return one(v.choose(less, v.load(v.num(truncation)), a, p, z))
	},
}
