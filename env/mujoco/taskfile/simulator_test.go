package taskfile_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/check"
	"demorl/env/mujoco"
	_ "demorl/env/mujoco/gymtasks"
	"demorl/env/mujoco/taskfile"
	"demorl/env/parity"
	"demorl/rng"
	"demorl/settings"
)

const examples = "../../../examples/tasks/"

var suite = parity.Find("gym_parity.py")

// oracleFault says why there is no live oracle, or is empty.
var oracleFault string

func TestMain(m *testing.M) {
	if err := suite.UseOraclesFiles("gym/halfcheetah"); err != nil {
		oracleFault = err.Error()
	}
	os.Exit(m.Run())
}

func needSimulator(t testing.TB) {
	t.Helper()
	if needs := mujoco.Needs("half_cheetah.xml"); needs != "" {
		if mujoco.Built {
			parity.Need(t, "needs "+needs)
		}
		t.Skip("needs " + needs)
	}
}

func open(t testing.TB, name string) env.Env {
	t.Helper()
	e, err := env.Make(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func bits(x []float64) []uint64 {
	out := make([]uint64, len(x))
	for i, x := range x {
		out[i] = math.Float64bits(x)
	}
	return out
}

// The built-in tasks are equal to Gymnasium's; the files must be equal to them.
func TestFilesOfBuiltInTasksStepBitForBitAsTheseDo(t *testing.T) {
	needSimulator(t)
	for file, id := range map[string]string{"halfcheetah.yaml": "gym/halfcheetah", "hopper.yaml": "gym/hopper"} {
		a, b := open(t, examples+file), open(t, id)
		spec := b.Spec()
		if s := a.Spec(); s.ObsDim != spec.ObsDim || s.ActDim != spec.ActDim || s.Dt != spec.Dt || s.Limit != spec.Limit || s.Terminates != spec.Terminates ||
			!slices.Equal(s.Low, spec.Low) || !slices.Equal(s.High, spec.High) {
			t.Errorf("%s: %+v, want %+v", file, s, spec)
		}
		obsA, obsB, action := make([]float64, spec.ObsDim), make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
		terminalA, okA := env.Power[env.Terminator](a)
		terminalB, _ := env.Power[env.Terminator](b)
		if _, ok := env.Power[env.Rewarder](a); ok || !okA {
			t.Fatalf("%s: the reward, of a position that is not observed, is known, or the end, of observed entries, is not", file)
		}
		ends := 0
		for seed := range uint64(40) {
			if err := errors.Join(a.Reset(rng.NewStream(rng.Root(seed)), obsA), b.Reset(rng.NewStream(rng.Root(seed)), obsB)); err != nil {
				t.Fatal(err)
			}
			s := rng.NewStream(rng.Root(seed).At(1))
			for step := range 150 {
				if !slices.Equal(bits(obsA), bits(obsB)) {
					t.Fatalf("%s, seed %d, step %d: %v, want %v", file, seed, step, obsA, obsB)
				}
				for j := range action {
					action[j] = s.Uniform(-1.5, 1.5) // the cost counts what is beyond the bounds
				}
				outA, errA := a.Step(action, obsA)
				outB, errB := b.Step(action, obsB)
				if errA != nil || errB != nil || math.Abs(outA.Reward-outB.Reward) > 1e-12 || outA.Terminated != outB.Terminated || outA.Truncated {
					t.Fatalf("%s, seed %d, step %d: %+v %v, want %+v %v", file, seed, step, outA, errA, outB, errB)
				}
				row, doneA, doneB := make([]float32, len(obsA)), make([]bool, 1), make([]bool, 1)
				for i, x := range obsA {
					row[i] = float32(x)
				}
				terminalA.Terminal(row, doneA)
				if terminalB.Terminal(row, doneB); doneA[0] != doneB[0] {
					t.Fatalf("%s: Terminal says %v of %v, want %v", file, doneA[0], row, doneB[0])
				}
				if outA.Terminated {
					ends++
					break
				}
			}
		}
		if (ends > 0) != spec.Terminates {
			t.Errorf("%s: %d episodes ended", file, ends)
		}
	}
}

func TestTheHoppersFileStepsAsGymnasiumDoesBitForBit(t *testing.T) {
	needSimulator(t)
	parity.Need(t, oracleFault)
	out, err := suite.Run("--states", "5", "--actions", "60", "gym/hopper")
	if err != nil {
		t.Fatal(err)
	}
	report, err := parity.Compare(open(t, examples+"hopper.yaml"), out, suite.Tolerance("gym/hopper"))
	if err != nil || report.Steps != 300 || report.Terminations == 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestTheExamplesKeepTheContractWithoutRemarks(t *testing.T) {
	needSimulator(t)
	for _, file := range []string{"halfcheetah.yaml", "hopper.yaml", "balance.yaml"} {
		task, err := env.Lookup(examples + file)
		if err != nil {
			t.Fatal(err)
		}
		if r := check.Check(task.New, task.Describe, check.Options{Steps: 1000}); len(r.Findings) > 0 {
			t.Errorf("%s: %v", file, r.Findings)
		}
	}
}

// The closed form is the geometry of the rod; style control shows positions of
// sites after the step.
func TestTheBalanceExampleShowsAndPaysWhatItsFileSays(t *testing.T) {
	needSimulator(t)
	e := open(t, examples+"balance.yaml")
	if _, ok := env.Power[env.Rewarder](e); !ok {
		t.Error("a reward of observed quantities is not known")
	}
	obs := make([]float64, 7)
	inject, _ := env.Power[env.Injector](e)
	if err := inject.Inject(map[string][]float64{"qpos": {0.3, 0.2}, "qvel": {0.1, -0.2}}, obs); err != nil {
		t.Fatal(err)
	}
	for step := range 200 {
		x, angle := obs[0], math.Atan2(obs[1], obs[2])
		want := []float64{x + 0.8*math.Sin(angle) - 0.5, 0.8*math.Cos(angle) - 0.8}
		if math.Abs(obs[5]-want[0]) > 1e-12 || math.Abs(obs[6]-want[1]) > 1e-12 {
			t.Fatalf("step %d: the tip is %v from the goal, want %v", step, obs[5:], want)
		}
		out, err := e.Step([]float64{2}, obs)
		if err != nil {
			t.Fatal(err)
		}
		pays := math.Exp(-(obs[5]*obs[5]+obs[6]*obs[6])/0.25) - 0.001*4
		if over := math.Abs(obs[0]) > 1.4 || obs[2] < 0.6; over != out.Terminated {
			t.Fatalf("step %d: terminated %v at %v", step, out.Terminated, obs)
		} else if !over {
			pays += 0.5
		}
		if math.Abs(out.Reward-pays) > 1e-12 {
			t.Fatalf("step %d: reward %g, want %g", step, out.Reward, pays)
		}
		if out.Terminated {
			return
		}
	}
	t.Error("the rod never fell")
}

// write puts a task file and its model's files into a folder.
func write(t *testing.T, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

const pusher = `<mujoco><worldbody><body name="box"><joint name="slide" type="slide" axis="1 0 0"/><geom name="hull" type="%s"/>
<site name="nose" pos="1 0 0"/></body></worldbody><actuator><motor name="push" joint="slide" ctrlrange="-2 4" ctrllimited="true"/></actuator>
<sensor><jointvel name="speed" joint="slide"/></sensor></mujoco>`

func sphere() string { return strings.Replace(pusher, `type="%s"`, `size="0.1"`, 1) }

func TestActionsAreScaledOntoControls(t *testing.T) {
	needSimulator(t)
	task := "model: m.xml\nobservation: [{qpos: slide}, {sensor: speed}, {field: ctrl}]\nreward: [{square: {action: push}}]\n"
	for text, want := range map[string]struct{ low, high, control float64 }{
		"":                                    {-2, 4, 0.5},
		"action: {scale: 2, offset: 1}\n":     {-1.5, 1.5, 2},
		"action: {scale: -1}\n":               {-4, 2, -0.5},
		"action: {low: -1, high: 1}\n":        {-1, 1, 0.5},
		"action: {low: [-3], scale: [0.5]}\n": {-3, 8, 0.25},
	} {
		e := open(t, filepath.Join(write(t, map[string]string{"m.xml": sphere(), "t.yaml": task + text}), "t.yaml"))
		spec, obs := e.Spec(), make([]float64, 3)
		out, err := e.Step([]float64{0.5}, obs)
		if err != nil || spec.Low[0] != want.low || spec.High[0] != want.high || obs[2] != want.control || out.Reward != 0.25 {
			t.Errorf("%q: bounds [%g, %g], control %g, reward %g, %v; want %+v and 0.25", text, spec.Low[0], spec.High[0], obs[2], out.Reward, err, want)
		}
	}
}

func TestRewardsAreKnownExactlyWhereTheObservationTellsThem(t *testing.T) {
	needSimulator(t)
	for text, want := range map[string]struct{ pays, ends bool }{
		"observation: [{qpos: slide}]\nreward: [{velocity: {qpos: slide}}]":                                                                {true, true},
		"observation: [{qvel: slide}]\nreward: [{velocity: {qpos: slide}}]":                                                                {false, true},
		"observation: [{qpos: slide, clip: 1}]\nreward: [{value: {qpos: slide}}]\nterminate: [{qpos: slide, above: 3}]":                    {false, true},
		"observation: [{qpos: slide}]\nreward: [{distance: {qpos: slide, minus: [2]}}, {square: {action: all}}]":                           {true, true},
		"observation: [{site: nose}, {body: box}]\nreward: [{distance: {site: nose, minus: {body: box}}}]":                                 {true, true},
		"observation: [{site: nose}]\nreward: [{distance: {site: nose, minus: {body: box}}}]":                                              {false, true},
		"observation: [{qpos: slide}]\nreward: [{alive: 1}]\nterminate: [{qvel: slide, above: 3}]":                                         {false, false},
		"observation: [{qpos: slide}]\nreward: [{product: [{constant: 2}, {value: {qpos: slide}}]}]\nterminate: [{qvel: slide, above: 3}]": {true, false},
	} {
		task, err := env.Lookup(filepath.Join(write(t, map[string]string{"m.xml": sphere(), "t.yaml": "model: m.xml\nstepping: control\n" + text}), "t.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := task.New()
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		_, pays := env.Power[env.Rewarder](e)
		_, ends := env.Power[env.Terminator](e)
		if pays != want.pays || ends != want.ends {
			t.Errorf("%q: reward known %v, end known %v; want %+v", text, pays, ends, want)
		}
		// What is known agrees with what happens.
		for _, f := range check.Check(task.New, nil, check.Options{Steps: 300}).Findings {
			if f.Severity == check.Error || f.Rule == check.Terminal {
				t.Errorf("%q: %v", text, f)
			}
		}
	}
}

func TestFaultsThatNeedTheModelAreFoundAllAtOnce(t *testing.T) {
	needSimulator(t)
	path := filepath.Join(write(t, map[string]string{"m.xml": sphere(), "t.yaml": `model: m.xml
action: {low: [1, 2]}
reset: {keyframe: 0, qpos: {uniform: 1, joints: [slid]}}
observation:
  - {qpos: slyde}
  - {field: qpso}
  - {qvel: all, from: 1}
  - {site: nose, axes: [w]}
  - {site: nose, minus: {qpos: slide}}
reward:
  - {value: {body: box}}
  - {velocity: {sensor: sped}}
  - {square: {sensor: all}}
`}), "t.yaml")
	_, err := env.Lookup(path)
	var faults *settings.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("%v; want faults", err)
	}
	for _, says := range []string{
		":2:15: action.low: 2 numbers for the model's 1 actuators",
		":3:19: reset.keyframe: the model has no keyframe; leave",
		`:3:28: reset.qpos: the model has no joint called "slid", the nearest is slide`,
		`:5:12: observation[0]: the model has no joint called "slyde"`,
		`:6:13: observation[1]: "qpso" is no array that tasks may read, the nearest is qpos`,
		":7:12: observation[2]: entries 1 to 0 are not there: the array has 1",
		`:8:12: observation[3]: "w" is no axis`,
		":9:32: observation[4].minus: 1 entries are subtracted from 3",
		":11:13: reward[0].value: has 3 entries where one number is needed",
		`:12:25: reward[1].velocity: the model has no sensor called "sped", the nearest is speed`,
		":13:23: reward[2].square: name the sensor",
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("no fault says %q", says)
		}
	}
	if t.Failed() || len(faults.List) != 11 {
		t.Logf("%d faults:\n%v", len(faults.List), err)
	}
	if len(faults.List) != 11 {
		t.Errorf("%d faults; want 11", len(faults.List))
	}
}

func TestASensorOfAModelWithoutSensorsIsAFault(t *testing.T) {
	needSimulator(t)
	model := regexp.MustCompile(`<sensor>.*</sensor>`).ReplaceAllString(sphere(), "")
	path := filepath.Join(write(t, map[string]string{"m.xml": model, "t.yaml": "model: m.xml\nobservation: [{sensor: speed}]\nreward: [{constant: 1}]\n"}), "t.yaml")
	var faults *settings.Faults
	if _, err := env.Lookup(path); !errors.As(err, &faults) || !strings.Contains(err.Error(), `:2:24: observation[0]: the model has no sensor called "speed"; it has none`) {
		t.Errorf("%v", err)
	}
}

// A tetrahedron, and the parts of a model in several files and folders.
var manyFiles = map[string]string{
	"models/main.xml":         `<mujoco><compiler meshdir="shapes"/><include file="parts/arm.xml"/><include file="parts/assets.xml"/></mujoco>`,
	"models/parts/assets.xml": `<mujoco><asset><mesh name="m" file="t.obj"/><mesh name="n" file="u.obj"/></asset></mujoco>`,
	"models/shapes/t.obj":     "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n",
	"models/parts/u.obj":      "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n",
	"models/parts/arm.xml":    strings.Replace(pusher, `type="%s"`, `type="mesh" mesh="m"`, 1),
	"models/parts/other.txt":  "not of the model",
	"t.yaml":                  "model: models/main.xml\nobservation: [{qpos: all}]\nreward: [{velocity: {qpos: slide}}]\nreset: {qpos: {uniform: 1}}\n",
}

func TestARunsCopyMakesTheSameTaskWithoutTheOriginals(t *testing.T) {
	needSimulator(t)
	folder := write(t, manyFiles)
	task, err := env.Lookup(filepath.Join(folder, "t.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range task.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"model/main.xml", "model/parts/arm.xml", "model/parts/assets.xml", "model/parts/u.obj", "model/shapes/t.obj", "task.yaml"}; !slices.Equal(names, want) {
		t.Errorf("a run keeps %v, want %v", names, want)
	}
	want := play(t, task)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	again, err := taskfile.FromFiles(task.ID, "runs/x/task", task.Files)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != task.ID || !slices.Equal(bits(play(t, again)), bits(want)) {
		t.Error("the task made of what the run kept is another one")
	}
	delete(again.Files, "model/shapes/t.obj")
	if _, err := taskfile.FromFiles(task.ID, "runs/x/task", again.Files); err == nil || !strings.Contains(err.Error(), "runs/x/task/task.yaml:1:8: mujoco: model main.xml: ") {
		t.Errorf("a copy without the mesh: %v", err)
	}
	if _, err := taskfile.FromFiles(task.ID, "runs/x/task", map[string][]byte{}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("an empty copy: %v", err)
	}
}

func play(t *testing.T, task env.Task) (seen []float64) {
	e, err := task.New()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	obs := make([]float64, e.Spec().ObsDim)
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		out, err := e.Step([]float64{3}, obs)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(append(seen, obs...), out.Reward)
	}
	return seen
}

func TestStepsAllocateNothing(t *testing.T) {
	needSimulator(t)
	for _, file := range []string{"hopper.yaml", "balance.yaml"} {
		e := open(t, examples+file)
		obs, action, s := make([]float64, e.Spec().ObsDim), make([]float64, e.Spec().ActDim), rng.NewStream(rng.Root(1))
		if n := testing.AllocsPerRun(50, func() {
			if err := e.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: Reset and Step allocate %g times", file, n)
		}
	}
}

func TestTheBareLoopMakesTheSameSimulatorCalls(t *testing.T) {
	needSimulator(t)
	a, b := open(t, examples+"balance.yaml"), open(t, examples+"balance.yaml")
	obs := make([]float64, 7)
	actions := []float64{1, -2, 3, 0.5}
	for _, e := range []env.Env{a, b} {
		if err := e.Reset(rng.NewStream(rng.Root(4)), obs); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range actions {
		if _, err := a.Step([]float64{u}, obs); err != nil {
			t.Fatal(err)
		}
	}
	bare, _ := env.Power[interface{ Bare([]float64) error }](b)
	if err := bare.Bare(actions); err != nil {
		t.Fatal(err)
	}
	codecA, _ := env.Power[env.StateCodec](a)
	codecB, _ := env.Power[env.StateCodec](b)
	if !slices.Equal(codecA.AppendState(nil), codecB.AppendState(nil)) {
		t.Error("the states differ after equal actions")
	}
}
