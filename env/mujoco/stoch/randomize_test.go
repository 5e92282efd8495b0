//go:build mujoco && cgo && linux

package stoch

import (
	"errors"
	"math"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/rng"
)

var everything = env.Randomization{
	Friction: env.Range{.5, 1.2}, Mass: env.Range{.8, 1.2}, Motor: env.Range{.7, 1}, Latency: env.Range{.001, .008}, Noise: .01, Push: env.Range{5, 20},
}

func TestNoiseIsOnTheMeasuredAttitudeAlone(t *testing.T) {
	noisy, still := instance(t, "noisy"), instance(t, "flat")
	s, a, b := rng.NewStream(rng.Root(1)), make([]float64, obsDim), make([]float64, obsDim)
	var squares [obsDim]float64
	const steps = 600
	if err := errors.Join(noisy.Reset(s, a), still.Reset(s, b)); err != nil {
		t.Fatal(err)
	}
	action := make([]float64, actDim)
	for range steps {
		x, err := noisy.Step(action, a)
		y, err2 := still.Step(action, b)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if x != y {
			t.Fatalf("the noise changed the outcome: %+v and %+v", x, y)
		}
		for i := range a {
			squares[i] += (a[i] - b[i]) * (a[i] - b[i])
		}
	}
	for i, x := range squares {
		want := 0.
		if i == 1 || i == 2 {
			want = imu
		}
		near(t, "standard deviation of "+obsNames[i], steps, math.Sqrt(x/steps), want, want*5/math.Sqrt(2*steps))
	}
}

// Late targets are the earlier ones for so many ticks: the same calls by hand
// on the simulation of a second instance.
func TestLateTargetsActForTheirTicks(t *testing.T) {
	late, hand := instance(t, "flat"), instance(t, "flat")
	if err := late.Randomize(env.Randomization{Latency: env.Range{.004, .004}}); err != nil {
		t.Fatal(err)
	}
	obs, action := make([]float64, obsDim), make([]float64, actDim)
	if err := errors.Join(late.Reset(rng.NewStream(rng.Root(1)), obs), hand.Reset(rng.NewStream(rng.Root(1)), obs)); err != nil {
		t.Fatal(err)
	}
	s, before := rng.NewStream(rng.Root(4)), joints{stand, stand, stand, stand}
	for i := range 40 {
		randomAction(s, action)
		if _, err := late.Step(action, obs); err != nil {
			t.Fatal(err)
		}
		targets := hand.generator.advance(action)
		for _, part := range []struct {
			targets joints
			ticks   int
		}{{before, 8}, {targets, 12}} {
			for j := range 12 {
				hand.sim.Field(mujoco.Ctrl)[j] = part.targets[j/3][j%3]
			}
			if err := hand.sim.Step(mujoco.Plain, part.ticks); err != nil {
				t.Fatal(err)
			}
		}
		before = targets
		same(t, "late", i, late.sim.Field(mujoco.Qpos)[:obsDim], hand.sim.Field(mujoco.Qpos)[:obsDim])
	}
	if err := late.Randomize(env.Randomization{Latency: env.Range{0, .02}}); err == nil || !strings.Contains(err.Error(), "latency reaches 0.02 s") {
		t.Errorf("got %v", err)
	}
}

func TestPushesComeAtDrawnMomentsAndEnd(t *testing.T) {
	e := instance(t, "flat")
	if err := e.Randomize(env.Randomization{Push: env.Range{4, 6}}); err != nil {
		t.Fatal(err)
	}
	obs, action := make([]float64, obsDim), make([]float64, actDim)
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	length, pushes, left := 0, 0, 0.
	for i := range 2000 {
		if _, err := e.Step(action, obs); err != nil {
			t.Fatal(err)
		}
		f := e.sim.Field(mujoco.XfrcApplied)
		size := math.Hypot(f[6], f[7])
		switch {
		case size > 0:
			length++
			left += f[7] / size
			if size < 4 || size > 6 {
				t.Fatalf("step %d: a push of %v N", i, size)
			}
		case length > 0:
			if length != pushTime {
				t.Fatalf("step %d: a push of %d steps", i, length)
			}
			length = 0
			pushes++
		}
		for j, x := range f {
			if j != 6 && j != 7 && x != 0 {
				t.Fatalf("entry %d of the forces is %v", j, x)
			}
		}
	}
	// 2000 steps over some 170 from one push to the next.
	if pushes < 6 || pushes > 24 || math.Abs(left/float64(pushes*pushTime)) > .8 {
		t.Errorf("%d pushes, mean direction %v", pushes, left/float64(pushes*pushTime))
	}
}
