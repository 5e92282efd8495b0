//go:build mujoco && cgo && linux

package mujoco

import (
	"math"
	"strings"
	"testing"

	"demorl/env"
	"demorl/internal/wire"
	"demorl/rng"
)

// sliding is a heavy body that slides over a floor and carries an arm with a motor.
const sliding = `<mujoco><option timestep="0.004" integrator="implicitfast"/><worldbody>
<geom type="plane" size="5 5 .1" friction="0.1"/>
<body pos="0 0 .1"><freejoint/><geom type="box" size=".1 .1 .1" mass="2" friction="0.8"/>
<body pos="0 0 .2"><joint name="hinge" axis="0 1 0"/><geom type="capsule" size=".03" fromto="0 0 0 .3 0 0" mass="0.5" contype="0" conaffinity="0"/></body></body>
</worldbody><actuator><motor joint="hinge" gear="2"/></actuator></mujoco>`

// run resets s, gives it a shove and returns its path.
func run(t *testing.T, s *Sim, steps int) (path []float64) {
	t.Helper()
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	s.Field(Qvel)[0], s.Field(Ctrl)[0] = 2, .3
	if err := s.Forward(); err != nil {
		t.Fatal(err)
	}
	return append(path, walkOn(t, s, steps)...)
}

func walkOn(t *testing.T, s *Sim, steps int) (path []float64) {
	t.Helper()
	for range steps {
		if err := s.Step(Plain, 1); err != nil {
			t.Fatal(err)
		}
		path = append(path, s.Field(Qpos)...)
	}
	return path
}

// A model whose file has the changed numbers is the oracle: both move alike.
func TestAVariedModelMovesAsOneThatWasCompiledSo(t *testing.T) {
	plain := run(t, load(t, sliding), 100)
	for name, c := range map[string]struct {
		ranges  env.Randomization
		changes []string
	}{
		"friction": {env.Randomization{Friction: env.Range{.5, .5}}, []string{`friction="0.8"`, `friction="0.4"`, `friction="0.1"`, `friction="0.05"`}},
		"mass":     {env.Randomization{Mass: env.Range{2, 2}}, []string{`mass="2"`, `mass="4"`, `mass="0.5"`, `mass="1"`}},
		"motor":    {env.Randomization{Motor: env.Range{.5, .5}}, []string{`gear="2"`, `gear="1"`}},
	} {
		t.Run(name, func(t *testing.T) {
			want := run(t, load(t, strings.NewReplacer(c.changes...).Replace(sliding)), 100)
			varied := load(t, sliding)
			v := varied.Vary(c.ranges, GeomFriction, ActuatorGear)
			if err := v.Draw(rng.NewStream(rng.Root(1))); err != nil {
				t.Fatal(err)
			}
			moved := 0.
			for i, x := range run(t, varied, 100) {
				// Inertias of the two differ in the last bit: one is computed from the doubled mass, one is doubled.
				if !(math.Abs(x-want[i]) <= 1e-9) {
					t.Fatalf("entry %d is %v, want %v", i, x, want[i])
				}
				moved = max(moved, math.Abs(x-plain[i]))
			}
			if moved < 1e-3 {
				t.Errorf("the change moves the model by %v only; the test shows nothing", moved)
			}
		})
	}
}

func TestAVariedModelsStateIsRestoredWithItsPhysics(t *testing.T) {
	ranges := env.Randomization{Friction: env.Range{.3, 2}, Mass: env.Range{.5, 2}, Motor: env.Range{.5, 2}}
	saved, fresh := load(t, sliding), load(t, sliding)
	v := saved.Vary(ranges, GeomFriction, ActuatorGear)
	fresh.Vary(ranges, GeomFriction, ActuatorGear)
	if err := v.Draw(rng.NewStream(rng.Root(7))); err != nil {
		t.Fatal(err)
	}
	run(t, saved, 50)
	if err := fresh.RestoreState(wire.NewReader(saved.AppendState(nil))); err != nil {
		t.Fatal(err)
	}
	want, got := walkOn(t, saved, 100), walkOn(t, fresh, 100)
	for i := range want {
		if math.Float64bits(want[i]) != math.Float64bits(got[i]) {
			t.Fatalf("entry %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestDrawsStayInTheirRangesAndFillThem(t *testing.T) {
	s := load(t, sliding)
	nominal := s.Field(BodyMass)[1]
	v := s.Vary(env.Randomization{Friction: env.Range{.5, 1.5}, Mass: env.Range{.8, 1.2}}, GeomFriction, ActuatorGear)
	stream := rng.NewStream(rng.Root(5))
	low, high, factors := math.Inf(1), 0., 0.
	for range 300 {
		if err := v.Draw(stream); err != nil {
			t.Fatal(err)
		}
		m, f := s.Field(BodyMass)[1]/nominal, s.Field(GeomFriction)
		low, high, factors = min(low, m), max(high, m), factors+f[0]/.1
		if r := f[3] / f[0]; math.Abs(r-8) > 1e-9 {
			t.Errorf("one factor is for all geoms; the ratio became %v", r)
		}
	}
	if low < .8 || low > .81 || high > 1.2 || high < 1.19 || math.Abs(factors/300-1) > .1 {
		t.Errorf("masses from %v to %v, mean friction %v", low, high, factors/300)
	}
}
