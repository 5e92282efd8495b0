package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/env"
	"demorl/par"
	"demorl/train"
)

// Epoch is the cost of one epoch of training, evaluation left out.
type Epoch struct {
	Bench     string  `json:"bench"`
	Env       string  `json:"env"`
	Algo      string  `json:"algo"`
	Preset    string  `json:"preset"`
	Precision string  `json:"precision"`
	Threads   int     `json:"threads"`
	Tier      string  `json:"tier"`
	Seconds   float64 `json:"seconds"`
	EnvS      float64 `json:"env_s"` // stepping, acting and everything else
	FitS      float64 `json:"fit_s"`
	ImagineS  float64 `json:"imagine_s"`
	LearnS    float64 `json:"learn_s"`
	Steps     float64 `json:"steps_per_s"`
	Passes    int     `json:"fit_passes"`
	TFLOP     float64 `json:"tflop"`
	Peak      float64 `json:"peak_gflops"`
	Ratio     float64 `json:"ratio"`
	RSS       float64 `json:"peak_rss_mb"`
}

// EpochWork names the epoch.
type EpochWork struct {
	Env, Algo, Preset string
	Precision         string // of imagination and planning; empty: f32
	Steps             int    // real steps; 0 means the settings' epoch. A shorter one is measured as it is and scales nothing.
	Passes            int    // passes of all refits of the epoch together, made whatever the held-out error says; 0 leaves their end to patience
}

// NewEpoch runs the settings' warm-up and then measures the epoch after it.
// tell is called with a line now and then.
func NewEpoch(w EpochWork, pool *par.Pool, tell func(string)) (Epoch, error) {
	s, err := train.Default(w.Env, w.Algo, w.Preset)
	if err != nil {
		return Epoch{}, err
	}
	if w.Steps == 0 {
		w.Steps = s.Agent.EpochSteps
	}
	refits := (w.Steps + s.Agent.RefitEvery - 1) / s.Agent.RefitEvery
	if w.Passes > 0 {
		s.Agent.Model.MaxPasses = max(1, w.Passes/refits)
		s.Agent.Model.Patience = s.Agent.Model.MaxPasses
	}
	if w.Precision != "" {
		s.Agent.Precision = w.Precision
	}
	s.EvalEvery = 0
	loop, err := train.NewLoop(s, func() (env.Env, error) { return env.ForLearning(s.Env) }, pool)
	if err != nil {
		return Epoch{}, err
	}
	defer loop.Close()
	step := func(n int) error {
		for range n * s.Agent.ActionRepeat {
			if _, err := loop.Step(context.Background()); err != nil {
				return err
			}
		}
		return nil
	}
	if err := step(s.Agent.Warmup); err != nil {
		return Epoch{}, err
	}
	loop.Agent().TakeReport()
	peak := Peak(pool)
	var seconds float64
	for done := 0; done < w.Steps; {
		n := min(50, w.Steps-done)
		start := time.Now()
		if err := step(n); err != nil {
			return Epoch{}, err
		}
		seconds += time.Since(start).Seconds()
		done += n
		tell(fmt.Sprintf("step %d of %d, %.1f s", done, w.Steps, seconds))
	}
	peak = max(peak, Peak(pool))
	out := Epoch{
		Bench: "epoch", Env: s.Env, Algo: w.Algo, Preset: w.Preset, Precision: s.Agent.Precision, Threads: pool.Workers(), Tier: tier(),
		Seconds: seconds, Steps: float64(w.Steps) / seconds, Peak: peak, RSS: peakRSS(),
	}
	figures := loop.Agent().TakeReport()
	out.FitS, out.ImagineS, out.LearnS = figures["time/fit_s"], figures["time/imagine_s"], figures["time/learn_s"]
	out.EnvS = seconds - out.FitS - out.ImagineS - out.LearnS
	out.Passes = int(figures["model/passes"])
	out.TFLOP = epochFlop(s, loop, w.Steps, figures) / 1e12
	out.Ratio = seconds / (1e3 * out.TFLOP / peak)
	return out, nil
}

// epochFlop is the floating-point work of the epoch that was run: what the
// settings ask for, with the fits' own numbers of steps and passes.
func epochFlop(s train.Settings, loop *train.Loop, steps int, figures map[string]float64) float64 {
	a := s.Agent
	row := loop.Agent().Real().Row(0)
	obs, act := len(row.Obs), len(row.Action)
	gradients := a.Learner == agent.LearnerValueGradient
	flop := 0.0
	if !gradients {
		flop = float64(steps*a.UTD) * updateFlop(a.SAC.Batch, obs, act, a.SAC.Hidden)
	}
	if !a.UsesModel() {
		return flop
	}
	sizes := stack(obs+act, a.Model.Hidden, 2*(obs+1))
	flop += figures["model/grad_steps"] * float64(a.Model.Batch) * fitFlop(a.Model.Members, sizes)
	held := min(float64(a.Model.HoldoutMax), a.Model.HoldoutFraction*float64(loop.Agent().Real().Len()))
	flop += figures["model/passes"] * held * float64(a.Model.Members) * forwardFlop(sizes)
	if gradients {
		return flop + blocksFlop(a, obs, act, steps)
	}
	rounds := (steps + a.ReplanEvery - 1) / a.ReplanEvery
	plan := planFlop(a, obs, act, a.Horizon.Int(0))
	if a.Model.Propagation == dynamics.Expect {
		plan *= float64(a.Model.Elites) // of the model's part; no named algorithm does so
	}
	return flop + float64(rounds)*plan
}

// peakRSS is the most memory that this process has held, in megabytes; 0 where
// the system does not tell.
func peakRSS() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
