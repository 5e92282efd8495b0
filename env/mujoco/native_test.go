//go:build mujoco && cgo && linux

package mujoco

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"demorl/internal/wire"
)

// TestMain finds what `demorl env fetch gym` put into the source tree.
func TestMain(m *testing.M) {
	root := "../../third_party/"
	if _, err := os.Stat(root + libraryFolder); err == nil && os.Getenv("MUJOCO_DIR") == "" {
		os.Setenv("MUJOCO_DIR", root+libraryFolder)
	}
	if _, err := os.Stat(root + gymnasiumFolder); err == nil && os.Getenv("DEMORL_ASSETS") == "" {
		os.Setenv("DEMORL_ASSETS", root+gymnasiumFolder+"/assets")
	}
	os.Exit(m.Run())
}

func need(t testing.TB) {
	t.Helper()
	if _, err := FindLibrary(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// load compiles a model given as text.
func load(t testing.TB, xml string) *Sim {
	t.Helper()
	need(t)
	path := filepath.Join(t.TempDir(), "model.xml")
	if err := os.WriteFile(path, []byte(xml), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// box is a free box that falls on a floor, with a motor on a hinge beside it.
const box = `<mujoco><option timestep="0.005" integrator="RK4"/><worldbody>
<geom type="plane" size="5 5 .1"/>
<body name="box" pos="0 0 .4" euler="20 30 0"><freejoint/><geom type="box" size=".1 .1 .1"/></body>
<body name="arm" pos="1 0 1"><joint name="hinge" type="hinge" axis="0 1 0"/><geom type="capsule" size=".05" fromto="0 0 0 .3 0 0"/></body>
</worldbody><actuator><motor joint="hinge" ctrlrange="-1 1" ctrllimited="true"/></actuator></mujoco>`

func TestALibraryOfAnotherVersionIsRefused(t *testing.T) {
	shim, err := os.ReadFile("shim.c")
	if err != nil {
		t.Fatal(err)
	}
	source := "int mj_version(void) { return 4000000; }\nvoid (*mju_user_error)(const char*);\nvoid (*mju_user_warning)(const char*);\n"
	for _, m := range regexp.MustCompile(`X\((mj_\w+)\)`).FindAllStringSubmatch(string(shim), -1) {
		source += "void " + m[1] + "(void) {}\n"
	}
	dir := t.TempDir()
	c, so := filepath.Join(dir, "fake.c"), filepath.Join(dir, libraryFile)
	if err := os.WriteFile(c, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", so, c).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v %s", err, out)
	}
	err = openFile(so)
	if err == nil || !strings.Contains(err.Error(), "reports version 4000000") || !strings.Contains(err.Error(), "3017000") {
		t.Errorf("got %v, want an error that names both versions", err)
	}
	if err := openFile(filepath.Join(dir, "absent.so")); err == nil {
		t.Error("an absent library was opened")
	}
}

func TestAModelThatDoesNotCompileIsAnError(t *testing.T) {
	need(t)
	path := filepath.Join(t.TempDir(), "bad.xml")
	if err := os.WriteFile(path, []byte("<mujoco><nonsense/></mujoco>"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "nonsense") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want MuJoCo's own complaint on one line", err)
	}
}

// Boxes that are far apart when the model is compiled, then all in one place: with the right amount of memory MuJoCo
// gets through the first and gives up in the second, inside mj_step.
func TestAnErrorOfMuJoCoIsReturnedAndDoesNotEndTheProcess(t *testing.T) {
	need(t)
	var boxes strings.Builder
	for i := range 40 {
		fmt.Fprintf(&boxes, `<body pos="%d 9 1"><freejoint/><geom type="box" size=".1 .1 .1"/></body>`, i)
	}
	for kilobytes := 20; kilobytes < 2000; kilobytes += 20 {
		small := strings.Replace(box, "<worldbody>", fmt.Sprintf(`<size memory="%dK"/><worldbody>%s`, kilobytes, &boxes), 1)
		path := filepath.Join(t.TempDir(), "small.xml")
		if err := os.WriteFile(path, []byte(small), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Load(path)
		if err != nil {
			continue // too little memory to compile, reported by the compiler
		}
		defer s.Close()
		for round := range 2 {
			if err := s.Reset(); err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(s.Field(Qpos))-7; i += 7 {
				copy(s.Field(Qpos)[i:], []float64{0, 0, .05})
			}
			err = s.Step(Gymnasium, 1)
			var failure *SimError
			if errors.As(err, &failure) && strings.HasPrefix(failure.Text, "error: ") {
				t.Log(failure)
				if round == 1 {
					return // and a reset makes the instance usable again
				}
			}
		}
	}
	t.Error("no amount of memory made MuJoCo fail inside a step")
}

func TestAWarningLosesTheEpisodeUntilAReset(t *testing.T) {
	s := load(t, box)
	for round := range 3 { // MuJoCo prints a warning of one kind only once
		if err := s.Step(Gymnasium, 10); err != nil {
			t.Fatal(err)
		}
		s.Field(Ctrl)[0] = math.NaN()
		err := s.Step(Gymnasium, 1)
		var failure *SimError
		if !errors.As(err, &failure) || failure.Model != "model.xml" || !strings.Contains(failure.Text, "CTRL") || math.Abs(failure.Time-.05) > 1e-9 {
			t.Fatalf("round %d: got %v, want a SimError about the control at 0.05 s", round, err)
		}
		s.Field(Ctrl)[0] = 0
		if again := s.Step(Gymnasium, 1); again == nil {
			t.Fatal("the lost episode went on")
		}
		if err := errors.Join(s.Reset(), s.Forward()); err != nil {
			t.Fatal(err)
		}
	}
	s.Field(Qvel)[0] = 1e12
	if err := s.Step(Gymnasium, 1); err == nil || !strings.Contains(err.Error(), "QVEL") {
		t.Errorf("got %v, want the warning about QVEL", err)
	}
}

func TestARestoredStateStepsBitForBitAndSavingDisturbsNothing(t *testing.T) {
	saved, undisturbed := load(t, box), load(t, box)
	control := func(i int) float64 { return math.Sin(float64(i)) }
	for i := range 300 {
		saved.Field(Ctrl)[0], undisturbed.Field(Ctrl)[0] = control(i), control(i)
		if err := errors.Join(saved.Step(Gymnasium, 1), undisturbed.Step(Gymnasium, 1)); err != nil {
			t.Fatal(err)
		}
		if i%37 != 0 {
			continue
		}
		fresh := load(t, box)
		if err := fresh.RestoreState(wire.NewReader(saved.AppendState(nil))); err != nil {
			t.Fatal(err)
		}
		equalFields(t, fresh, saved, i)
		for j := i + 1; j < i+100; j++ {
			fresh.Field(Ctrl)[0] = control(j)
			if err := fresh.Step(Gymnasium, 1); err != nil {
				t.Fatal(err)
			}
		}
		ahead := load(t, box)
		for j := range i + 100 {
			ahead.Field(Ctrl)[0] = control(j)
			if err := ahead.Step(Gymnasium, 1); err != nil {
				t.Fatal(err)
			}
		}
		equalFields(t, fresh, ahead, i)
	}
	equalFields(t, saved, undisturbed, 300)
}

func equalFields(t *testing.T, a, b *Sim, step int) {
	t.Helper()
	for f := range numFields {
		x, y := a.Field(f), b.Field(f)
		for i := range x {
			if math.Float64bits(x[i]) != math.Float64bits(y[i]) {
				t.Fatalf("step %d: %v[%d] is %v in one and %v in the other", step, f, i, x[i], y[i])
			}
		}
	}
	if a.Time() != b.Time() {
		t.Fatalf("step %d: times %v and %v", step, a.Time(), b.Time())
	}
}

func TestABrokenStateIsRefused(t *testing.T) {
	s := load(t, box)
	state := s.AppendState(nil)
	for _, bad := range [][]byte{nil, state[:len(state)-1], append(append([]byte{}, state...), 0), state[:5]} {
		if err := s.RestoreState(wire.NewReader(bad)); err == nil {
			t.Errorf("a state of %d bytes was taken, %d are right", len(bad), len(state))
		}
	}
}

func TestInstancesInSeveralGoroutinesDoNotDisturbEachOther(t *testing.T) {
	reference := load(t, box)
	for range 500 {
		if err := reference.Step(Gymnasium, 1); err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	for g := range 8 {
		s := load(t, box)
		group.Go(func() {
			if g%2 == 1 { // every second one only makes warnings
				for range 100 {
					s.Field(Ctrl)[0] = math.NaN()
					if s.Step(Gymnasium, 1) == nil {
						t.Error("a control that is no number made no warning")
					}
					if err := errors.Join(s.Reset(), s.Forward()); err != nil {
						t.Error(err)
					}
				}
				return
			}
			for range 500 {
				if err := s.Step(Gymnasium, 1); err != nil {
					t.Error(err)
					return
				}
			}
			for i, x := range reference.Field(Qpos) {
				if x != s.Field(Qpos)[i] {
					t.Errorf("qpos[%d] is %v, alone it was %v", i, s.Field(Qpos)[i], x)
				}
			}
		})
	}
	group.Wait()
}

func TestAStepAllocatesNothing(t *testing.T) {
	s := load(t, box)
	if n := testing.AllocsPerRun(100, func() {
		if err := s.Step(Gymnasium, 2); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}

func TestAClosedSimulationRefusesToStep(t *testing.T) {
	s := load(t, box)
	s.Close()
	s.Close()
	if err := s.Repeat(Gymnasium, []float64{0}, 1); err == nil {
		t.Error("a closed simulation stepped")
	}
}
