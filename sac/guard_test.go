package sac

import (
	"bytes"
	"math"
	"testing"

	"demorl/rng"
)

func guarded(t *testing.T, gamma float64, policyEvery int) *Agent {
	s := DefaultSettings()
	s.Hidden, s.Batch, s.Gamma, s.PolicyEvery = []int{8}, 10, gamma, policyEvery
	return newAgent(t, s, 3, 2, nil)
}

func TestNonFiniteLossIsReportedAndLeavesTheLearnerAsItWas(t *testing.T) {
	a := guarded(t, 0.99, 1)
	before := a.AppendState(nil)
	b := randomBatch(10, 3, 2, rng.Root(1))
	b.Reward[3] = float32(math.NaN())
	if st := a.Update(b, rng.Root(2)); !st.NonFinite {
		t.Errorf("a NaN reward went unnoticed: %+v", st)
	}
	if !bytes.Equal(before, a.AppendState(nil)) {
		t.Error("the learner changed")
	}
}

func TestNonFiniteActorIsReported(t *testing.T) {
	a := guarded(t, 0, 1) // gamma 0: a NaN of the actor still enters the critics' targets
	a.actor.Params[0] = float32(math.NaN())
	a.actor.PackAll()
	if st := a.Update(randomBatch(10, 3, 2, rng.Root(1)), rng.Root(2)); !st.NonFinite {
		t.Errorf("a NaN weight went unnoticed: %+v", st)
	}
}

// A diverging toy: critics far above 10 r_max / (1 - gamma) raise the alarm and
// are not clipped (method.md D.3).
func TestQAlarmIsRaisedAndNothingIsClipped(t *testing.T) {
	a := guarded(t, 0.9, 1)
	b := randomBatch(10, 3, 2, rng.Root(1))
	for r := range b.Reward {
		b.Reward[r] = 1
	}
	if st := a.Update(b, rng.Root(2)); st.QAlarm {
		t.Errorf("alarm at |Q| %g, want none up to 100", st.QMax)
	}
	for c := range a.critics.Members {
		constant(a.critics.Member(c), 101)
	}
	a.critics.PackAll()
	if st := a.Update(b, rng.Root(2)); !st.QAlarm || st.QMax != 101 || st.NonFinite {
		t.Errorf("|Q| 101 gives %+v, want an alarm, largest |Q| 101 and finite", st)
	}
}

func TestPolicyStepsAfterEveryNthCriticStepOnly(t *testing.T) {
	a := guarded(t, 0.99, 3)
	for i := range uint64(7) {
		actor, critics := append([]float32(nil), a.actor.Params...), append([]float32(nil), a.critics.Params...)
		temperature := a.Temperature()
		a.Update(randomBatch(10, 3, 2, rng.Root(i)), rng.Root(i))
		moved := actor[0] != a.actor.Params[0]
		if want := i%3 == 2; moved != want || (a.Temperature() != temperature) != want {
			t.Errorf("update %d: actor moved %v, want %v", i, moved, want)
		}
		if critics[0] == a.critics.Params[0] {
			t.Errorf("update %d: critics stood still", i)
		}
	}
}
