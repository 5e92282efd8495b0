package export

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"demorl/nn"
	"demorl/sac"
)

// What the ONNX file asks of its reader (docs/dependencies.md section 4).
const (
	onnxIR     = 8
	onnxOpset  = 13
	onnxFloat  = 1 // TensorProto.DataType
	onnxInt    = 2 // AttributeProto.AttributeType
	onnxInts   = 7
	onnxInput  = "observation"
	onnxOutput = "action"
)

// WriteONNX writes the policy as an ONNX model: input "observation" (float32,
// N x observations, raw), output "action" (float32, N x joints, in the task's
// units), for any N.
func (p *Policy) WriteONNX(w io.Writer) error {
	var m message
	m.varint(1, onnxIR)
	m.text(2, "demorl")
	m.text(3, p.About.Producer)
	m.bytes(7, p.graph())
	var opset message
	opset.varint(2, onnxOpset)
	m.bytes(8, opset)
	obs, action := p.example()
	for _, pair := range [][2]string{{"about", p.about()}, {"check_observation", listed(obs)}, {"check_action", listed(action)}} {
		var entry message
		entry.text(1, pair[0])
		entry.text(2, pair[1])
		m.bytes(14, entry)
	}
	_, err := w.Write(m)
	return err
}

// graph is the GraphProto: normalise, layers, tanh, scale, clip.
func (p *Policy) graph() message {
	var g message
	var initialisers []tensor
	constant := func(name string, shape []int, data []float32) string {
		initialisers = append(initialisers, tensor{name, shape, data})
		return name
	}
	row := func(name string, x []float32) string { return constant(name, []int{len(x)}, x) }
	step := func(op, out string, in ...string) string {
		g.bytes(1, node(op, out, in))
		return out
	}
	var epsilon string // of all norms
	dense := func(x, name string, l Layer) string {
		if l.Normed {
			if epsilon == "" {
				epsilon = row("norm.epsilon", []float32{nn.NormEpsilon})
			}
			x = step("Sub", name+".centred", x, step("ReduceMean", name+".average", x))
			variance := step("ReduceMean", name+".variance", step("Mul", name+".squares", x, x))
			x = step("Div", name+".normed", x, step("Sqrt", name+".deviation", step("Add", name+".padded", variance, epsilon)))
		}
		x = step("Gemm", name, x, constant(name+".weight", []int{l.Out, l.In}, l.Weight), row(name+".bias", l.Bias))
		switch l.Activation {
		case sac.ReLU:
			x = step("Relu", name+".relu", x)
		case sac.SiLU:
			x = step("Mul", name+".silu", x, step("Sigmoid", name+".sigmoid", x))
		case tanh:
			x = step("Tanh", name+".tanh", x)
		}
		return x
	}
	x := step("Sub", "centred", onnxInput, row("obs_mean", p.ObsMean))
	x = step("Div", "normalised", x, row("obs_std", p.ObsStd))
	given := x // by the layer before
	for i, l := range p.Hidden {
		name := fmt.Sprintf("layers.%d", i)
		y := dense(x, name, l)
		if l.Adds {
			y = step("Add", name+".stream", given, y)
		}
		given, x = x, y
	}
	if x = dense(x, "mean", p.Mean); !p.Direct {
		x = step("Tanh", "squashed", x)
	}
	half, mid := make([]float64, len(p.Low)), make([]float64, len(p.Low))
	for j := range half {
		half[j], mid[j] = (p.High[j]-p.Low[j])/2, (p.Low[j]+p.High[j])/2
	}
	x = step("Mul", "scaled", x, row("half", narrow(half)))
	x = step("Add", "shifted", x, row("mid", narrow(mid)))
	// Rounding may carry a saturated action past its bound.
	x = step("Max", "bounded_below", x, row("low", narrow(p.Low)))
	step("Min", onnxOutput, x, row("high", narrow(p.High)))
	g.text(2, "policy")
	for _, t := range initialisers {
		g.bytes(5, t.proto())
	}
	g.bytes(11, valueInfo(onnxInput, len(p.ObsMean)))
	g.bytes(12, valueInfo(onnxOutput, len(p.Low)))
	return g
}

// node is a NodeProto. A Gemm takes its weights transposed, as they are stored,
// and a ReduceMean is over the features.
func node(op, out string, in []string) message {
	var n message
	for _, name := range in {
		n.text(1, name)
	}
	n.text(2, out)
	n.text(3, out) // the node's own name
	n.text(4, op)
	var attribute message
	switch op {
	case "Gemm":
		attribute.text(1, "transB")
		attribute.varint(3, 1)
		attribute.varint(20, onnxInt)
	case "ReduceMean":
		attribute.text(1, "axes")
		attribute.varint(8, 1)
		attribute.varint(20, onnxInts)
	default:
		return n
	}
	n.bytes(5, attribute)
	return n
}

// proto is the TensorProto.
func (t tensor) proto() message {
	var m message
	for _, d := range t.shape {
		m.varint(1, uint64(d))
	}
	m.varint(2, onnxFloat)
	m.text(8, t.name)
	m.bytes(9, littleEndian(t.data))
	return m
}

// valueInfo is the ValueInfoProto of a float32 array of N rows of dims numbers.
func valueInfo(name string, dims int) message {
	var rows, columns, shape, array, kind, m message
	rows.text(2, "N")
	columns.varint(1, uint64(dims))
	shape.bytes(1, rows)
	shape.bytes(1, columns)
	array.varint(1, onnxFloat)
	array.bytes(2, shape)
	kind.bytes(1, array)
	m.text(1, name)
	m.bytes(2, kind)
	return m
}

// message is a protocol buffer under construction.
type message []byte

// The wire types of protocol buffers.
const (
	wireVarint = 0
	wireBytes  = 2
)

func (m *message) varint(field int, v uint64) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|wireVarint)
	*m = binary.AppendUvarint(*m, v)
}

func (m *message) bytes(field int, data []byte) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|wireBytes)
	*m = binary.AppendUvarint(*m, uint64(len(data)))
	*m = append(*m, data...)
}

func (m *message) text(field int, s string) { m.bytes(field, []byte(s)) }

func littleEndian(x []float32) []byte {
	out := make([]byte, 0, 4*len(x))
	for _, v := range x {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}
