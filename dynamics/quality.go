package dynamics

import (
	"fmt"
	"math"

	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// Quality says how well the ensemble predicts some transitions, one output at a
// time (method.md C.10). Output 0 is the reward, 1+j the change of observation
// coordinate j.
type Quality struct {
	Rows        int             `json:"rows"` // transitions that one-step figures are of
	Outputs     []OutputQuality `json:"outputs"`
	Mean        OutputQuality   `json:"mean"` // over the coordinates that vary; the reward apart
	OpenLoop    []StepsQuality  `json:"open_loop"`
	Termination Termination     `json:"termination"`
	OutOfRange  float64         `json:"out_of_range"` // share of predicted next states outside the guarded range of the data
}

// OutputQuality is one output's one-step figures.
type OutputQuality struct {
	RMSE         float64                 `json:"rmse"`         // of the elites' mean prediction, in the task's units
	Predicted    float64                 `json:"predicted"`    // root of the mean predicted variance of the elite mixture, same units
	Spread       float64                 `json:"spread"`       // standard deviation of the target, same units
	R2           float64                 `json:"r2"`           // 1 - RMSE^2/Spread^2; 0 where the target never varies
	Unit         float64                 `json:"unit"`         // what errors of different outputs are compared in: Spread of the replayed rows; 0 where it never varied there
	Disagreement float64                 `json:"disagreement"` // mean over rows of the standard deviation of all members' means, over Unit
	ENCE         float64                 `json:"ence"`
	Coverage     [len(Coverages)]float64 `json:"coverage"` // share of targets inside the central intervals of Coverages
}

// StepsQuality is the error of replaying recorded actions for so many steps.
type StepsQuality struct {
	Steps    int       `json:"steps"`
	Segments int       `json:"segments"`                   // recorded segments used; 0: none was long enough
	Error    float64   `json:"error"`                      // root mean square over coordinates, in their standard deviations in the training data; -1 where it is not finite
	NoChange float64   `json:"no_change"`                  // the same of predicting that nothing moves
	ByDim    []float64 `json:"by_dim,omitempty"`           // Error of each coordinate alone
	NoMove   []float64 `json:"no_change_by_dim,omitempty"` // NoChange of each coordinate alone
}

// Termination is how well the end of an episode is predicted from the predicted
// next state.
type Termination struct {
	Ends      int     `json:"ends"`      // recorded transitions that terminated
	Predicted int     `json:"predicted"` // that were said to
	Hits      int     `json:"hits"`
	Precision float64 `json:"precision"` // 1 where none was predicted
	Recall    float64 `json:"recall"`    // 1 where none ended
}

// Held returns the rows of buf that the last fit held out; buf is that fit's
// buffer, and may have grown since.
func (e *Ensemble) Held(buf *replay.Buffer) []int32 {
	var rows []int32
	oldest := buf.Added() - uint64(buf.Len())
	for _, row := range e.holdout.held {
		if row >= oldest && row < buf.Added() {
			rows = append(rows, int32(row-oldest))
		}
	}
	return rows
}

// Assess measures the ensemble on the given rows of buf, and on segments of all
// of buf of each of the given lengths, drawn by key. rule is the task's, nil
// where the learned head, if there is one, says when episodes end. like, unless
// nil, is an earlier Quality whose units are taken over.
func (e *Ensemble) Assess(buf *replay.Buffer, rows []int32, steps []int, rule Terminator, like *Quality, key rng.Key) (Quality, error) {
	q := Quality{Rows: len(rows)}
	if len(rows) == 0 {
		return q, fmt.Errorf("dynamics: no transition to judge the model by")
	}
	e.assessSteps(&q, e.predictHeld(buf, rows), like)
	if err := e.assessEnds(&q, buf, rows, rule); err != nil {
		return q, err
	}
	run := runLengths(buf)
	for i, n := range steps {
		q.OpenLoop = append(q.OpenLoop, e.assessOpenLoop(buf, pickSegments(run, n, key.At(uint64(i))), n))
	}
	return q, nil
}

// assessSteps fills the one-step figures.
func (e *Ensemble) assessSteps(q *Quality, p *heldPredictions, like *Quality) {
	outputs, varying := e.Outputs(), 0
	for o := range outputs {
		c := p.calibrate(e.elites, o, outputs)
		spread := math.Sqrt(p.targetVariance(o, outputs))
		out := OutputQuality{RMSE: math.Sqrt(c.mse), Predicted: math.Sqrt(c.variance), Spread: spread, Unit: spread, ENCE: c.ence, Coverage: c.coverage}
		if like != nil {
			out.Unit = like.Outputs[o].Unit
		}
		if spread > 0 {
			out.R2 = 1 - c.mse/(spread*spread)
		}
		if out.Unit > 0 {
			out.Disagreement = p.disagreement(o, outputs) / out.Unit
		}
		q.Outputs = append(q.Outputs, out)
		if o > 0 && out.Unit > 0 {
			varying++
			q.Mean.add(out)
		}
	}
	q.Mean.divide(float64(max(1, varying)))
}

// add sums figures that have no unit; RMSE, Predicted and Spread are summed in
// units of Unit.
func (q *OutputQuality) add(o OutputQuality) {
	q.RMSE += o.RMSE / o.Unit
	q.Predicted += o.Predicted / o.Unit
	q.Spread += o.Spread / o.Unit
	q.Unit++
	q.R2 += o.R2
	q.Disagreement += o.Disagreement
	q.ENCE += o.ENCE
	for i, c := range o.Coverage {
		q.Coverage[i] += c
	}
}

func (q *OutputQuality) divide(n float64) {
	for _, x := range []*float64{&q.RMSE, &q.Predicted, &q.Spread, &q.Unit, &q.R2, &q.Disagreement, &q.ENCE} {
		*x /= n
	}
	for i := range q.Coverage {
		q.Coverage[i] /= n
	}
}

// assessEnds steps every row once under its recorded action, by the elites'
// mean, and compares who ended.
func (e *Ensemble) assessEnds(q *Quality, buf *replay.Buffer, rows []int32, rule Terminator) error {
	lane := e.World(WorldOptions{Terminator: rule, Propagation: Expect, DeterministicState: true}).NewLane(predictorRows)
	b := rollout.NewBlock(predictorRows, e.obsDim, e.actDim)
	starts := make([]rollout.Start, predictorRows)
	left := 0
	for at := 0; at < len(rows); at += predictorRows {
		b.Rows, b.First = min(predictorRows, len(rows)-at), uint64(at)
		for r := range b.Rows {
			t := buf.Row(int(rows[at+r]))
			starts[r], b.Start[r] = rollout.Start{ID: uint64(at + r), Obs: t.Obs}, int32(r)
			copy(b.Action[r*e.actDim:(r+1)*e.actDim], t.Action)
		}
		b.Load(starts)
		if err := lane.Begin(b, starts); err != nil {
			return err
		}
		if err := lane.Step(b, 0); err != nil {
			return err
		}
		for r := range b.Rows {
			ended, said := buf.Row(int(rows[at+r])).Terminated, b.Fate[r] == rollout.Terminated
			q.Termination.count(ended, said)
			if b.Fate[r] == rollout.OutOfRange || b.Fate[r] == rollout.NonFinite {
				left++
			}
		}
	}
	q.OutOfRange = float64(left) / float64(len(rows))
	q.Termination.Precision, q.Termination.Recall = 1, 1
	if t := &q.Termination; t.Predicted > 0 {
		t.Precision = float64(t.Hits) / float64(t.Predicted)
	}
	if t := &q.Termination; t.Ends > 0 {
		t.Recall = float64(t.Hits) / float64(t.Ends)
	}
	return nil
}

func (t *Termination) count(ended, said bool) {
	if ended {
		t.Ends++
	}
	if said {
		t.Predicted++
	}
	if ended && said {
		t.Hits++
	}
}

// assessOpenLoop replays the segments that begin at starts.
func (e *Ensemble) assessOpenLoop(buf *replay.Buffer, starts []int32, steps int) StepsQuality {
	q := StepsQuality{Steps: steps, Segments: len(starts)}
	if len(starts) == 0 {
		return q
	}
	q.ByDim, q.NoMove = make([]float64, e.obsDim), make([]float64, e.obsDim)
	ends := make([][]float32, len(e.elites))
	e.pool.Do(len(e.elites), func(_, place int) { ends[place] = e.replayed(buf, starts, steps, e.elites[place]) })
	for j := range e.obsDim {
		square, still := 0.0, 0.0
		for r, i := range starts {
			to := buf.Row(int(i) + steps - 1).Next[j]
			scale := float64(e.inputs.Std[j])
			for _, obs := range ends {
				miss := float64(obs[r*e.obsDim+j]-to) / scale
				square += miss * miss / float64(len(ends))
			}
			miss := float64(buf.Row(int(i)).Obs[j]-to) / scale
			still += miss * miss
		}
		n := float64(len(starts))
		q.ByDim[j], q.NoMove[j] = written(math.Sqrt(square/n)), math.Sqrt(still/n)
		q.Error += square / n / float64(e.obsDim)
		q.NoChange += still / n / float64(e.obsDim)
	}
	q.Error, q.NoChange = written(math.Sqrt(q.Error)), math.Sqrt(q.NoChange)
	return q
}

// written is x where it is finite, else -1: JSON knows no infinity.
func written(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return -1
	}
	return x
}
