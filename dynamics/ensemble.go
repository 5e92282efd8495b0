package dynamics

import (
	"fmt"
	"math"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/par"
	"demorl/rng"
)

// Ensemble is the learned model. Outputs are numbered 0 for the reward and 1+j
// for the change of observation coordinate j.
type Ensemble struct {
	settings       Settings
	obsDim, actDim int
	key            rng.Key // of weights and hold-out decisions
	pool           *par.Pool

	net     *nn.Net
	half    *nn.Half // nil unless a World is in bfloat16
	adam    *nn.Adam
	bounds  *bounds
	noise   *noise         // nil unless variance constant; then bounds are not used
	inputs  *nn.Normaliser // of (obs, action)
	targets *nn.Normaliser // of (reward, change); the identity unless target_norm
	span    *span
	tile    tile
	holdout holdout
	elites  []int // members, best first
	fits    int
	head    *terminalHead // nil unless terminal_head
	jsd     jsdGuard      // of the elites' divergence; empty without jsd_guard

	fit *fitter // scratch of Fit; holds nothing that a resume needs
}

// New returns an ensemble with fresh weights (method.md C.1): until the first
// Fit every member predicts with initial weights and the elites are the first
// members. key decides weights and which rows are held out.
func New(s Settings, obsDim, actDim int, key rng.Key, pool *par.Pool) (*Ensemble, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if obsDim < 1 || actDim < 1 {
		return nil, fmt.Errorf("dynamics: %d observations and %d actions: both must be at least 1", obsDim, actDim)
	}
	e := &Ensemble{settings: s, obsDim: obsDim, actDim: actDim, key: key, pool: pool}
	sizes := append([]int{obsDim + actDim}, s.Hidden...)
	e.noise = newNoise(s, e.Outputs())
	answers := 2 * e.Outputs()
	if e.noise != nil {
		answers = e.Outputs()
	}
	spec := nn.Spec{Members: s.Members, Sizes: append(sizes, answers), Hidden: kern.SiLU, Trained: true}
	if s.Norm == NormLayer {
		spec.InputNorm = s.NormEpsilon
	}
	if len(s.Dropout) > 0 {
		spec.Dropout = s.Dropout
	}
	e.net = nn.New(spec)
	e.net.InitTruncatedNormal(key.Derive("weights"))
	e.adam = nn.NewAdam(e.net, s.Rate)
	e.adam.Decoupled = s.Optimizer == OptimizerAdamW
	e.bounds = newBounds(s, e.Outputs())
	e.inputs, e.targets = nn.NewNormaliser(obsDim+actDim), nn.NewNormaliser(e.Outputs())
	e.span = newSpan(obsDim)
	e.tile = newTile(obsDim+actDim, e.Outputs())
	for m := range s.Elites {
		e.elites = append(e.elites, m)
	}
	if s.TerminalHead {
		e.head = newTerminalHead(s, obsDim, actDim, key.Derive("terminal"))
	}
	e.publish()
	return e, nil
}

// tile is what prediction reads beside the networks, repeated for each of
// predictorRows rows, so that one kernel call serves a whole chunk of rows.
type tile struct {
	mean, scale         []float32 // rows x (obs+action): statistics of the inputs
	upper, lower        []float32 // rows x outputs: bounds of the log-variance
	low, high           []float32 // rows x outputs: range of changes; reward has none
	guardLow, guardHigh []float32 // rows x outputs: range of believable rewards and next observations
}

func newTile(in, outputs int) tile {
	x, y := predictorRows*in, predictorRows*outputs
	return tile{
		mean: make([]float32, x), scale: make([]float32, x), upper: make([]float32, y), lower: make([]float32, y),
		low: make([]float32, y), high: make([]float32, y), guardLow: make([]float32, y), guardHigh: make([]float32, y),
	}
}

// publish derives what prediction reads from statistics, bounds and span. It
// must follow every change of them, before anything is predicted.
func (e *Ensemble) publish() {
	t, inf := &e.tile, float32(math.Inf(1))
	for j, std := range e.inputs.Std {
		t.mean[j], t.scale[j] = e.inputs.Mean[j], 1/std
	}
	if e.noise != nil {
		e.noise.publish()
	}
	copy(t.upper, e.bounds.upper)
	copy(t.lower, e.bounds.lower)
	guard := float32(e.settings.ModelGuard)
	for d := range e.Outputs() {
		t.low[d], t.high[d] = -inf, inf
		t.guardLow[d], t.guardHigh[d] = -math.MaxFloat32, math.MaxFloat32
		if j := d - 1; j >= 0 && e.span.known {
			t.low[d], t.high[d] = e.span.low[j], e.span.high[j]
			if guard > 0 {
				width := guard * e.span.reach[j] // infinite where the guard is as wide as all numbers
				t.guardLow[d], t.guardHigh[d] = max(t.guardLow[d], e.span.centre[j]-width), min(t.guardHigh[d], e.span.centre[j]+width)
			}
		}
	}
	if e.half != nil {
		for m := range e.Members() {
			e.half.Pack(m)
		}
	}
	repeat(t.mean, e.net.In())
	repeat(t.scale, e.net.In())
	for _, x := range [][]float32{t.upper, t.lower, t.low, t.high, t.guardLow, t.guardHigh} {
		repeat(x, e.Outputs())
	}
}

// repeat fills x with its first n numbers.
func repeat(x []float32, n int) {
	for n < len(x) {
		n += copy(x[n:], x[:n])
	}
}

// Settings returns the settings that the ensemble runs with.
func (e *Ensemble) Settings() Settings { return e.settings }

// ObsDim returns the length of an observation.
func (e *Ensemble) ObsDim() int { return e.obsDim }

// ActDim returns the length of an action.
func (e *Ensemble) ActDim() int { return e.actDim }

// Outputs returns the number of predicted quantities: reward and every
// coordinate's change.
func (e *Ensemble) Outputs() int { return 1 + e.obsDim }

// Members returns the number of networks.
func (e *Ensemble) Members() int { return e.settings.Members }

// Elites returns the members that imagination uses, best first; a view.
func (e *Ensemble) Elites() []int { return e.elites }

// Fits returns how often Fit has completed.
func (e *Ensemble) Fits() int { return e.fits }

// Net returns the stacked networks, for export.
func (e *Ensemble) Net() *nn.Net { return e.net }

// Inputs returns the statistics of (obs, action), for export.
func (e *Ensemble) Inputs() *nn.Normaliser { return e.inputs }

// LogVarianceBounds returns the trained soft bounds of each output, views.
func (e *Ensemble) LogVarianceBounds() (upper, lower []float32) {
	return e.bounds.upper, e.bounds.lower
}

// normalise writes the network's input for one row.
func (e *Ensemble) normalise(dst, obs, action []float32) {
	mean, scale := e.tile.mean, e.tile.scale
	for j, v := range obs {
		dst[j] = (v - mean[j]) * scale[j]
	}
	dst, mean, scale = dst[len(obs):], mean[len(obs):], scale[len(obs):]
	for j, v := range action {
		dst[j] = (v - mean[j]) * scale[j]
	}
}

// predictorRows is the number of rows that go through a network together:
// their activations stay in a core's own cache.
const predictorRows = 128

// predictor is one worker's memory for predictions of up to rows rows.
type predictor struct {
	e         *Ensemble
	tape      *nn.Tape
	half      *nn.HalfTape // nil: float32
	x         []float32    // rows x (obs+action)
	each      []int32      // 0, 1, 2, ...: every row its own answer
	mean, std []float32    // rows x outputs
	noise     []float32    // rows x outputs: standard normals
	wide      []float32    // rows x 2*outputs, with variance constant: see widen
}

func (e *Ensemble) newPredictor(rows int) *predictor {
	n := rows * e.Outputs()
	each := make([]int32, rows)
	for i := range each {
		each[i] = int32(i)
	}
	p := &predictor{
		each: each,
		e:    e, tape: e.net.NewTape(rows), x: make([]float32, rows*e.net.In()),
		mean: make([]float32, n), std: make([]float32, n), noise: make([]float32, n),
	}
	if e.noise != nil {
		p.wide = make([]float32, 2*n)
	}
	return p
}

// infer runs the first rows rows of x, in the task's units, through member m:
// each row of the result is the means of all outputs and then their raw
// log-variances, in the units that the network was trained in. x is left
// normalised.
func (p *predictor) infer(m, rows int) []float32 {
	used := rows * p.e.net.In()
	kern.Normalise(p.x[:used], p.e.tile.mean[:used], p.e.tile.scale[:used])
	if p.half != nil {
		return p.widen(m, p.e.half.Infer(m, p.half, p.x, rows), rows)
	}
	return p.widen(m, p.e.net.Infer(m, p.tape, p.x, rows), rows)
}

// means fills mean with member m's prediction for the first rows rows of x.
func (p *predictor) means(m, rows int) {
	out, n := p.infer(m, rows), p.e.Outputs()
	for r := range rows {
		copy(p.mean[r*n:(r+1)*n], out[2*r*n:])
	}
	if p.e.settings.TargetNorm {
		p.rescale(p.mean, rows)
		p.shift(rows)
	}
}

// draws fills std with standard deviations and mean with means plus std times
// noise, a row for each entry of input: the place of its answer in out, which
// infer returned.
func (p *predictor) draws(out []float32, input []int32) {
	n, rows := p.e.Outputs(), len(input)
	for r, i := range input {
		answer := out[2*int(i)*n:]
		copy(p.mean[r*n:(r+1)*n], answer)
		copy(p.std[r*n:(r+1)*n], answer[n:])
	}
	used, t := rows*n, &p.e.tile
	if p.e.noise != nil {
		p.constantDraws(used)
	} else {
		kern.Gaussian(p.mean[:used], p.std[:used], p.noise[:used], t.upper[:used], t.lower[:used])
	}
	if p.e.settings.TargetNorm {
		p.rescale(p.mean, rows)
		p.rescale(p.std, rows)
		p.shift(rows)
	}
}

// rescale and shift undo the scaling of targets.
func (p *predictor) rescale(x []float32, rows int) {
	for r := range rows {
		for d, scale := range p.e.targets.Std {
			x[r*len(p.e.targets.Std)+d] *= scale
		}
	}
}

func (p *predictor) shift(rows int) {
	for r := range rows {
		for d, mean := range p.e.targets.Mean {
			p.mean[r*len(p.e.targets.Mean)+d] += mean
		}
	}
}

// Predict fills mean and std (rows x Outputs; std may be nil) with member m's
// prediction of reward and change for obs (rows x ObsDim) under action (rows x
// ActDim), in the task's units. It allocates; imagination uses World.
func (e *Ensemble) Predict(m int, obs, action []float32, rows int, mean, std []float32) {
	e.newPredictor(min(rows, predictorRows)).predictRows(m, obs, action, rows, mean, std)
}

// predictRows is Predict with p's memory.
func (p *predictor) predictRows(m int, obs, action []float32, rows int, mean, std []float32) {
	e := p.e
	in, outputs, chunk := e.net.In(), e.Outputs(), len(p.x)/e.net.In()
	clear(p.noise)
	for at := 0; at < rows; at += chunk {
		n := min(chunk, rows-at)
		load := func() {
			for r := range n {
				i := at + r
				copy(p.x[r*in:], obs[i*e.obsDim:(i+1)*e.obsDim])
				copy(p.x[r*in+e.obsDim:], action[i*e.actDim:(i+1)*e.actDim])
			}
		}
		if std != nil {
			load()
			p.draws(p.infer(m, n), p.each[:n])
			copy(std[at*outputs:], p.std[:n*outputs])
		}
		load()
		p.means(m, n) // apart, since an infinite standard deviation times no noise is not 0
		copy(mean[at*outputs:], p.mean[:n*outputs])
	}
}
