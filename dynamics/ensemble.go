package dynamics

import (
	"fmt"

	"demorl/internal/kern"
	"demorl/internal/par"
	"demorl/nn"
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
	adam    *nn.Adam
	bounds  *bounds
	inputs  *nn.Normaliser // of (obs, action)
	targets *nn.Normaliser // of (reward, change); the identity unless target_norm
	scale   []float32      // 1/inputs.Std
	span    *span
	holdout holdout
	elites  []int // members, best first
	fits    int
	head    *terminalHead // nil unless terminal_head

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
	e.net = nn.New(nn.Spec{Members: s.Members, Sizes: append(sizes, 2*e.Outputs()), Hidden: kern.SiLU, Trained: true})
	e.net.InitTruncatedNormal(key.Derive("weights"))
	e.adam = nn.NewAdam(e.net, s.Rate)
	e.bounds = newBounds(s, e.Outputs())
	e.inputs, e.targets = nn.NewNormaliser(obsDim+actDim), nn.NewNormaliser(e.Outputs())
	e.scale = make([]float32, obsDim+actDim)
	e.span = newSpan(obsDim)
	for m := range s.Elites {
		e.elites = append(e.elites, m)
	}
	if s.TerminalHead {
		e.head = newTerminalHead(s, obsDim, actDim, key.Derive("terminal"))
	}
	e.publish()
	return e, nil
}

// publish derives what prediction reads from the normalisers.
func (e *Ensemble) publish() {
	for j, std := range e.inputs.Std {
		e.scale[j] = 1 / std
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
	mean, scale := e.inputs.Mean, e.scale
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
	x         []float32 // rows x (obs+action), normalised
	mean, std []float32 // rows x outputs
	soft      []float32
}

func (e *Ensemble) newPredictor(rows int) *predictor {
	n := rows * e.Outputs()
	return &predictor{
		e: e, tape: e.net.NewTape(rows), x: make([]float32, rows*e.net.In()),
		mean: make([]float32, n), std: make([]float32, n), soft: make([]float32, n),
	}
}

// predict fills mean and, if wanted, std (rows x outputs) with member m's
// prediction for x.
func (p *predictor) predict(m int, x []float32, rows int, withStd bool) {
	outputs := p.e.Outputs()
	out := p.e.net.Infer(m, p.tape, x, rows)
	for r := range rows {
		row := out[r*2*outputs : (r+1)*2*outputs]
		copy(p.mean[r*outputs:(r+1)*outputs], row[:outputs])
		if withStd {
			copy(p.std[r*outputs:(r+1)*outputs], row[outputs:])
		}
	}
	if withStd {
		p.e.bounds.std(p.std, p.soft, rows)
	}
	if !p.e.settings.TargetNorm {
		return
	}
	shift, scale := p.e.targets.Mean, p.e.targets.Std
	for r := range rows {
		mean, std := p.mean[r*outputs:(r+1)*outputs], p.std[r*outputs:(r+1)*outputs]
		for d := range outputs {
			mean[d] = mean[d]*scale[d] + shift[d]
			std[d] *= scale[d]
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
	for at := 0; at < rows; at += chunk {
		n := min(chunk, rows-at)
		for r := range n {
			i := at + r
			e.normalise(p.x[r*in:(r+1)*in], obs[i*e.obsDim:(i+1)*e.obsDim], action[i*e.actDim:(i+1)*e.actDim])
		}
		p.predict(m, p.x, n, std != nil)
		copy(mean[at*outputs:], p.mean[:n*outputs])
		if std != nil {
			copy(std[at*outputs:], p.std[:n*outputs])
		}
	}
}
