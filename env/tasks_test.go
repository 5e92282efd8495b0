package env_test

import (
	"bytes"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/env"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	"demorl/rng"
)

// pureTasks are the registered tasks that need nothing but Go.
func pureTasks(t *testing.T) []env.Task {
	var out []env.Task
	for _, task := range env.Tasks() {
		if task.Family == "classic" || task.Family == "leg2r" {
			out = append(out, task)
		}
	}
	if len(out) != 4+32 {
		t.Fatalf("%d pure-Go tasks, want 36", len(out))
	}
	return out
}

// record is what one step showed.
type record struct {
	before, action, next []float64
	out                  env.Outcome
}

// behaviours act from a stream and the observation, in [-1, 1]: uniform noise,
// noise that is held, and pushing along the motion, which ends most tasks that
// can end. The actions of the task are these times its bound.
var behaviours = []func(s *rng.Stream, step int, obs, action []float64){
	func(s *rng.Stream, _ int, _, action []float64) {
		for j := range action {
			action[j] = s.Uniform(-1, 1)
		}
	},
	func(s *rng.Stream, step int, _, action []float64) {
		for j := range action {
			if u := s.Uniform(-1, 1); step%20 == 0 {
				action[j] = u
			}
		}
	},
	func(_ *rng.Stream, step int, obs, action []float64) {
		for j := range action {
			action[j] = 1
			switch {
			case len(obs) == 10 && obs[2+j] < 0: // the leg
				action[j] = -1
			case len(obs) == 2 && obs[1] < 0: // the mountain car
				action[j] = -1
			}
		}
	},
}

// play runs steps steps of a behaviour, going on after a termination.
func play(t *testing.T, e env.Env, s *rng.Stream, obs, action []float64, behaviour, steps int) []record {
	t.Helper()
	spec := e.Spec()
	own := make([]float64, spec.ActDim)
	var out []record
	for i := range steps {
		behaviours[behaviour](s, i, obs, action)
		for j, a := range action {
			own[j] = a * spec.High[j]
		}
		before := slices.Clone(obs)
		o, err := e.Step(own, obs)
		if err != nil {
			t.Fatalf("%s: %v", spec.ID, err)
		}
		out = append(out, record{before, slices.Clone(own), slices.Clone(obs), o})
	}
	return out
}

func sameBits(a, b []record) bool {
	bits := func(v []float64) []uint64 {
		out := make([]uint64, len(v))
		for i, x := range v {
			out[i] = math.Float64bits(x)
		}
		return out
	}
	return slices.EqualFunc(a, b, func(x, y record) bool {
		return slices.Equal(bits(x.next), bits(y.next)) && slices.Equal(bits(x.action), bits(y.action)) &&
			math.Float64bits(x.out.Reward) == math.Float64bits(y.out.Reward) &&
			x.out.Terminated == y.out.Terminated && x.out.Truncated == y.out.Truncated
	})
}

func makeTask(t *testing.T, task env.Task) (e env.Env, obs, action []float64) {
	t.Helper()
	e, err := task.Make()
	if err != nil {
		t.Fatal(err)
	}
	return e, make([]float64, e.Spec().ObsDim), make([]float64, e.Spec().ActDim)
}

func reset(t *testing.T, e env.Env, s *rng.Stream, obs []float64) {
	t.Helper()
	if err := e.Reset(s, obs); err != nil {
		t.Fatal(err)
	}
}

func TestEveryPureTaskDescribesItselfWithoutAnInstance(t *testing.T) {
	for _, task := range pureTasks(t) {
		e, _, _ := makeTask(t, task)
		spec, said := e.Spec(), task.Describe()
		if spec.ID != task.ID || said.ID != task.ID || spec.ObsDim != said.ObsDim || spec.ActDim != said.ActDim ||
			spec.Dt != said.Dt || spec.Limit != said.Limit || spec.Terminates != said.Terminates ||
			spec.Simulator != said.Simulator || !slices.Equal(spec.Low, said.Low) || !slices.Equal(spec.High, said.High) {
			t.Errorf("%s: instance %+v, description %+v", task.ID, spec, said)
		}
		if len(spec.ObsNames) != spec.ObsDim || task.Summary == "" || spec.Limit == 0 {
			t.Errorf("%s: %d names for %d entries, summary %q, limit %d", task.ID, len(spec.ObsNames), spec.ObsDim, task.Summary, spec.Limit)
		}
		if want := map[string]string{"leg2r": "leg2r"}[task.Family]; task.Published != want {
			t.Errorf("%s: published as %q, want %q", task.ID, task.Published, want)
		}
	}
}

func TestEveryPureTaskRepeatsItselfUnderEqualStreams(t *testing.T) {
	for _, task := range pureTasks(t) {
		run := func(seed uint64) []record {
			e, obs, action := makeTask(t, task)
			s := rng.NewStream(rng.Root(seed))
			reset(t, e, s, obs)
			play(t, e, s, obs, action, 1, 50)
			reset(t, e, s, obs) // a used instance resets as a fresh one does
			return play(t, e, s, obs, action, 0, 100)
		}
		if !sameBits(run(1), run(1)) {
			t.Errorf("%s: equal streams, different episodes", task.ID)
		}
		if sameBits(run(1), run(2)) {
			t.Errorf("%s: different streams, equal episodes", task.ID)
		}
	}
}

func TestResetForgetsTheEpisodeBefore(t *testing.T) {
	for _, task := range pureTasks(t) {
		fresh, obs, action := makeTask(t, task)
		reset(t, fresh, rng.NewStream(rng.Root(5)), obs)
		want := play(t, fresh, rng.NewStream(rng.Root(6)), obs, action, 0, 60)

		used, obs, action := makeTask(t, task)
		reset(t, used, rng.NewStream(rng.Root(9)), obs)
		play(t, used, rng.NewStream(rng.Root(10)), obs, action, 2, 70)
		reset(t, used, rng.NewStream(rng.Root(5)), obs)
		clear(action)
		if got := play(t, used, rng.NewStream(rng.Root(6)), obs, action, 0, 60); !sameBits(got, want) {
			t.Errorf("%s: a used instance differs from a fresh one after the same reset", task.ID)
		}
	}
}

func TestRestoredStateGoesOnWithEqualBitsInAFreshInstance(t *testing.T) {
	for _, task := range pureTasks(t) {
		s := rng.NewStream(rng.Root(3))
		for trial := range 6 {
			e, obs, action := makeTask(t, task)
			reset(t, e, s, obs)
			play(t, e, s, obs, action, trial%len(behaviours), s.Intn(150))
			codec, ok := env.Power[env.StateCodec](e)
			if !ok {
				t.Fatalf("%s has no StateCodec", task.ID)
			}
			state := codec.AppendState([]byte("kept"))
			if !bytes.HasPrefix(state, []byte("kept")) {
				t.Fatalf("%s: AppendState does not append", task.ID)
			}
			state = state[4:]

			other, otherObs, otherAction := makeTask(t, task)
			reset(t, other, rng.NewStream(rng.Root(77)), otherObs)
			otherCodec, _ := env.Power[env.StateCodec](other)
			if err := otherCodec.RestoreState(state, otherObs); err != nil {
				t.Fatalf("%s: %v", task.ID, err)
			}
			if !slices.Equal(obs, otherObs) {
				t.Errorf("%s: restored observation %v, want %v", task.ID, otherObs, obs)
			}
			if !bytes.Equal(otherCodec.AppendState(nil), state) {
				t.Errorf("%s: the restored state saves differently", task.ID)
			}
			copy(otherAction, action)
			follow := rng.Root(uint64(trial))
			if !sameBits(play(t, e, rng.NewStream(follow), obs, action, trial%2, 80),
				play(t, other, rng.NewStream(follow), otherObs, otherAction, trial%2, 80)) {
				t.Errorf("%s: the restored instance goes on differently", task.ID)
			}
		}
	}
}

func TestBadStatesAreRefusedAndChangeNothing(t *testing.T) {
	for _, task := range pureTasks(t) {
		e, obs, _ := makeTask(t, task)
		reset(t, e, rng.NewStream(rng.Root(4)), obs)
		codec, _ := env.Power[env.StateCodec](e)
		inject, _ := env.Power[env.Injector](e)
		state := codec.AppendState(nil)
		for _, bad := range [][]byte{nil, state[:len(state)-1], append(slices.Clone(state), 0)} {
			if codec.RestoreState(bad, obs) == nil {
				t.Errorf("%s: a state of %d bytes was taken, %d are right", task.ID, len(bad), len(state))
			}
		}
		for _, bad := range []map[string][]float64{
			{}, {"state": {1}}, {"qpos": {1}}, {"state": make([]float64, 5), "x": nil},
			{"state": {math.NaN(), 0}}, {"state": {0, 0, 0, math.Inf(1)}}, {"state": {0, 0, 0, 0, math.NaN()}},
		} {
			if inject.Inject(bad, obs) == nil {
				t.Errorf("%s: fields %v were taken", task.ID, bad)
			}
		}
		if !bytes.Equal(codec.AppendState(nil), state) {
			t.Errorf("%s: a refused state changed the task", task.ID)
		}
	}
}

func TestInjectedStateShowsInTheObservation(t *testing.T) {
	want := map[string]struct{ state, obs []float64 }{
		"classic/pendulum":         {[]float64{math.Pi / 2, 3}, []float64{float64(float32(math.Cos(math.Pi / 2))), 1, 3}},
		"classic/mountaincar":      {[]float64{-0.5, 0.0625}, []float64{-0.5, 0.0625}},
		"classic/cartpole-swingup": {[]float64{1, 2, 0, 4}, []float64{1, 2, 1, 0, 4}},
		"classic/lqr2":             {[]float64{1, 2, 3, 4}, []float64{1, 2, 3, 4}},
		"leg2r/ellipse":            {[]float64{0, -1, 10, 20, 0}, []float64{0, -1, 1, 2}},
	}
	for id, c := range want {
		e, err := env.Make(id)
		if err != nil {
			t.Fatal(err)
		}
		inject, ok := env.Power[env.Injector](e)
		if !ok {
			t.Fatalf("%s has no Injector", id)
		}
		obs := make([]float64, e.Spec().ObsDim)
		if err := inject.Inject(map[string][]float64{"state": c.state}, obs); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(obs[:len(c.obs)], c.obs) {
			t.Errorf("%s: observation %v, want %v", id, obs, c.obs)
		}
	}
}

func narrow(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

func TestTerminalAndRewardAgreeWithTheTaskOnRecordedSteps(t *testing.T) {
	for _, task := range pureTasks(t) {
		s := rng.NewStream(rng.Root(8))
		ends, steps := 0, 0
		worst, missed := 0.0, 0.0
		for episode := range 6 {
			e, obs, action := makeTask(t, task)
			reset(t, e, s, obs)
			records := play(t, e, s, obs, action, episode%len(behaviours), 300)
			var before, act, next []float32
			for _, r := range records {
				before, act, next = append(before, narrow(r.before)...), append(act, narrow(r.action)...), append(next, narrow(r.next)...)
			}
			terminator, ok := env.Power[env.Terminator](e)
			if !ok {
				t.Fatalf("%s has no Terminator", task.ID)
			}
			done, reward := make([]bool, len(records)), make([]float32, len(records))
			terminator.Terminal(next, done)
			rewarder, known := env.Power[env.Rewarder](e)
			if known {
				rewarder.Reward(before, act, next, reward)
			}
			for i, r := range records {
				steps++
				if r.out.Terminated {
					ends++
				}
				if done[i] != r.out.Terminated {
					t.Fatalf("%s: Terminal says %v of %v, the task %v", task.ID, done[i], r.next, r.out.Terminated)
				}
				// Float32 inputs near a wrap or a steep slope move the reward by about 1e-5.
				if miss := math.Abs(float64(reward[i]) - r.out.Reward); known && repeated(task.ID) {
					worst, missed = max(worst, miss), missed+miss
				} else if known && miss > 2e-5*(1+math.Abs(r.out.Reward)) {
					t.Fatalf("%s: Reward says %g, the task %g", task.ID, reward[i], r.out.Reward)
				}
			}
		}
		// Between the observations of a repeated task the reward is of an interpolated path.
		if mean := missed / float64(steps); worst > 0.05 || mean > 1e-3 {
			t.Errorf("%s: Reward misses the task's by %g at worst and %g in the mean", task.ID, worst, mean)
		}
		if terminates := task.Describe().Terminates; terminates != (ends > 0) {
			t.Errorf("%s: %d of %d recorded steps terminated; Terminates is %v", task.ID, ends, steps, terminates)
		}
	}
}

func TestTerminalReportsRowsThatAreNotFinite(t *testing.T) {
	for _, task := range pureTasks(t) {
		e, obs, _ := makeTask(t, task)
		reset(t, e, rng.NewStream(rng.Root(9)), obs)
		terminator, _ := env.Power[env.Terminator](e)
		n := len(obs)
		rows, done := make([]float32, 0, 3*n*n+n), make([]bool, 3*n+1)
		for i := range n {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				row := slices.Clone(obs)
				row[i] = bad
				rows = append(rows, narrow(row)...)
			}
		}
		rows = append(rows, narrow(obs)...)
		terminator.Terminal(rows, done)
		if slices.Contains(done[:3*n], false) || done[3*n] {
			t.Errorf("%s: %v, want true for all but the last row", task.ID, done)
		}
	}
}

func TestActionsThatAreNotFiniteAreRefused(t *testing.T) {
	for _, task := range pureTasks(t) {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			e, obs, action := makeTask(t, task)
			reset(t, e, rng.NewStream(rng.Root(10)), obs)
			action[len(action)-1] = bad
			if _, err := e.Step(action, obs); err == nil {
				t.Errorf("%s: action %v was taken", task.ID, action)
			}
		}
	}
}

func TestStepsOfPureTasksAllocateNothingEvenWhenWrapped(t *testing.T) {
	for _, task := range pureTasks(t) {
		e, err := env.ForLearning(task.ID)
		if err != nil {
			t.Fatal(err)
		}
		obs, action := make([]float64, e.Spec().ObsDim), make([]float64, e.Spec().ActDim)
		s := rng.NewStream(rng.Root(11))
		if n := testing.AllocsPerRun(50, func() {
			if e.Reset(s, obs) != nil {
				t.Fatal("reset")
			}
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: Reset and Step allocate %g times", task.ID, n)
		}
	}
}

// repeated reports whether a step of the task is several integrator steps.
func repeated(id string) bool { return strings.Contains(id, "-100hz") }

// Filming a task changes nothing of what it does, and every task has frames.
func TestFramesDoNotDisturbTasks(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for _, task := range pureTasks(t) {
		var runs [2][]uint64
		var first, last []byte
		for film := range runs {
			e, err := task.Make()
			if err != nil {
				t.Fatal(err)
			}
			r, ok := env.Power[env.Renderer](e)
			if !ok {
				t.Fatalf("%s draws no frames", task.ID)
			}
			spec, s := e.Spec(), rng.NewStream(rng.Root(21))
			obs, action := make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
			if err := e.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			codec, _ := env.Power[env.StateCodec](e)
			for range 60 {
				if film == 1 {
					before := codec.AppendState(nil)
					if err := r.Frame(img); err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(before, codec.AppendState(nil)) {
						t.Fatalf("%s: a frame changed the state", task.ID)
					}
					if first == nil {
						first = bytes.Clone(img.Pix)
					}
					last = img.Pix
				}
				for j := range action {
					action[j] = s.Uniform(spec.Low[j], spec.High[j])
				}
				out, err := e.Step(action, obs)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range append(obs, out.Reward) {
					runs[film] = append(runs[film], math.Float64bits(x))
				}
			}
		}
		if !slices.Equal(runs[0], runs[1]) {
			t.Errorf("%s: an episode with frames differs from one without", task.ID)
		}
		if bytes.Equal(first, last) {
			t.Errorf("%s: 60 steps changed nothing in the frame", task.ID)
		}
	}
}
