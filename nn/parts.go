package nn

import "demorl/internal/kern"

// part is some rows of one layer's weights, and its biases with the last: what
// one worker steps and packs at a time.
type part struct{ layer, from, to int }

// partSize is the number of weights from which on a layer is cut into parts.
const partSize = 16384

// cut cuts every layer into parts that can be packed apart.
func (n *Net) cut() {
	for l := range n.Layers() {
		in, out := n.Sizes[l], n.Sizes[l+1]
		rows := max(1, partSize/out/kern.PackRowsMultiple) * kern.PackRowsMultiple
		for from := 0; from < in; from += rows {
			n.parts = append(n.parts, part{l, from, min(in, from+rows)})
		}
	}
}

// Parts returns into how many parts a member's parameters are cut. Parts may be
// stepped and packed by different workers at the same time.
func (n *Net) Parts() int { return len(n.parts) }

// Pack makes member m's present parameters the ones that Forward and Backward
// use. Call it after every change of them.
func (n *Net) Pack(m int) {
	for i := range n.parts {
		n.PackPart(m, i)
	}
}

// PackPart is Pack for the i-th part alone.
func (n *Net) PackPart(m, i int) {
	p := n.parts[i]
	n.packed[m][p.layer].PackRows(n.weights[m][p.layer], p.from, p.to)
	if n.Trained {
		n.packedT[m][p.layer].PackTRows(n.weights[m][p.layer], p.from, p.to)
	}
}

// FollowPart moves the i-th part of member m by the share tau of its distance
// to the same part of leader, a network of the same shape, and packs it.
func (n *Net) FollowPart(m, i int, leader *Net, tau float32) {
	lo, hi := n.PartSpan(i)
	kern.Lerp(n.Member(m)[lo:hi], leader.Member(m)[lo:hi], tau)
	n.PackPart(m, i)
}

// PartSpan returns where part i lies in a member's parameters.
func (n *Net) PartSpan(i int) (lo, hi int) {
	lo, _, hi = n.span(i)
	return lo, hi
}

// span returns where the weights [lo, biases) and the biases [biases, hi) of
// part i lie in a member's parameters.
func (n *Net) span(i int) (lo, biases, hi int) {
	p := n.parts[i]
	at := 0
	for l := range p.layer {
		at += n.layerSize(l)
	}
	in, out := n.Sizes[p.layer], n.Sizes[p.layer+1]
	lo, biases = at+p.from*out, at+p.to*out
	if hi = biases; p.to == in {
		hi += out + n.extras(p.layer)
	}
	return lo, biases, hi
}

// PackAll packs every member.
func (n *Net) PackAll() {
	for m := range n.Members {
		n.Pack(m)
	}
}
