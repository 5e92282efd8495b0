package main

import "fmt"

// The general registers of a NEON tile.
const (
	gC, gCRow, gA, gARow, gACol = 0, 1, 2, 3, 4
	gB, gBias, gCut, gFlags     = 5, 6, 7, 8
	gBlocks, gDepth             = 9, 10
	gBAt, gKLeft, gAAt          = 11, 12, 13 // in the loop over k; gAAt is an offset from each row
	gAt, gShape                 = 14, 15
	gRow                        = 19 // of the first row of a, and five more
)

// The vector registers: sums from 0 on, then four of b (or of the bias) and
// four of a.
const (
	vB, vA  = 24, 28
	aAhead  = 4
	neonMax = 6 // rows of the largest tile
)

// gemmNEON writes the tiles of up to 6 rows and 4, 8, 12 or 16 columns. The
// last vector of columns may be cut to 1, 2 or 3 of them.
func gemmNEON() []*routine {
	r := newRoutine("mulNEON",
		"computes blocks of rows x 4*vecs elements, one below the other, of c = [c +] a*b [+ bias]; strides are in bytes, cut says how many of the last 4 columns exist (0: all).",
		param{"rows", "int"}, param{"vecs", "int"}, param{"blocks", "int"}, param{"k", "int"},
		param{"c", "*float32"}, param{"cRow", "int"}, param{"a", "*float32"}, param{"aRow", "int"}, param{"aCol", "int"},
		param{"b", "*float32"}, param{"bias", "*float32"}, param{"cut", "int"}, param{"flags", "uint32"})
	for _, p := range []struct {
		name     string
		register int
	}{
		{"c", gC}, {"cRow", gCRow}, {"a", gA}, {"aRow", gARow}, {"aCol", gACol}, {"b", gB}, {"bias", gBias},
		{"cut", gCut}, {"flags", gFlags}, {"blocks", gBlocks}, {"k", gDepth}, {"rows", gAt}, {"vecs", gShape},
	} {
		r.load(p.name, p.register)
	}
	r.gen("ADD R%d<<3, R%d, R%d", gAt, gShape, gShape)
	for vecs := 4; vecs >= 1; vecs-- {
		for rows := neonMax; rows >= 1; rows-- {
			r.gen("CMP $%d, R%d", 8*rows+vecs, gShape)
			r.gen("BEQ %s", neonTile{r, rows, vecs}.at("block"))
		}
	}
	r.gen("RET") // no tile has that shape
	for vecs := 4; vecs >= 1; vecs-- {
		for rows := neonMax; rows >= 1; rows-- {
			neonTile{r, rows, vecs}.write()
		}
	}
	r.label("done")
	r.gen("RET")
	return []*routine{r}
}

// neonTile writes the loop over blocks of rows for one tile shape.
type neonTile struct {
	*routine
	rows, vecs int
}

func (t neonTile) at(place string) string { return fmt.Sprintf("r%dv%d_%s", t.rows, t.vecs, place) }

func (t neonTile) sum(row, v int) int { return row*t.vecs + v }

func (t neonTile) write() {
	t.label(t.at("block"))
	t.gen("MOVD R%d, R%d", gA, gRow)
	for i := 1; i < t.rows; i++ {
		t.gen("ADD R%d, R%d, R%d", gARow, gRow+i-1, gRow+i)
	}
	t.gen("ADD R%d, R%d, R%d", gARow, gRow+t.rows-1, gA) // the next block's
	t.gen("MOVD R%d, R%d", gB, gBAt)
	t.gen("MOVD R%d, R%d", gDepth, gKLeft)
	t.gen("MOVD $0, R%d", gAAt)
	t.begin()
	t.label(t.at("k"))
	t.kStep()
	t.gen("SUBS $1, R%d", gKLeft)
	t.gen("BNE %s", t.at("k"))
	t.bias()
	t.reluSums()
	t.end()
	t.gen("SUBS $1, R%d", gBlocks)
	t.gen("BNE %s", t.at("block"))
	t.gen("B done")
}

// begin sets the sums to 0 or to what c holds.
func (t neonTile) begin() {
	t.gen("TBNZ $0, R%d, %s", gFlags, t.at("have"))
	for i := range t.rows * t.vecs {
		t.vec(clear0, i, 0, 0)
	}
	t.gen("B %s", t.at("k"))
	t.label(t.at("have"))
	t.gen("MOVD R%d, R%d", gC, gAt)
	for i := range t.rows {
		for v := range t.vecs - 1 {
			t.vec(ldrQ(16*v), t.sum(i, v), gAt, 0)
		}
		t.loadLast(t.sum(i, t.vecs-1), gAt, fmt.Sprintf("c%d", i))
		t.gen("ADD R%d, R%d", gCRow, gAt)
	}
}

// kStep adds the product of column k of a and row k of b. The numbers of a are
// loaded some rows ahead of their use.
func (t neonTile) kStep() {
	loadA := func(i int) {
		if i < t.rows {
			t.vec(ldrIndexed, vA+i%aAhead, gRow+i, gAAt)
		}
	}
	switch {
	case t.vecs >= 2:
		t.vec(ldpQ(vB+1, 0), vB, gBAt, 0)
		if t.vecs == 4 {
			t.vec(ldpQ(vB+3, 32), vB+2, gBAt, 0)
		} else if t.vecs == 3 {
			t.vec(ldrQ(32), vB+2, gBAt, 0)
		}
	default:
		t.vec(ldrQ(0), vB, gBAt, 0)
	}
	for i := range aAhead {
		loadA(i)
	}
	t.gen("ADD $%d, R%d", panelBytes, gBAt)
	for i := range t.rows {
		for v := range t.vecs {
			t.vec(fmlaLane, t.sum(i, v), vB+v, vA+i%aAhead)
		}
		loadA(i + aAhead)
	}
	t.gen("ADD R%d, R%d", gACol, gAAt)
}

func (t neonTile) bias() {
	t.gen("CBZ R%d, %s", gBias, t.at("relu"))
	for v := range t.vecs - 1 {
		t.vec(ldrQ(16*v), vB+v, gBias, 0)
	}
	t.gen("MOVD R%d, R%d", gBias, gAt)
	t.loadLast(vB+t.vecs-1, gAt, "bias")
	for i := range t.rows {
		for v := range t.vecs {
			t.vec(fadd, t.sum(i, v), t.sum(i, v), vB+v)
		}
	}
}

// reluSums leaves -0 and NaN as they are, like the twin.
func (t neonTile) reluSums() {
	t.label(t.at("relu"))
	t.gen("TBZ $1, R%d, %s", gFlags, t.at("store"))
	for i := range t.rows * t.vecs {
		t.vec(fcmltZero, vA+i%4, i, 0)
		t.vec(bic, i, i, vA+i%4)
	}
}

func (t neonTile) end() {
	t.label(t.at("store"))
	for i := range t.rows {
		for v := range t.vecs - 1 {
			t.vec(strQ(16*v), t.sum(i, v), gC, 0)
		}
		t.storeLast(t.sum(i, t.vecs-1), fmt.Sprintf("s%d", i))
		t.gen("ADD R%d, R%d", gCRow, gC)
	}
}

// loadLast loads the last vector of columns from a row that begins at base,
// which stays; columns that do not exist become 0.
func (t neonTile) loadLast(register, base int, name string) {
	distance := 16 * (t.vecs - 1)
	t.gen("CBNZ R%d, %s", gCut, t.at(name+"cut"))
	t.vec(ldrQ(distance), register, base, 0)
	t.gen("B %s", t.at(name+"done"))
	t.label(t.at(name + "cut"))
	t.gen("ADD $%d, R%d, R%d", distance, base, gShape)
	t.gen("TBNZ $1, R%d, %s", gCut, t.at(name+"two"))
	t.vec(ldrS, register, gShape, 0)
	t.gen("B %s", t.at(name+"done"))
	t.label(t.at(name + "two"))
	t.vec(ldrD, register, gShape, 0)
	t.gen("TBZ $0, R%d, %s", gCut, t.at(name+"done"))
	t.gen("ADD $8, R%d", gShape)
	t.vec(ld1Lane2, register, gShape, 0)
	t.label(t.at(name + "done"))
}

// storeLast stores the last vector of columns of the row at gC, and of it only
// the columns that exist.
func (t neonTile) storeLast(register int, name string) {
	distance := 16 * (t.vecs - 1)
	t.gen("CBNZ R%d, %s", gCut, t.at(name+"cut"))
	t.vec(strQ(distance), register, gC, 0)
	t.gen("B %s", t.at(name+"done"))
	t.label(t.at(name + "cut"))
	t.gen("ADD $%d, R%d, R%d", distance, gC, gShape)
	t.gen("TBNZ $1, R%d, %s", gCut, t.at(name+"two"))
	t.vec(strS, register, gShape, 0)
	t.gen("B %s", t.at(name+"done"))
	t.label(t.at(name + "two"))
	t.vec(strD, register, gShape, 0)
	t.gen("TBZ $0, R%d, %s", gCut, t.at(name+"done"))
	t.gen("ADD $8, R%d", gShape)
	t.vec(st1Lane2, register, gShape, 0)
	t.label(t.at(name + "done"))
}
