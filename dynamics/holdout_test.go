package dynamics

import (
	"math"
	"slices"
	"testing"

	"demorl/replay"
	"demorl/rng"
)

// grow adds rows to buf until it has seen total.
func grow(buf *replay.Buffer, total uint64) {
	for buf.Added() < total {
		buf.Add(replay.Transition{Obs: []float32{0}, Action: []float32{0}, Next: []float32{0}})
	}
}

func TestATrainingRowIsNeverHeldOutLater(t *testing.T) {
	buf := replay.NewBuffer(100000, 1, 1)
	var h holdout
	trained := map[uint64]bool{}
	for total := uint64(100); total <= 5000; total += 100 {
		grow(buf, total)
		h.update(buf, 0.2, 300, rng.Root(1))
		held := map[uint64]bool{}
		for _, row := range h.held {
			if trained[row] {
				t.Fatalf("row %d was trained on and is held out at %d", row, total)
			}
			held[row] = true
		}
		if len(held) != len(h.held) || len(held) > 300 {
			t.Fatalf("%d held rows, %d distinct, at most 300", len(h.held), len(held))
		}
		for row := range total {
			if !held[row] {
				trained[row] = true
			}
		}
	}
}

func TestHoldoutDrawsTheAskedShareAndTheReservoirIsUniform(t *testing.T) {
	buf := replay.NewBuffer(100000, 1, 1)
	grow(buf, 20000)
	var h holdout
	h.update(buf, 0.2, 100000, rng.Root(2))
	if share := float64(len(h.held)) / 20000; math.Abs(share-0.2) > 0.01 {
		t.Errorf("held-out share is %v", share)
	}
	var early, late int
	for seed := range uint64(50) {
		var h holdout
		h.update(buf, 0.2, 100, rng.Root(seed))
		for _, row := range h.held {
			if row < 10000 {
				early++
			} else {
				late++
			}
		}
	}
	if d := math.Abs(float64(early-late)) / 5000; d > 0.06 {
		t.Errorf("of 5000 held rows %d are from the first half and %d from the second", early, late)
	}
}

func TestHoldoutDoesNotDependOnHowOftenItIsUpdated(t *testing.T) {
	once, often := replay.NewBuffer(100000, 1, 1), replay.NewBuffer(100000, 1, 1)
	var a, b holdout
	grow(once, 3000)
	a.update(once, 0.2, 200, rng.Root(3))
	for n := uint64(500); n <= 3000; n += 250 {
		grow(often, n)
		b.update(often, 0.2, 200, rng.Root(3))
	}
	if !slices.Equal(a.held, b.held) {
		t.Error("the hold-out set depends on when fits happened")
	}
}

func TestHoldoutFollowsARingThatOverwrites(t *testing.T) {
	buf := replay.NewBuffer(1000, 1, 1)
	var h holdout
	for n := uint64(400); n <= 4000; n += 400 {
		grow(buf, n)
		h.update(buf, 0.2, 150, rng.Root(4))
		oldest := buf.Added() - uint64(buf.Len())
		for _, row := range h.held {
			if row < oldest {
				t.Fatalf("row %d is held out and was overwritten (oldest %d)", row, oldest)
			}
		}
		train, held := h.split(buf, nil, nil)
		if len(train)+len(held) != buf.Len() || len(held) != len(h.held) {
			t.Fatalf("%d training and %d held rows of %d", len(train), len(held), buf.Len())
		}
	}
	buf.Clear(1000)
	grow(buf, 50)
	h.update(buf, 0.2, 150, rng.Root(4))
	if len(h.held) == 0 || h.held[len(h.held)-1] >= 50 {
		t.Errorf("after a cleared buffer the held rows are %v", h.held)
	}
}

func TestHeldOutRowsAreInNoMembersList(t *testing.T) {
	e := mustNew(t, smallSettings(), 2, 1, 1)
	buf := doubleIntegrator(400, rng.Root(5))
	mustFit(t, e, buf, 0)
	held := map[int32]bool{}
	for _, i := range e.fit.held {
		held[i] = true
	}
	for m, list := range e.fit.lists {
		for _, i := range list {
			if held[e.fit.train[i]] {
				t.Fatalf("member %d trained on held-out row %d", m, e.fit.train[i])
			}
		}
	}
	if len(held) < 40 || len(held) > 120 {
		t.Errorf("%d of 400 rows are held out", len(held))
	}
}

func TestResampleHoldsOutItsShareUpToTheLimit(t *testing.T) {
	buf := replay.NewBuffer(1000, 1, 1)
	grow(buf, 1000)
	var h holdout
	h.resample(buf, 0.2, 5000, rng.Root(1))
	first := slices.Clone(h.held)
	if len(first) != 200 {
		t.Errorf("%d rows of 1000 are held out, want 200", len(first))
	}
	h.resample(buf, 0.2, 50, rng.Root(2))
	if len(h.held) != 50 || slices.Equal(first[:50], h.held) {
		t.Errorf("a second draw of at most 50 gave %d rows", len(h.held))
	}
}
