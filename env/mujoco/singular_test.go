//go:build mujoco && cgo && linux

package mujoco

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// gimbal is a body on three hinges in a row, of which the first and the third
// are parallel at a right angle of the second: the inertia is singular there.
const gimbal = `<mujoco><option timestep="0.002" gravity="0 0 0"/><worldbody><body>
<inertial pos="0 0 0" mass=".05" diaginertia="6e-5 6e-5 6e-5"/>
<joint type="hinge" axis="1 0 0"/><joint type="hinge" axis="0 1 0"/><joint type="hinge" axis="0 0 1"/>
</body></worldbody></mujoco>`

func TestASingularInertiaLosesTheEpisodeUnlessItIsTaken(t *testing.T) {
	s := load(t, gimbal)
	provoke := func() error {
		if err := s.Reset(); err != nil {
			t.Fatal(err)
		}
		s.Field(Qpos)[1] = math.Pi / 2
		return s.Step(Plain, 2)
	}
	var failure *SimError
	if err := provoke(); !errors.As(err, &failure) || !strings.Contains(failure.Text, "Inertia") {
		t.Fatalf("got %v, want the warning about the inertia", err)
	}
	s.TakeSingular()
	if err := provoke(); err != nil {
		t.Error(err)
	}
	s.Field(Qvel)[0] = 1e12
	if err := s.Step(Plain, 1); !errors.As(err, &failure) || strings.Contains(failure.Text, "Inertia") {
		t.Errorf("another warning: %v", err)
	}
}
