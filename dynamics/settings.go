package dynamics

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Propagation says which member steps which row of imagination (method.md B.7).
type Propagation string

// The propagation rules.
const (
	Fixed  Propagation = "fixed"  // one elite a start state, drawn at random, for all its rows and steps
	TS1    Propagation = "ts1"    // an elite drawn at random for every row and step
	TSInf  Propagation = "tsinf"  // an elite a trajectory; particles spread evenly over the elites
	Expect Propagation = "expect" // the mean of all elites' means, without noise
	All    Propagation = "all"    // particle p steps with elite p mod elites; the planner supplies particles x elites rows
)

// The hold-out and row rules.
const (
	HoldoutSticky   = "sticky"
	HoldoutResample = "resample"
	RowsBootstrap   = "bootstrap"
	RowsShuffle     = "shuffle"
	RowsWeights     = "weights" // each row once, with a weight of its own for every member

	OptimizerAdam  = "adam"
	OptimizerAdamW = "adamw" // weight decay apart from the gradient, of biases too

	NormNone  = "none"
	NormLayer = "layer" // LayerNorm without gains before every linear layer but the first

	VarianceInput    = "input"    // the networks predict it
	VarianceConstant = "constant" // one number a member and output

	StopNoGain = "patience"    // no member's held-out error fell for patience passes
	StopTest   = "paired_test" // the ensemble's held-out scores, compared row by row

	// BestFromFirstPass lets every fit move to the new data, as the reference
	// codes do. With BestFromCurrent a model that fits its few old rows sharply
	// never improves within patience and stays behind the policy's new data.
	BestFromFirstPass = "first_pass"
	BestFromCurrent   = "current"
)

// Settings of the ensemble. Made by DefaultSettings; a zero means zero.
type Settings struct {
	Members int       `yaml:"members"` // networks
	Elites  int       `yaml:"elites"`  // members that imagination uses: those of lowest held-out error
	Hidden  []int     `yaml:"hidden"`  // units of each hidden layer (SiLU)
	Rate    float64   `yaml:"rate"`    // Adam step size
	Decay   []float64 `yaml:"decay"`   // weight decay of each linear layer, input to output: len(hidden)+1 numbers

	Optimizer      string    `yaml:"optimizer"`       // adam | adamw
	FreshOptimizer bool      `yaml:"fresh_optimizer"` // every fit forgets the gradients of those before
	Norm           string    `yaml:"norm"`            // none | layer
	NormEpsilon    []float64 `yaml:"norm_epsilon"`    // with norm layer, what is added to the variance: one number a hidden layer, from the input on
	Dropout        []float64 `yaml:"dropout"`         // share of each hidden layer's features that training leaves out; empty: none
	Variance       string    `yaml:"variance"`        // input | constant
	NoiseDecay     float64   `yaml:"noise_decay"`     // with variance constant, weight decay of its log standard deviations

	Batch int `yaml:"batch"` // rows a gradient step and member

	Holdout         string  `yaml:"holdout"`          // sticky | resample
	HoldoutFraction float64 `yaml:"holdout_fraction"` // share of rows that are never trained on
	HoldoutMax      int     `yaml:"holdout_max"`      // most held-out rows
	Rows            string  `yaml:"rows"`             // bootstrap | shuffle | weights
	PassBatches     int     `yaml:"pass_batches"`     // batches of a pass; 0: all rows
	Stop            string  `yaml:"stop"`             // patience | paired_test
	StopSave        float64 `yaml:"stop_save"`        // p-value of paired_test below which the ensemble is saved
	StopGoOn        float64 `yaml:"stop_go_on"`       // p-value below which patience begins anew
	Patience        int     `yaml:"patience"`         // passes without improvement after which a fit still goes on; with stop paired_test times ln(outputs)
	PatienceSteps   int     `yaml:"patience_steps"`   // gradient steps without improvement that a fit makes at least before patience ends it; 0: none
	BestFrom        string  `yaml:"best_from"`        // first_pass | current: what a fit's best held-out error starts from; with stop paired_test always the current weights' scores
	Improvement     float64 `yaml:"improvement"`      // relative fall of held-out error that counts
	MaxPasses       int     `yaml:"max_passes"`       // passes a fit; 0: no limit, with stop paired_test five times patience
	MaxGradSteps    int     `yaml:"max_grad_steps"`   // gradient steps a fit; 0: no limit
	RefitGradSteps  int     `yaml:"refit_grad_steps"` // gradient steps of a fit after the first; 0: max_grad_steps

	BoundMax    float64 `yaml:"bound_max"`    // initial soft upper bound of the log-variance
	BoundMin    float64 `yaml:"bound_min"`    // initial soft lower bound
	BoundWeight float64 `yaml:"bound_weight"` // weight of (sum of upper - sum of lower bounds) in the loss
	StdFloor    float64 `yaml:"std_floor"`    // an input whose standard deviation is below this is not scaled
	TargetNorm  bool    `yaml:"target_norm"`  // fit targets scaled to mean 0 and standard deviation 1

	Propagation Propagation `yaml:"propagation"`  // fixed | ts1 | tsinf | expect | all
	ModelGuard  float64     `yaml:"model_guard"`  // rows further from the mean than this many training ranges end; 0: off
	JSDGuard    float64     `yaml:"jsd_guard"`    // rows end at which the elites' divergence is above this times its quantile on held-out data; 0: off, 2 is published
	JSDQuantile float64     `yaml:"jsd_quantile"` // which quantile that is
	DeltaClip   bool        `yaml:"delta_clip"`   // clamp changes to the training range widened by 20 %

	TerminalHead   bool  `yaml:"-"`               // learn when the task ends (method.md C.9)
	TerminalHidden []int `yaml:"terminal_hidden"` // units of its hidden layers
}

// DefaultSettings returns the published ensemble (method.md C.1 to C.5, A.6).
func DefaultSettings() Settings {
	return Settings{
		Members: 7, Elites: 5, Hidden: []int{200, 200, 200, 200},
		Rate: 1e-3, Decay: ShapeDecay(4), Batch: 256,
		Optimizer: OptimizerAdam, Norm: NormNone, Variance: VarianceInput, Stop: StopNoGain, StopSave: 0.1, StopGoOn: 0.5, NoiseDecay: 1e-2,
		Holdout: HoldoutSticky, HoldoutFraction: 0.2, HoldoutMax: 5000, Rows: RowsBootstrap,
		BestFrom: BestFromFirstPass, Patience: 5, Improvement: 0.01,
		BoundMax: 0.5, BoundMin: -10, BoundWeight: 0.01, StdFloor: 1e-6,
		Propagation: Fixed, ModelGuard: 10, JSDQuantile: 0.95,
		TerminalHidden: []int{64, 64},
	}
}

// ShapeDecay returns the default weight decays for a network of that many
// hidden layers: 2.5e-5 and 5e-5 at the input, 1e-4 at the output, 7.5e-5
// between (method.md C.3 for four hidden layers).
func ShapeDecay(hidden int) []float64 {
	decay := make([]float64, hidden+1)
	for l := range decay {
		decay[l] = 7.5e-5
	}
	decay[0] = 2.5e-5
	if hidden >= 2 {
		decay[1] = 5e-5
	}
	decay[hidden] = 1e-4
	return decay
}

// Validate returns every fault of the settings at once.
func (s Settings) Validate() error {
	var faults []error
	check := func(ok bool, name string, value any, want string) {
		if !ok {
			faults = append(faults, fmt.Errorf("%s is %v: give %s", name, value, want))
		}
	}
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 1) }
	oneOf := func(name, value string, names ...string) {
		check(slices.Contains(names, value), name, fmt.Sprintf("%q", value), "one of "+strings.Join(names, ", "))
	}
	check(s.Members >= 1 && s.Members <= 1000, "members", s.Members, "1 to 1000")
	check(s.Elites >= 1 && s.Elites <= s.Members, "elites", s.Elites, fmt.Sprintf("1 to members (%d)", s.Members))
	check(len(s.Hidden) >= 1, "hidden", s.Hidden, "at least one hidden layer")
	for i, units := range s.Hidden {
		check(units >= 1 && units <= 1<<16, fmt.Sprintf("hidden[%d]", i), units, "1 to 65536 units")
	}
	check(positive(s.Rate), "rate", s.Rate, "a positive number such as 1e-3")
	check(len(s.Decay) == len(s.Hidden)+1, "decay", s.Decay, fmt.Sprintf("%d numbers, one a linear layer", len(s.Hidden)+1))
	for i, d := range s.Decay {
		check(d >= 0 && !math.IsInf(d, 1), fmt.Sprintf("decay[%d]", i), d, "0 or a positive number")
	}
	check(s.Batch >= 1 && s.Batch <= 1<<20, "batch", s.Batch, "1 to 1048576 rows")
	oneOf("holdout", s.Holdout, HoldoutSticky, HoldoutResample)
	check(s.HoldoutFraction > 0 && s.HoldoutFraction < 1, "holdout_fraction", s.HoldoutFraction, "a share between 0 and 1 such as 0.2")
	check(s.HoldoutMax >= 1, "holdout_max", s.HoldoutMax, "at least 1 row")
	oneOf("best_from", s.BestFrom, BestFromFirstPass, BestFromCurrent)
	oneOf("rows", s.Rows, RowsBootstrap, RowsShuffle, RowsWeights)
	faults = append(faults, s.variantFaults()...)
	check(s.Patience >= 0, "patience", s.Patience, "0 or more passes")
	check(s.PatienceSteps >= 0, "patience_steps", s.PatienceSteps, "0 or more gradient steps")
	check(s.Improvement >= 0 && s.Improvement < 1, "improvement", s.Improvement, "a share from 0 to below 1 such as 0.01")
	check(s.MaxPasses >= 0, "max_passes", s.MaxPasses, "0 (no limit) or more")
	check(s.MaxGradSteps >= 0, "max_grad_steps", s.MaxGradSteps, "0 (no limit) or more")
	check(s.RefitGradSteps >= 0, "refit_grad_steps", s.RefitGradSteps, "0 (as max_grad_steps) or more")
	finite := func(x float64) bool { return math.Abs(x) <= 80 }
	check(finite(s.BoundMax), "bound_max", s.BoundMax, "a log-variance within 80 of 0")
	check(finite(s.BoundMin), "bound_min", s.BoundMin, "a log-variance within 80 of 0")
	check(s.BoundMax-s.BoundMin >= minBoundGap, "bound_max", s.BoundMax, fmt.Sprintf("at least %v more than bound_min (%v)", minBoundGap, s.BoundMin))
	check(s.BoundWeight >= 0 && !math.IsInf(s.BoundWeight, 1), "bound_weight", s.BoundWeight, "0 or a positive number")
	check(positive(s.StdFloor), "std_floor", s.StdFloor, "a positive number such as 1e-6")
	oneOf("propagation", string(s.Propagation), string(Fixed), string(TS1), string(TSInf), string(Expect), string(All))
	check(s.ModelGuard >= 0 && !math.IsInf(s.ModelGuard, 1), "model_guard", s.ModelGuard, "0 (off) or a number of training ranges such as 10")
	check(s.JSDGuard >= 0 && !math.IsInf(s.JSDGuard, 1), "jsd_guard", s.JSDGuard, "0 (off) or a factor such as 2")
	check(s.JSDGuard == 0 || s.Elites >= 2, "jsd_guard", s.JSDGuard, fmt.Sprintf("0 (off), or at least 2 elites (%d), since one has nobody to disagree with", s.Elites))
	check(s.JSDQuantile >= 0 && s.JSDQuantile <= 1, "jsd_quantile", s.JSDQuantile, "a level from 0 to 1 such as 0.95")
	check(!s.TerminalHead || len(s.TerminalHidden) >= 1, "terminal_hidden", s.TerminalHidden, "at least one hidden layer")
	for i, units := range s.TerminalHidden {
		check(units >= 1 && units <= 1<<16, fmt.Sprintf("terminal_hidden[%d]", i), units, "1 to 65536 units")
	}
	return errors.Join(faults...)
}

// Unnamed holds what settings that runs of earlier versions do not name mean
// there; all others are zero.
func Unnamed() Settings {
	d := DefaultSettings()
	return Settings{
		Optimizer: d.Optimizer, Norm: d.Norm, Variance: d.Variance, NoiseDecay: d.NoiseDecay,
		Stop: d.Stop, StopSave: d.StopSave, StopGoOn: d.StopGoOn, JSDQuantile: d.JSDQuantile,
	}
}

// variantFaults are those of the settings of method.md C.11.
func (s Settings) variantFaults() (faults []error) {
	check := func(ok bool, name string, value any, want string) {
		if !ok {
			faults = append(faults, fmt.Errorf("%s is %v: give %s", name, value, want))
		}
	}
	oneOf := func(name, value string, names ...string) {
		check(slices.Contains(names, value), name, fmt.Sprintf("%q", value), "one of "+strings.Join(names, ", "))
	}
	oneOf("optimizer", s.Optimizer, OptimizerAdam, OptimizerAdamW)
	oneOf("norm", s.Norm, NormNone, NormLayer)
	oneOf("variance", s.Variance, VarianceInput, VarianceConstant)
	oneOf("stop", s.Stop, StopNoGain, StopTest)
	check(s.Norm != NormLayer || len(s.NormEpsilon) == len(s.Hidden), "norm_epsilon", s.NormEpsilon, fmt.Sprintf("%d numbers, one a hidden layer, such as 1, 0.1, 0.01", len(s.Hidden)))
	for i, x := range s.NormEpsilon {
		check(x > 0 && !math.IsInf(x, 1), fmt.Sprintf("norm_epsilon[%d]", i), x, "a positive number such as 0.01")
	}
	check(len(s.Dropout) == 0 || len(s.Dropout) == len(s.Hidden), "dropout", s.Dropout, fmt.Sprintf("no numbers or %d, one a hidden layer", len(s.Hidden)))
	for i, x := range s.Dropout {
		check(x >= 0 && x < 1, fmt.Sprintf("dropout[%d]", i), x, "a share from 0 to below 1 such as 0.005")
	}
	check(s.NoiseDecay >= 0 && s.NoiseDecay*s.Rate < 1, "noise_decay", s.NoiseDecay, "0 or a positive number such as 1e-2")
	check(s.PassBatches >= 0, "pass_batches", s.PassBatches, "0 (all rows) or more")
	check(s.StopSave > 0 && s.StopSave < 1, "stop_save", s.StopSave, "a p-value between 0 and 1 such as 0.1")
	check(s.StopGoOn >= s.StopSave && s.StopGoOn <= 1, "stop_go_on", s.StopGoOn, fmt.Sprintf("a p-value from stop_save (%v) to 1 such as 0.5", s.StopSave))
	for i, d := range s.Decay {
		check(s.Optimizer != OptimizerAdamW || !(d*s.Rate >= 1), fmt.Sprintf("decay[%d]", i), d, fmt.Sprintf("less than one over rate (%v) with optimizer %s", s.Rate, OptimizerAdamW))
	}
	check(s.Stop != StopTest || s.HoldoutMax >= 2, "holdout_max", s.HoldoutMax, "at least 2 rows with stop paired_test, which compares their scores")
	check(s.Stop != StopTest || s.Members >= 2, "members", s.Members, "at least 2 with stop paired_test, whose score needs their spread")
	return faults
}
