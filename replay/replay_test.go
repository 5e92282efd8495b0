package replay_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/internal/wire"
	"demorl/replay"
	"demorl/rng"
)

const obsDim, actDim = 3, 2

// numbered returns the row whose every number tells which row it is.
func numbered(n int) replay.Transition {
	x := float32(n)
	return replay.Transition{
		Obs: []float32{x, x + 0.25, -x}, Action: []float32{x / 1024, -x / 1024}, Next: []float32{x + 1, x + 0.5, -x - 1},
		Reward: 10 * x, Terminated: n%5 == 3, Truncated: n%7 == 2,
	}
}

func equal(a, b replay.Transition) bool {
	return slices.Equal(a.Obs, b.Obs) && slices.Equal(a.Action, b.Action) && slices.Equal(a.Next, b.Next) &&
		a.Reward == b.Reward && a.Terminated == b.Terminated && a.Truncated == b.Truncated
}

// expect fails unless b holds exactly the rows with these numbers, oldest first.
func expect(t *testing.T, b *replay.Buffer, rows []int) {
	t.Helper()
	if b.Len() != len(rows) {
		t.Fatalf("the buffer holds %d rows, want %d", b.Len(), len(rows))
	}
	for i, n := range rows {
		if got := b.Row(i); !equal(got, numbered(n)) {
			t.Fatalf("row %d is %+v, want number %d", i, got, n)
		}
	}
}

func TestARingKeepsTheNewestRowsInOrder(t *testing.T) {
	b := replay.NewBuffer(5, obsDim, actDim)
	var all []int
	for n := range 23 {
		b.Add(numbered(n))
		all = append(all, n)
		expect(t, b, all[max(0, len(all)-5):])
		if b.Added() != uint64(n+1) || b.Capacity() != 5 {
			t.Fatalf("after %d rows: added %d, capacity %d", n+1, b.Added(), b.Capacity())
		}
	}
}

func TestAddCopiesTheCallersNumbers(t *testing.T) {
	b := replay.NewBuffer(2, obsDim, actDim)
	for range 3 { // the third overwrites the first
		row := numbered(4)
		b.Add(row)
		row.Obs[0], row.Action[0], row.Next[0] = -99, -99, -99
	}
	expect(t, b, []int{4, 4})
}

// model is what a Buffer has to be: a list and a capacity.
type model struct {
	rows     []int
	capacity int
}

func (m *model) trim() { m.rows = slices.Clone(m.rows[max(0, len(m.rows)-m.capacity):]) }

// Any order of operations leaves the buffer as a plain list that is trimmed
// would be, saving and restoring included.
func TestAnySequenceOfOperationsBehavesAsATrimmedList(t *testing.T) {
	for seed := range uint64(200) {
		s := rng.NewStream(rng.Root(seed))
		m := model{capacity: 1 + s.Intn(6)}
		b := replay.NewBuffer(m.capacity, obsDim, actDim)
		next := 0
		log := fmt.Sprintf("seed %d: capacity %d", seed, m.capacity)
		for range 60 {
			switch op := s.Intn(10); {
			case op < 6:
				for range 1 + s.Intn(4) {
					b.Add(numbered(next))
					m.rows = append(m.rows, next)
					next++
				}
				log += fmt.Sprintf(", add to %d", next)
			case op == 6:
				m.capacity = 1 + s.Intn(8)
				b.Resize(m.capacity, false)
				log += fmt.Sprintf(", resize %d", m.capacity)
			case op == 7:
				m.capacity = 1 + s.Intn(8)
				b.Clear(m.capacity)
				m.rows = nil
				log += fmt.Sprintf(", clear %d", m.capacity)
			case op == 8:
				m.capacity = 1 + s.Intn(8)
				b.Resize(m.capacity, true)
				m.rows = nil
				log += fmt.Sprintf(", clearing resize %d", m.capacity)
			default:
				state := b.AppendState(nil)
				b = replay.NewBuffer(1+s.Intn(3), obsDim, actDim)
				r := wire.NewReader(state)
				b.ReadState(r)
				if err := r.Err(); err != nil {
					t.Fatalf("%s, restore: %v", log, err)
				}
				if again := b.AppendState(nil); !slices.Equal(again, state) {
					t.Fatalf("%s: the restored buffer saves other bytes", log)
				}
				log += ", restore"
			}
			m.trim()
			if b.Capacity() != m.capacity || b.Len() != len(m.rows) {
				t.Fatalf("%s: %d rows of %d, want %d of %d", log, b.Len(), b.Capacity(), len(m.rows), m.capacity)
			}
			for i, n := range m.rows {
				if !equal(b.Row(i), numbered(n)) {
					t.Fatalf("%s: row %d is %+v, want number %d", log, i, b.Row(i), n)
				}
			}
		}
	}
}

// filled returns a buffer of rows whose reward is first, first+1, ...
func filled(rows, first int) *replay.Buffer {
	b := replay.NewBuffer(rows, obsDim, actDim)
	for i := range rows {
		row := numbered(i)
		row.Reward = float32(first + i)
		b.Add(row)
	}
	return b
}

// method.md A.2: each batch has floor(ratio * rows) real rows.
func TestABatchHasTheFloorOfTheRatioFromTheRealBuffer(t *testing.T) {
	real, imagined := filled(40, 0), filled(40, 1000)
	for _, c := range []struct {
		ratio float64
		rows  int
		want  int
	}{{0, 256, 0}, {1, 256, 256}, {0.05, 256, 12}, {0.2, 256, 51}, {0.8, 256, 204}, {0.5, 7, 3}, {0.999, 3, 2}} {
		batch := replay.NewBatch(c.rows, obsDim, actDim)
		replay.SampleMixed(batch, real, imagined, c.ratio, rng.Root(1))
		got := 0
		for _, r := range batch.Reward {
			if r < 1000 {
				got++
			}
		}
		if got != c.want {
			t.Errorf("ratio %g of %d rows: %d are real, want %d", c.ratio, c.rows, got, c.want)
		}
	}
}

func TestWithoutImaginedRowsTheWholeBatchIsReal(t *testing.T) {
	real := filled(9, 0)
	for name, imagined := range map[string]*replay.Buffer{"nil": nil, "empty": replay.NewBuffer(5, obsDim, actDim)} {
		batch := replay.NewBatch(64, obsDim, actDim)
		for i := range batch.Continue {
			batch.Continue[i] = -7
		}
		replay.SampleMixed(batch, real, imagined, 0.05, rng.Root(2))
		for r := range batch.Rows {
			if batch.Continue[r] != 0 && batch.Continue[r] != 1 {
				t.Fatalf("%s: row %d was not filled", name, r)
			}
		}
	}
}

// A batch's row is the row of the buffer, number for number: only a
// termination says that nothing follows.
func TestABatchRowIsARowAndOnlyTerminationStopsTheValue(t *testing.T) {
	const rows = 35 // all four combinations of the two flags occur
	real := replay.NewBuffer(rows, obsDim, actDim)
	for n := range rows + 11 { // wrapped: positions and numbers differ
		real.Add(numbered(n))
	}
	batch := replay.NewBatch(500, obsDim, actDim)
	replay.SampleMixed(batch, real, nil, 1, rng.Root(3))
	seen := map[[2]bool]bool{}
	for r := range batch.Rows {
		n := int(batch.Reward[r] / 10)
		want := numbered(n)
		if !slices.Equal(batch.Obs[r*obsDim:(r+1)*obsDim], want.Obs) || !slices.Equal(batch.Next[r*obsDim:(r+1)*obsDim], want.Next) ||
			!slices.Equal(batch.Action[r*actDim:(r+1)*actDim], want.Action) {
			t.Fatalf("batch row %d mixes rows: it should be number %d", r, n)
		}
		cont := float32(1)
		if want.Terminated {
			cont = 0
		}
		if batch.Continue[r] != cont {
			t.Errorf("a row with terminated %t, truncated %t has Continue %g", want.Terminated, want.Truncated, batch.Continue[r])
		}
		seen[[2]bool{want.Terminated, want.Truncated}] = true
	}
	if len(seen) != 4 {
		t.Errorf("only %d combinations of terminated and truncated were drawn", len(seen))
	}
}

// Chi-square of the draws from both buffers, one of them wrapped: with 49
// degrees of freedom 85.4 is exceeded once in 1000 fair samplers, and the keys
// are fixed.
func TestBothHalvesOfABatchAreUniformWithReplacement(t *testing.T) {
	const rows, batches, size = 50, 500, 200
	real, imagined := filled(rows, 0), replay.NewBuffer(rows, obsDim, actDim)
	for i := range 3*rows + 17 {
		row := numbered(0)
		row.Reward = float32(1000 + i%rows)
		imagined.Add(row)
	}
	batch := replay.NewBatch(size, obsDim, actDim)
	var count [2][rows]int
	repeats := 0
	for k := range uint64(batches) {
		replay.SampleMixed(batch, real, imagined, 0.4, rng.Root(5).At(k))
		for r, x := range batch.Reward {
			if x < 1000 {
				count[0][int(x)]++
			} else {
				count[1][int(x)-1000]++
			}
			if r > 0 && x == batch.Reward[r-1] {
				repeats++
			}
		}
	}
	for which, drawn := range []float64{0.4 * size * batches, 0.6 * size * batches} {
		chi2, expected := 0.0, drawn/rows
		for _, n := range count[which] {
			chi2 += (float64(n) - expected) * (float64(n) - expected) / expected
		}
		if chi2 > 85.4 || chi2 < 23 {
			t.Errorf("buffer %d: chi-square %g with 49 degrees of freedom", which, chi2)
		}
	}
	// Neighbours agree with probability 1/rows when draws are independent.
	if want := float64(batches*(size-2)) / rows; math.Abs(float64(repeats)-want) > 5*math.Sqrt(want) {
		t.Errorf("%d neighbouring rows are the same, want about %g", repeats, want)
	}
}

func TestABatchIsAFunctionOfItsKey(t *testing.T) {
	real, imagined := filled(100, 0), filled(100, 1000)
	draw := func(seed uint64) []float32 {
		b := replay.NewBatch(64, obsDim, actDim)
		replay.SampleMixed(b, real, imagined, 0.5, rng.Root(seed))
		return b.Reward
	}
	if !slices.Equal(draw(1), draw(1)) || slices.Equal(draw(1), draw(2)) {
		t.Error("equal keys must give equal batches and other keys others")
	}
}

func TestSamplingAndOverwritingAllocateNothing(t *testing.T) {
	real, imagined := filled(300, 0), filled(300, 1000)
	batch, row := replay.NewBatch(256, obsDim, actDim), numbered(1)
	if n := testing.AllocsPerRun(20, func() { replay.SampleMixed(batch, real, imagined, 0.05, rng.Root(4)) }); n != 0 {
		t.Errorf("SampleMixed allocates %g times", n)
	}
	if n := testing.AllocsPerRun(20, func() { real.Add(row) }); n != 0 {
		t.Errorf("Add to a full ring allocates %g times", n)
	}
	if n := testing.AllocsPerRun(20, func() {
		imagined.Clear(300)
		for range 300 {
			imagined.Add(row)
		}
	}); n != 0 {
		t.Errorf("refilling a cleared buffer allocates %g times", n)
	}
}

func TestARowOfTheWrongShapePanics(t *testing.T) {
	for name, spoil := range map[string]func(*replay.Transition){
		"obs":    func(t *replay.Transition) { t.Obs = t.Obs[:2] },
		"next":   func(t *replay.Transition) { t.Next = append(t.Next, 0) },
		"action": func(t *replay.Transition) { t.Action = nil },
	} {
		t.Run(name, func(t *testing.T) {
			b := replay.NewBuffer(4, obsDim, actDim)
			defer func() {
				if got := recover(); got == nil || !strings.Contains(fmt.Sprint(got), "replay:") {
					t.Errorf("got %v, want a panic that names the package", got)
				}
				if b.Len() != 0 {
					t.Error("the row was stored all the same")
				}
			}()
			row := numbered(1)
			spoil(&row)
			b.Add(row)
		})
	}
}

// Whatever is cut off or does not belong to a buffer of this shape is an error,
// never a panic and never a buffer that panics later.
func TestADamagedStateIsAnError(t *testing.T) {
	b := replay.NewBuffer(4, obsDim, actDim)
	for n := range 6 {
		b.Add(numbered(n))
	}
	whole := b.AppendState(nil)
	restore := func(state []byte, obs, act int) (*replay.Buffer, error) {
		got := replay.NewBuffer(4, obs, act)
		r := wire.NewReader(state)
		got.ReadState(r)
		return got, r.Err()
	}
	got, err := restore(whole, obsDim, actDim)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, got, []int{2, 3, 4, 5})
	got.Add(numbered(6)) // the ring goes on where it was
	expect(t, got, []int{3, 4, 5, 6})
	for n := range whole {
		if _, err := restore(whole[:n], obsDim, actDim); err == nil {
			t.Fatalf("a state cut to %d of %d bytes is taken", n, len(whole))
		}
	}
	if _, err := restore(append(slices.Clone(whole), 0), obsDim, actDim); err == nil {
		t.Error("a state with a byte too many is taken")
	}
	if _, err := restore(whole, obsDim+1, actDim); err == nil {
		t.Error("a state of another observation length is taken")
	}
	if _, err := restore(whole, obsDim, actDim+1); err == nil {
		t.Error("a state of another action length is taken")
	}
	for _, capacity := range []int{0, -1, 3, 5, math.MinInt} {
		state := slices.Clone(whole)
		copy(state, wire.Int(nil, capacity))
		got, err := restore(state, obsDim, actDim)
		if err == nil {
			t.Errorf("a ring of 4 rows of 6 added is taken as capacity %d", capacity)
			got.Add(numbered(0))
		}
	}
	empty := replay.NewBuffer(4, obsDim, actDim).AppendState(nil)
	for _, capacity := range []int{0, -1} {
		copy(empty, wire.Int(nil, capacity))
		if _, err := restore(empty, obsDim, actDim); err == nil {
			t.Errorf("an empty buffer of capacity %d is taken", capacity)
		}
	}
}
