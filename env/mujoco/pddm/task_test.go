package pddm

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
)

func TestEveryTaskIsRegisteredAndDescribedWithoutTheLibrary(t *testing.T) {
	t.Setenv("MUJOCO_DIR", t.TempDir())
	for name, want := range map[string]struct {
		obs, act, limit int
		terminates      bool
	}{
		"pddm/claw": {21, 9, 500, false}, "pddm/claw:fixed": {21, 9, 500, false}, "pddm_dclaw_turn-v0": {21, 9, 500, false},
		"pddm/claw:robel-fixed": {21, 9, 40, false}, "DClawTurnFixed-v0": {21, 9, 40, false},
		"pddm/claw:robel-random": {21, 9, 40, false}, "DClawTurnRandom-v0": {21, 9, 40, false},
		"pddm/claw:robel-random-dynamics": {21, 9, 40, false}, "DClawTurnRandomDynamics-v0": {21, 9, 40, false},
		"pddm/cube": {39, 24, 1000, true}, "pddm/cube:fixed": {39, 24, 1000, true},
		"pddm/cube:original": {39, 24, 1000, true}, "pddm_cube-v0": {39, 24, 1000, true}, "pddm/cube:original-fixed": {39, 24, 1000, true},
		"pddm/baoding": {40, 24, 1000, true}, "pddm/baoding:fixed": {40, 24, 1000, true},
		"pddm/baoding:original": {40, 24, 1000, true}, "pddm_baoding-v0": {40, 24, 1000, true}, "pddm/baoding:original-fixed": {40, 24, 1000, true},
	} {
		task, err := env.Lookup(name)
		if err != nil {
			t.Error(err)
			continue
		}
		spec := task.Describe()
		if spec.ObsDim != want.obs || spec.ActDim != want.act || len(spec.Low) != want.act || len(spec.High) != want.act || len(spec.ObsNames) != want.obs ||
			spec.ID != task.ID || spec.Limit != want.limit || spec.Terminates != want.terminates || spec.Dt != .1 {
			t.Errorf("%s is described as %+v", name, spec)
		}
		if task.Needs() == "" {
			t.Errorf("%s can run without a library", name)
		}
		if _, err := env.Make(name); err == nil {
			t.Errorf("%s was made without a library", name)
		}
	}
	if len(tasks) != 13 {
		t.Errorf("%d tasks in the table, 13 are tested here", len(tasks))
	}
}

// recorded is what oracle/pddm_record.py writes: the originals' own numbers.
type recorded struct {
	Task         string
	Pose, Limits []float64
	Steps        []struct {
		Qpos, Action, Ctrl, Obs, Qvel []float64
		Reward                        float64
		Terminated                    bool
	}
}

func TestControlsRewardsAndFlagsAreThoseThatTheOriginalsGave(t *testing.T) {
	data, err := os.ReadFile("testdata/originals.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []recorded
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	drives := map[string]func(r recorded) drive{
		"pddm/claw":              func(r recorded) drive { return clawDrive(r.Limits) },
		"pddm/claw:robel-random": func(recorded) drive { return robelDrive() },
		"pddm/cube:original":     func(r recorded) drive { return handDrive(r.Pose, r.Limits, 1, true) },
		"pddm/baoding:original":  func(r recorded) drive { return handDrive(r.Pose, r.Limits, .9, true) },
	}
	rows := map[string]task{}
	for _, row := range tasks {
		rows["pddm/"+row.id] = row
	}
	ended := map[string]bool{}
	poses := map[string][]float64{"pddm/claw": {0, -1, 1.35}, "pddm/claw:robel-random": robelPose[:]}
	for _, r := range all {
		for j, want := range r.Steps[0].Qpos { // the first step begins at a reset
			if pose := poses[r.Task]; pose != nil && math.Float64bits(pose[j%3]) != math.Float64bits(want) {
				t.Errorf("%s: joint %d begins at %v, want %v", r.Task, j, pose[j%3], want)
			}
		}
		d, row := drives[r.Task](r), rows[r.Task]
		for n, s := range r.Steps {
			for j, want := range s.Ctrl {
				if got := d.target(j, s.Action[j], s.Qpos[j], timestep*substeps); math.Float64bits(got) != math.Float64bits(want) {
					t.Fatalf("%s: step %d: control %d is %v, want %v", r.Task, n, j, got, want)
				}
			}
			o := rowOf(s.Obs)
			reward, terminated := 0., row.terminal != nil && row.terminal(o)
			if row.reward != nil {
				reward = row.reward(o)
			} else {
				reward = robelReward(o, s.Qvel, make([]float64, fingerJoints))
			}
			if !(math.Abs(reward-s.Reward) <= 1e-12) || terminated != s.Terminated {
				t.Errorf("%s: step %d: reward %v and terminated %v, want %v and %v", r.Task, n, reward, terminated, s.Reward, s.Terminated)
			}
			ended[r.Task] = ended[r.Task] || terminated
		}
	}
	if len(all) != 4 || !ended["pddm/cube:original"] || !ended["pddm/baoding:original"] {
		t.Errorf("%d tasks were compared, of which %v ended", len(all), ended)
	}
}

func rowOf(obs []float64) mujoco.Row { return mujoco.Row{Real: obs} }

// with is an observation of dim zeros but for some entries.
func with(dim int, entries map[int]float64) mujoco.Row {
	o := make([]float64, dim)
	for i, x := range entries {
		o[i] = x
	}
	return rowOf(o)
}

func find(t *testing.T, id string) *task {
	t.Helper()
	for i := range tasks {
		if tasks[i].id == id {
			return &tasks[i]
		}
	}
	t.Fatalf("no task %s", id)
	return nil
}

// Rewards on both sides of each bound, worked out by hand from section 5.
func TestRewardsAndEndsHoldAtTheirBounds(t *testing.T) {
	for _, c := range []struct {
		id   string
		o    mujoco.Row
		want float64
		ends bool
	}{
		{"claw", with(21, map[int]float64{18: .5, 20: .3}), -2 + 2, false},
		{"claw", with(21, map[int]float64{18: .5, 20: .45}), -.5 + 20, false},
		{"claw", with(21, map[int]float64{18: .5, 20: .24}), -2.6, false},
		{"claw", with(21, map[int]float64{18: 3.1, 20: -3.1}), -10*(2*math.Pi-6.2) + 20, false}, // across the wrap
		{"claw:fixed", with(21, map[int]float64{18: .5, 20: .3}), -2 + 1, false},
		{"claw:fixed", with(21, map[int]float64{18: .5, 20: .45}), -.5 + 11, false},
		{"cube", with(39, map[int]float64{26: -.099, 27: .3, 38: .4}), -7 * .5, false},
		{"cube", with(39, map[int]float64{26: -.101, 27: .3, 38: .4}), -7*.5 - 1000, true},
		{"baoding", with(40, map[int]float64{24: .03, 37: .04, 26: .061, 32: .061, 1: .149}), -5 * .05, false},
		{"baoding", with(40, map[int]float64{26: .061, 32: .061, 1: .151}), -10, false},
		{"baoding", with(40, map[int]float64{26: .061, 32: .059}), -510, true},
		{"baoding", with(40, map[int]float64{26: .059, 32: .061, 1: .151}), -510, true},
		{"baoding:fixed", with(40, map[int]float64{26: .061, 32: .059}), -500, true},
		{"baoding:fixed", with(40, map[int]float64{26: .061, 32: .059, 1: .151}), -510, true},
	} {
		row := find(t, c.id)
		if got := row.reward(c.o); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: reward %v, want %v", c.id, got, c.want)
		}
		if ends := row.terminal != nil && row.terminal(c.o); ends != c.ends {
			t.Errorf("%s: ends %v, want %v", c.id, ends, c.ends)
		}
	}
}

// An action of 0.5 from the pose -0.2 in the range -0.26 to 0.26 means
// -0.2 + 0.5 x 0.46 = 0.03; of 0.2 it means -0.108, which the original's second
// assignment takes for an action: -0.2 - 0.108 x 0.06.
func TestTheOriginalsSecondAssignmentIsKeptAndMended(t *testing.T) {
	for _, c := range []struct {
		twice        bool
		action, want float64
	}{
		{true, .5, .03}, {false, .5, .03}, {true, .2, -.20648}, {false, .2, -.108}, {true, -.5, -.23}, {false, -1, -.26}, {true, 7, .26},
	} {
		d := drive{mid: []float64{-.2}, up: []float64{.46}, down: []float64{.06}, twice: c.twice, speed: 3, low: []float64{-40}, high: []float64{40}}
		if got := d.target(0, c.action, 0, .1); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("twice %v: action %v gives %v, want %v", c.twice, c.action, got, c.want)
		}
	}
	d := drive{mid: []float64{0}, up: []float64{1}, down: []float64{1}, speed: 3, low: []float64{-.5}, high: []float64{.5}}
	if got := d.target(0, 1, .1, .1); math.Abs(got-.4) > 1e-15 {
		t.Errorf("a target 0.9 away is set %v, want 0.4: 3 rad/s for 0.1 s", got)
	}
	if got := d.target(0, 1, .3, .1); got != .5 {
		t.Errorf("a target beyond the limit is set %v", got)
	}
}

func TestModelsAreMendedAsTheyAreLoaded(t *testing.T) {
	robel := `<!-- licence <texture name="texplane" file="a"/> --><?xml version="1.0"?><mujoco><texture name="skybox" mark="random" width="800" height="800"/><texture name="texplane" type="2d" file="b.png"/></mujoco>`
	if got := mendRobel(robel); strings.Contains(got, "<?xml") || strings.Contains(got, "file=") || strings.Contains(got, "800") || !strings.Contains(got, `mark="random"`) {
		t.Errorf("ROBEL's text became %s", got)
	}
	if got := mendPDDM(`<option iterations="20" apirate="200"></option></mujocoinclude>>`); got != `<option iterations="20" ></option></mujocoinclude>` {
		t.Errorf("PDDM's text became %s", got)
	}
	if got := addTargets(`<body name="palm" pos="0 0 1"><geom/></body>`); !strings.HasPrefix(got, `<body name="palm" pos="0 0 1">`) || strings.Count(got, "<site ") != 2 || !strings.HasSuffix(got, "<geom/></body>") {
		t.Errorf("the palm became %s", got)
	}
}

func TestOnlyTasksWhoseObservationTellsTheRewardHaveTheFunction(t *testing.T) {
	for i := range tasks {
		if has, want := tasks[i].reward != nil, !strings.Contains(tasks[i].id, "robel"); has != want {
			t.Errorf("%s: a known reward %v, want %v", tasks[i].id, has, want)
		}
		if tasks[i].scene.source == mujoco.PDDM != strings.Contains(tasks[i].id, "original") {
			t.Errorf("%s has the scene %+v", tasks[i].id, tasks[i].scene.name)
		}
	}
}
