package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The constants of log_sincos_generic.go.
const (
	ln2Hi     = 0.693359375
	ln2Lo     = -2.12194440e-4
	minNormal = 0x1p-126

	quarters    = 0.6366197723675814
	quarterHi   = 0x1.921fb544p+00
	quarterLo   = 0x1.0b4611a626331p-34
	roundBias64 = 0x1.8p52
	sinCosEnd   = 1e6
)

var (
	logRest = []float32{0.66666776, 0.39977509, 0.29872692}
	sinRest = []float64{-0.16666654601841568, 0.008332160271578902, -0.00019515215910072658}
	cosRest = []float64{0.041666645669992695, -0.001388731560980717, 2.4433082022297298e-05}
)

func (v *vectors) log(x reg.Register) reg.Register {
	smallest := v.num(minNormal)
	u := v.choose(less, x, smallest, v.mul(x, v.num(1<<23)), x)
	e := v.sra(v.subInt(u, v.bits(sqrtHalfBits)), 23)
	f := v.sub(v.subInt(u, v.shl(e, 23)), v.num(1))
	e = v.subInt(e, v.choose(less, x, smallest, v.load(v.bits(23)), v.load(v.bits(0))))
	k := v.fromInt(e)
	s := v.div(f, v.add(f, v.num(2)))
	z := v.mul(s, s)
	half := v.mul(v.mul(f, v.num(0.5)), f)
	rest := v.add(v.mul(s, v.add(half, v.mul(z, v.poly(z, logRest...)))), v.mul(k, v.num(ln2Lo)))
	y := v.add(v.mul(k, v.num(ln2Hi)), v.sub(f, v.sub(half, rest)))

	inf, nan := v.num(float32(math.Inf(1))), v.load(v.bits(0x7FC00000))
	y = v.choose(less, x, inf, y, x) // +Inf and NaN are their own logarithms
	zero := v.num(0)
	outside := v.choose(equal, x, zero, v.load(v.num(float32(math.Inf(-1)))), nan)
	return v.choose(notLessOrEqual, x, zero, y, outside)
}

func (v *vectors) num64(x float64) operand.Op {
	word := math.Float64bits(x)
	return v.constant(constant{wordName(word), []uint32{uint32(word), uint32(word >> 32)}})
}

func (v *vectors) add64(a reg.Register, b operand.Op) reg.Register { return v.three(v.VADDPD, a, b) }
func (v *vectors) sub64(a reg.Register, b operand.Op) reg.Register { return v.three(v.VSUBPD, a, b) }
func (v *vectors) mul64(a reg.Register, b operand.Op) reg.Register { return v.three(v.VMULPD, a, b) }

func (v *vectors) poly64(x reg.Register, coefficients ...float64) reg.Register {
	p := v.load(v.num64(coefficients[len(coefficients)-1]))
	for i := len(coefficients) - 2; i >= 0; i-- {
		p = v.add64(v.mul64(p, x), v.num64(coefficients[i]))
	}
	return p
}

// half returns the register of half as many bits at the lower end of r.
func (v *vectors) half(r reg.Register) reg.Register {
	if v.wide {
		return r.(reg.Vec).AsY()
	}
	return r.(reg.Vec).AsX()
}

// widen returns half number h of x in float64.
func (v *vectors) widen(x reg.Register, h int) reg.Register {
	from, r := v.half(x), v.reg()
	if h == 1 {
		from = v.half(v.reg())
		if v.wide {
			v.VEXTRACTF64X4(operand.Imm(1), x, from)
		} else {
			v.VEXTRACTF128(operand.Imm(1), x, from)
		}
	}
	v.VCVTPS2PD(from, r)
	return r
}

// narrow converts two vectors of float64 to one of half the width a lane.
func (v *vectors) narrow(convert func(...operand.Op), low, high reg.Register) reg.Register {
	r, upper, joined := v.reg(), v.half(v.reg()), v.reg()
	convert(low, v.half(r))
	convert(high, upper)
	if v.wide {
		v.VINSERTF64X4(operand.Imm(1), upper, r, joined)
	} else {
		v.VINSERTF128(operand.Imm(1), upper, r, joined)
	}
	return joined
}

// sinCos also returns a vector whose sign is set where |x| <= sinCosEnd does
// not hold.
func (v *vectors) sinCos(x reg.Register) []reg.Register {
	toFloat, toInt := v.VCVTPD2PSY, v.VCVTPD2DQY
	if v.wide {
		toFloat, toInt = v.VCVTPD2PS, v.VCVTPD2DQ
	}
	var sin, cos, quarter [2]reg.Register
	for h := range 2 {
		d := v.widen(x, h)
		k := v.sub64(v.add64(v.mul64(d, v.num64(quarters)), v.num64(roundBias64)), v.num64(roundBias64))
		r := v.sub64(v.sub64(d, v.mul64(k, v.num64(quarterHi))), v.mul64(k, v.num64(quarterLo)))
		z := v.mul64(r, r)
		sin[h] = v.add64(r, v.mul64(v.mul64(r, z), v.poly64(z, sinRest...)))
		cos[h] = v.add64(v.sub64(v.load(v.num64(1)), v.mul64(z, v.num64(0.5))), v.mul64(v.mul64(z, z), v.poly64(z, cosRest...)))
		quarter[h] = k
	}
	s, c := v.narrow(toFloat, sin[0], sin[1]), v.narrow(toFloat, cos[0], cos[1])
	q := v.narrow(toInt, quarter[0], quarter[1])
	swap := v.shl(q, 31)
	sinSign := v.and(v.shl(q, 30), v.bits(signBit))
	cosSign := v.and(v.shl(v.addInt(q, v.bits(1)), 30), v.bits(signBit))
	ones, none := v.load(v.bits(math.MaxUint32)), v.load(v.bits(0))
	outside := v.choose(notLessOrEqual, v.and(x, v.bits(signBit-1)), v.num(sinCosEnd), ones, none)
	return []reg.Register{
		v.xor(v.chooseBySign(swap, c, s), sinSign),
		v.xor(v.chooseBySign(swap, s, c), cosSign),
		outside,
	}
}
