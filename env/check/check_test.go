package check_test

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/check"
	"demorl/rng"
)

// cart is a sound task: a point mass that must not leave [-1, 1]. Each test
// breaks one thing of it.
type cart struct {
	x, v float64
	spec env.Spec
	out  env.Outcome // here, so that the changes below allocate nothing

	reset  func(c *cart, s *rng.Stream, obs []float64) error
	after  func(c *cart, action, obs []float64, out *env.Outcome) error // of Step
	close  func() error
	save   func(c *cart, dst []byte) []byte
	load   func(c *cart, state []byte, obs []float64) error
	ends   func(obs []float32, done []bool)
	pays   func(obs, action, next, reward []float32)
	memory float64
	kept   []float64
}

func cartSpec() env.Spec {
	return env.Spec{ID: "toy/cart", ObsDim: 2, ActDim: 1, Low: []float64{-1}, High: []float64{1}, Dt: 0.05, Limit: 50,
		Terminates: true, Simulator: "toy", ObsNames: []string{"position", "speed"}}
}

func (c *cart) Spec() env.Spec { return c.spec }

func (c *cart) Close() error {
	if c.close != nil {
		return c.close()
	}
	return nil
}

func (c *cart) Reset(s *rng.Stream, obs []float64) error {
	c.x, c.v = s.Uniform(-0.5, 0.5), s.Uniform(-0.5, 0.5)
	obs[0], obs[1] = c.x, c.v
	if c.reset != nil {
		return c.reset(c, s, obs)
	}
	return nil
}

func (c *cart) Step(action, obs []float64) (env.Outcome, error) {
	a := action[0]
	if math.IsNaN(a) {
		return env.Outcome{}, errors.New("action 0 is NaN")
	}
	a = min(1, max(-1, a))
	c.v += 0.2 * a
	c.x += 0.05 * c.v
	obs[0], obs[1] = c.x, c.v
	c.out = env.Outcome{Reward: 1 - c.x*c.x, Terminated: left(float32(c.x))}
	if c.after != nil {
		if err := c.after(c, action, obs, &c.out); err != nil {
			return env.Outcome{}, err
		}
	}
	return c.out, nil
}

func left(x float32) bool { return !(x > -1 && x < 1) }

func (c *cart) AppendState(dst []byte) []byte {
	if c.save != nil {
		return c.save(c, dst)
	}
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, math.Float64bits(c.x)), math.Float64bits(c.v))
}

func (c *cart) RestoreState(state []byte, obs []float64) error {
	if c.load != nil {
		return c.load(c, state, obs)
	}
	if len(state) != 16 {
		return errors.New("want 16 bytes")
	}
	c.set(state, obs)
	return nil
}

func (c *cart) set(state []byte, obs []float64) {
	c.x = math.Float64frombits(binary.LittleEndian.Uint64(state))
	c.v = math.Float64frombits(binary.LittleEndian.Uint64(state[8:]))
	obs[0], obs[1] = c.x, c.v
}

func (c *cart) Terminal(obs []float32, done []bool) {
	if c.ends != nil {
		c.ends(obs, done)
		return
	}
	for i := range done {
		done[i] = left(obs[2*i]) || obs[2*i+1]-obs[2*i+1] != 0
	}
}

func (c *cart) Reward(obs, action, next, reward []float32) {
	if c.pays != nil {
		c.pays(obs, action, next, reward)
		return
	}
	for i := range reward {
		reward[i] = 1 - next[2*i]*next[2*i]
	}
}

// plain is a cart without optional powers.
type plain struct{ env.Env }

func inspect(change func(c *cart)) check.Report {
	return check.Check(func() (env.Env, error) {
		c := &cart{spec: cartSpec()}
		if change != nil {
			change(c)
		}
		return c, nil
	}, nil, check.Options{Steps: 600})
}

func TestASoundTaskHasNoFindings(t *testing.T) {
	report := inspect(nil)
	if len(report.Findings) > 0 || !report.OK() {
		t.Errorf("findings %v; want none", report.Findings)
	}
	if report.ID != "toy/cart" || report.Steps != 600 || report.Episodes < 8 || report.StepsPerSecond < 1000 || report.AllocsPerStep != 0 || report.RealTime != report.StepsPerSecond*0.05 {
		t.Errorf("report %+v", report)
	}
}

// An environment of another library may keep a time limit of its own; what it
// ends with Terminated must still be said.
func TestATaskMayTruncateWhereTheOptionsSaySo(t *testing.T) {
	report := check.Check(func() (env.Env, error) {
		c := &cart{spec: cartSpec()}
		c.after = func(c *cart, _, _ []float64, out *env.Outcome) error {
			out.Truncated = c.v > 0.3
			return nil
		}
		return c, nil
	}, nil, check.Options{Steps: 600, Truncates: true})
	if len(report.Findings) > 0 {
		t.Errorf("findings %v; want none", report.Findings)
	}
}

// shared is what broken tasks share between their instances.
var shared float64

// Every rule is shown a task that breaks it and nothing else. A sentence must
// name what was seen.
func TestEachBrokenRuleIsFound(t *testing.T) {
	always := func(f func(c *cart, obs []float64, out *env.Outcome)) func(c *cart) {
		return func(c *cart) {
			c.after = func(c *cart, _, obs []float64, out *env.Outcome) error { f(c, obs, out); return nil }
		}
	}
	spec := func(f func(s *env.Spec)) func(c *cart) { return func(c *cart) { f(&c.spec) } }
	for _, b := range []struct {
		name     string
		rule     check.Rule
		severity check.Severity
		says     string
		change   func(c *cart)
	}{
		{"no id", check.Shape, check.Error, "ID is empty", spec(func(s *env.Spec) { s.ID = "" })},
		{"no observation", check.Shape, check.Error, "ObsDim is 0", spec(func(s *env.Spec) { s.ObsDim = 0 })},
		{"no action", check.Shape, check.Error, "ActDim is 0", spec(func(s *env.Spec) { s.ActDim, s.Low, s.High = 0, nil, nil })},
		{"too few bounds", check.Shape, check.Error, "0 bounds", spec(func(s *env.Spec) { s.Low = nil })},
		{"bounds crossed", check.Shape, check.Error, "[1, -1]", spec(func(s *env.Spec) { s.Low, s.High = s.High, s.Low })},
		{"bound NaN", check.Shape, check.Error, "NaN", spec(func(s *env.Spec) { s.Low[0] = math.NaN() })},
		{"bound infinite", check.Shape, check.Error, "+Inf", spec(func(s *env.Spec) { s.High[0] = math.Inf(1) })},
		{"no time step", check.Shape, check.Warning, "Dt is 0", spec(func(s *env.Spec) { s.Dt = 0 })},
		{"time step below 0", check.Shape, check.Error, "Dt is -1", spec(func(s *env.Spec) { s.Dt = -1 })},
		{"time step NaN", check.Shape, check.Error, "Dt is NaN", spec(func(s *env.Spec) { s.Dt = math.NaN() })},
		{"too few names", check.Shape, check.Error, "1 names for 2", spec(func(s *env.Spec) { s.ObsNames = []string{"x"} })},
		{"equal names", check.Shape, check.Warning, "equal", spec(func(s *env.Spec) { s.ObsNames = []string{"x", "x"} })},
		{"no simulator", check.Shape, check.Warning, "Simulator is empty", spec(func(s *env.Spec) { s.Simulator = "" })},
		{"limit negative", check.Limits, check.Error, "Limit is -1", spec(func(s *env.Spec) { s.Limit = -1 })},
		{"limit in seconds", check.Limits, check.Warning, "Limit is 2", spec(func(s *env.Spec) { s.Limit = 2 })},
		{"step in milliseconds", check.Limits, check.Warning, "more than an hour", spec(func(s *env.Spec) { s.Dt, s.Limit = 50, 1000 })},
		{"bounds of another unit", check.Units, check.Warning, "[-10000, 10000]", func(c *cart) { c.spec.Low[0], c.spec.High[0] = -10000, 10000 }},

		{"obs not filled", check.Buffers, check.Error, "Step does not write observation 1 (speed)", func(c *cart) {
			c.after = func(_ *cart, _, obs []float64, _ *env.Outcome) error {
				obs[1] = math.Float64frombits(0x7ff8_dead_beef_0001)
				return nil
			}
		}},
		{"obs kept", check.Buffers, check.Error, "earlier call", func(c *cart) {
			c.after = func(c *cart, _, obs []float64, _ *env.Outcome) error {
				if c.kept != nil {
					c.kept[0] = 7
				}
				c.kept = obs
				return nil
			}
		}},
		{"action changed", check.Buffers, check.Error, "changed its action", func(c *cart) {
			c.after = func(_ *cart, action, _ []float64, _ *env.Outcome) error { action[0] /= 2; return nil }
		}},
		{"observation NaN", check.Finite, check.Error, "NaN for observation 1 (speed)", always(func(c *cart, obs []float64, _ *env.Outcome) { obs[1] = math.Sqrt(-1 - c.x*c.x) })},
		{"observation beyond float32", check.Finite, check.Error, "1e+200", always(func(_ *cart, obs []float64, _ *env.Outcome) { obs[1] = 1e200 })},
		{"reward infinite", check.Finite, check.Error, "reward +Inf", always(func(_ *cart, _ []float64, out *env.Outcome) { out.Reward = math.Inf(1) })},
		{"step panics", check.Failure, check.Error, "index out of range [5] with length 2 (at check_test.go", always(func(_ *cart, obs []float64, _ *env.Outcome) { i := 5; obs[i] = 0 })},
		{"step fails", check.Failure, check.Error, "too fast", func(c *cart) {
			c.after = func(c *cart, _, _ []float64, _ *env.Outcome) error { return errors.New("too fast") }
		}},
		{"reset fails", check.Failure, check.Error, "Reset failed: no model", func(c *cart) {
			c.reset = func(*cart, *rng.Stream, []float64) error { return errors.New("no model") }
		}},

		{"truncates itself", check.Ending, check.Error, "set Truncated", always(func(c *cart, _ []float64, out *env.Outcome) { out.Truncated = c.v > 0.3 })},
		{"terminates unsaid", check.Ending, check.Error, "Spec.Terminates is false", spec(func(s *env.Spec) { s.Terminates = false })},
		{"random numbers of its own", check.Seeds, check.Error, "take all randomness from the stream", always(func(c *cart, obs []float64, _ *env.Outcome) { shared++; obs[1] += 1e-12 * shared })},
		{"one start only", check.Seeds, check.Warning, "same observation", func(c *cart) {
			c.reset = func(c *cart, _ *rng.Stream, obs []float64) error {
				c.x, c.v = 0.1, 0
				obs[0], obs[1] = c.x, c.v
				return nil
			}
		}},
		{"remembers", check.Forgetting, check.Error, "Reset must set everything", always(func(c *cart, obs []float64, _ *env.Outcome) {
			c.memory = max(c.memory, c.v)
			if c.memory == c.v { // lowers the speed once at every record of the instance's life
				c.v -= 0.01
			}
		})},
		{"save prefix lost", check.State, check.Error, "does not append", func(c *cart) { c.save = func(*cart, []byte) []byte { return make([]byte, 16) } }},
		{"save disturbs", check.State, check.Error, "", func(c *cart) {
			c.save = func(c *cart, dst []byte) []byte { c.v += 1e-9; return (&cart{x: c.x, v: c.v}).AppendState(dst) }
		}},
		{"save forgets the speed", check.State, check.Error, "observation 1 (speed)", func(c *cart) {
			c.load = func(c *cart, state []byte, obs []float64) error {
				if len(state) != 16 {
					return errors.New("want 16 bytes")
				}
				c.set(state, obs)
				c.v, obs[1] = 0, 0
				return nil
			}
		}},
		{"save forgets a counter", check.State, check.Error, "goes on differently", func(c *cart) {
			c.reset = func(c *cart, _ *rng.Stream, _ []float64) error { c.memory = 0; return nil }
			c.after = func(c *cart, _, obs []float64, _ *env.Outcome) error {
				if c.memory++; c.memory > 3 {
					c.v *= 0.9
					obs[1] = c.v
				}
				return nil
			}
		}},
		{"own state refused", check.State, check.Error, "refuses what AppendState wrote", func(c *cart) {
			c.load = func(*cart, []byte, []float64) error { return errors.New("no") }
		}},
		{"long state taken", check.State, check.Error, "a state with one more byte", func(c *cart) {
			c.load = func(c *cart, state []byte, obs []float64) error {
				if len(state) < 16 {
					return errors.New("want 16 bytes")
				}
				c.set(state, obs)
				return nil
			}
		}},
		{"refused state panics", check.State, check.Error, "panic", func(c *cart) {
			c.load = func(c *cart, state []byte, obs []float64) error { c.set(state, obs); return nil }
		}},
		{"refused state changes", check.State, check.Error, "although it refuses", func(c *cart) {
			c.load = func(c *cart, state []byte, obs []float64) error {
				if len(state) < 16 {
					c.x = 0.123
					return errors.New("want 16 bytes")
				}
				c.set(state, obs)
				if len(state) > 16 {
					return errors.New("want 16 bytes")
				}
				return nil
			}
		}},

		{"terminal misses", check.Terminal, check.Error, "go on beyond", func(c *cart) {
			c.ends = func(obs []float32, done []bool) {
				for i := range done {
					done[i] = obs[2*i]-obs[2*i]+obs[2*i+1]-obs[2*i+1] != 0
				}
			}
		}},
		{"terminal too strict", check.Terminal, check.Error, "end too early", func(c *cart) {
			c.ends = func(obs []float32, done []bool) {
				for i := range done {
					done[i] = left(2*obs[2*i]) || obs[2*i+1]-obs[2*i+1] != 0
				}
			}
		}},
		{"terminal ignores NaN", check.Terminal, check.Error, "where observation 1 (speed) is NaN", func(c *cart) {
			c.ends = func(obs []float32, done []bool) {
				for i := range done {
					done[i] = left(obs[2*i])
				}
			}
		}},
		{"terminal writes", check.Terminal, check.Error, "changed its observations", func(c *cart) {
			c.ends = func(obs []float32, done []bool) {
				for i := range done {
					done[i] = left(obs[2*i])
					obs[2*i] = 0
				}
			}
		}},
		{"terminal looks at the batch", check.Terminal, check.Error, "a function of its arguments alone", func(c *cart) {
			inner := (&cart{}).Terminal
			c.ends = func(obs []float32, done []bool) {
				inner(obs, done)
				if len(done) == 1 {
					done[0] = !done[0]
				}
			}
		}},
		{"reward of another unit", check.Reward, check.Error, "Reward says", func(c *cart) {
			c.pays = func(_, _, next, reward []float32) {
				for i := range reward {
					reward[i] = 10 - next[2*i]
				}
			}
		}},
		{"reward NaN", check.Reward, check.Error, "Reward says NaN", func(c *cart) {
			c.pays = func(_, _, _, reward []float32) { reward[3] = float32(math.NaN()) }
		}},
		{"rewards too large", check.Reward, check.Warning, "rewards reach", func(c *cart) {
			c.after = func(_ *cart, _, _ []float64, out *env.Outcome) error { out.Reward *= 1e6; return nil }
			c.pays = func(_, _, next, reward []float32) {
				for i := range reward {
					reward[i] = 1e6 * (1 - next[2*i]*next[2*i])
				}
			}
		}},
		{"scales apart", check.Units, check.Warning, "scales more than 10000 times apart", func(c *cart) {
			c.reset = func(_ *cart, _ *rng.Stream, obs []float64) error { obs[1] *= 1e5; return nil }
			c.after = func(_ *cart, _, obs []float64, _ *env.Outcome) error { obs[1] *= 1e5; return nil }
			c.load = func(c *cart, state []byte, obs []float64) error {
				if len(state) != 16 {
					return errors.New("want 16 bytes")
				}
				c.set(state, obs)
				obs[1] *= 1e5
				return nil
			}
		}},
		{"allocates", check.Speed, check.Warning, "allocates 1 times", always(func(c *cart, _ []float64, _ *env.Outcome) { c.kept = make([]float64, 4) })},
		{"infinite out of bounds", check.Actions, check.Error, "far above the bounds", func(c *cart) {
			c.after = func(_ *cart, action, obs []float64, _ *env.Outcome) error {
				if action[0] > 1 {
					obs[0] = math.Inf(1)
				}
				return nil
			}
		}},
		{"panics out of bounds", check.Actions, check.Error, "far below the bounds", func(c *cart) {
			c.after = func(_ *cart, action, _ []float64, _ *env.Outcome) error {
				if action[0] < -1 {
					panic("too low")
				}
				return nil
			}
		}},
		{"stays broken", check.Actions, check.Error, "does not bring the task back", func(c *cart) {
			c.after = func(c *cart, action, obs []float64, _ *env.Outcome) error {
				if math.Abs(action[0]) > 1 {
					c.memory = 1
				}
				c.v += 0.01 * c.memory
				obs[1] = c.v
				return nil
			}
		}},
		{"close fails", check.Making, check.Error, "Close failed: busy", func(c *cart) { c.close = func() error { return errors.New("busy") } }},
	} {
		t.Run(b.name, func(t *testing.T) {
			shared = 0
			report := inspect(b.change)
			for _, f := range report.Findings {
				if f.Rule == b.rule && f.Severity == b.severity && strings.Contains(f.Text, b.says) {
					return
				}
			}
			t.Errorf("findings %v; want %s of rule %s that says %q", report.Findings, b.severity, b.rule, b.says)
		})
	}
}

func TestConstantEntriesAndRewardsAreRemarked(t *testing.T) {
	report := check.Check(func() (env.Env, error) {
		c := &cart{spec: cartSpec()}
		c.spec.Terminates = false
		c.after = func(_ *cart, _, obs []float64, out *env.Outcome) error {
			obs[1] = 3
			*out = env.Outcome{Reward: 0}
			return nil
		}
		c.reset = func(_ *cart, _ *rng.Stream, obs []float64) error { obs[1] = 3; return nil }
		return plain{c}, nil
	}, nil, check.Options{Steps: 200})
	for _, says := range []string{"1 of 2 entries never changed: observation 1 (speed)", "nothing to learn from", "cannot save its state"} {
		if !slices.ContainsFunc(report.Findings, func(f check.Finding) bool { return f.Severity == check.Warning && strings.Contains(f.Text, says) }) {
			t.Errorf("findings %v; want a warning that says %q", report.Findings, says)
		}
	}
	if !report.OK() {
		t.Errorf("warnings alone are taken for a broken contract: %v", report.Findings)
	}
}

func TestInstancesThatShareStateAreFound(t *testing.T) {
	// What the neighbour does reaches this instance through its speed.
	var last *cart
	report := check.Check(func() (env.Env, error) {
		c := &cart{spec: cartSpec()}
		c.after = func(c *cart, _, obs []float64, _ *env.Outcome) error {
			if last != nil && last != c {
				c.v += 1e-6
				obs[1] = c.v
			}
			last = c
			return nil
		}
		return c, nil
	}, nil, check.Options{Steps: 200})
	if !slices.ContainsFunc(report.Findings, func(f check.Finding) bool { return f.Rule == check.Sharing && f.Severity == check.Error }) {
		t.Errorf("findings %v; want one of rule %s", report.Findings, check.Sharing)
	}
}

func TestInstancesThatCannotBeMadeAreFound(t *testing.T) {
	made := 0
	for name, c := range map[string]struct {
		make func() (env.Env, error)
		says string
	}{
		"none":   {func() (env.Env, error) { return nil, errors.New("no licence") }, "no instance can be made: no licence"},
		"nil":    {func() (env.Env, error) { return nil, nil }, "neither an instance nor an error"},
		"panics": {func() (env.Env, error) { panic("no model") }, "no model"},
		"one only": {func() (env.Env, error) {
			if made++; made > 1 {
				return nil, errors.New("the robot is in use")
			}
			return &cart{spec: cartSpec()}, nil
		}, "a second instance cannot be made"},
	} {
		report := check.Check(c.make, nil, check.Options{Steps: 50})
		if report.OK() || !slices.ContainsFunc(report.Findings, func(f check.Finding) bool { return f.Rule == check.Making && strings.Contains(f.Text, c.says) }) {
			t.Errorf("%s: findings %v; want one of rule %s that says %q", name, report.Findings, check.Making, c.says)
		}
	}
}

func TestADescriptionThatDiffersIsFoundFieldByField(t *testing.T) {
	report := check.Check(func() (env.Env, error) { return &cart{spec: cartSpec()}, nil }, func() env.Spec {
		s := cartSpec()
		s.Limit, s.High = 60, []float64{2}
		return s
	}, check.Options{Steps: 50})
	var said []string
	for _, f := range report.Findings {
		if f.Rule == check.Description {
			said = append(said, f.Text)
		}
	}
	if len(said) != 2 || !strings.Contains(said[0], "High [2]") || !strings.Contains(said[1], "Limit 60") {
		t.Errorf("findings %q; want one of High and one of Limit", said)
	}
}
