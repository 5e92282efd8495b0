package dynamics

import (
	"math"
	"slices"

	"demorl/replay"
	"demorl/rng"
)

// openLoop replays recorded actions through each elite member's mean from
// recorded states and compares with the recorded states (method.md C.10).
func (e *Ensemble) openLoop(buf *replay.Buffer, key rng.Key, more []int) []OpenLoop {
	var report []OpenLoop
	for _, steps := range append(OpenLoopSteps[:len(OpenLoopSteps):len(OpenLoopSteps)], more...) {
		if n := len(report); n == 0 || steps > report[n-1].Steps {
			report = append(report, OpenLoop{Steps: steps})
		}
	}
	run := runLengths(buf)
	for i := range report {
		starts := pickSegments(run, report[i].Steps, key.At(uint64(i)))
		report[i].Segments = len(starts)
		if len(starts) == 0 {
			continue
		}
		errors := make([]float64, len(e.elites))
		e.pool.Do(len(e.elites), func(_, place int) {
			errors[place] = e.replayError(buf, starts, report[i].Steps, e.elites[place])
		})
		for _, err := range errors {
			report[i].Error += worstIfNaN(err) / float64(len(errors))
		}
		report[i].NoChange = e.noChangeError(buf, starts, report[i].Steps)
	}
	return report
}

// runLengths returns for each row how many consecutive rows of one episode
// start there. A row is followed by its successor if the episode did not end
// and the successor starts where the row led.
func runLengths(buf *replay.Buffer) []int {
	run := make([]int, buf.Len())
	for i := buf.Len() - 1; i >= 0; i-- {
		run[i] = 1
		if i+1 == buf.Len() {
			continue
		}
		t := buf.Row(i)
		if !t.Terminated && !t.Truncated && slices.Equal(t.Next, buf.Row(i+1).Obs) {
			run[i] += run[i+1]
		}
	}
	return run
}

// pickSegments draws starts of segments of that many steps, without repeats.
func pickSegments(run []int, steps int, key rng.Key) []int32 {
	var starts []int32
	for i, n := range run {
		if n >= steps {
			starts = append(starts, int32(i))
		}
	}
	count := min(len(starts), diagnoseSegments)
	for i := range count {
		j := i + key.IntnAt(uint64(i), len(starts)-i)
		starts[i], starts[j] = starts[j], starts[i]
	}
	return starts[:count]
}

// replayError is member m's normalised root mean square error after steps.
func (e *Ensemble) replayError(buf *replay.Buffer, starts []int32, steps, m int) float64 {
	obs := e.replayed(buf, starts, steps, m)
	return e.stateError(buf, starts, steps, func(r, j int) float32 { return obs[r*e.obsDim+j] })
}

// replayed is where member m's mean leads from each start under the recorded
// actions (starts x ObsDim).
func (e *Ensemble) replayed(buf *replay.Buffer, starts []int32, steps, m int) []float32 {
	rows, outputs := len(starts), e.Outputs()
	obs, action, mean := make([]float32, rows*e.obsDim), make([]float32, rows*e.actDim), make([]float32, rows*outputs)
	for r, i := range starts {
		copy(obs[r*e.obsDim:(r+1)*e.obsDim], buf.Row(int(i)).Obs)
	}
	p := e.newPredictor(min(rows, predictorRows))
	for step := range steps {
		for r, i := range starts {
			copy(action[r*e.actDim:(r+1)*e.actDim], buf.Row(int(i)+step).Action)
		}
		p.predictRows(m, obs, action, rows, mean, nil)
		for r := range rows {
			for j := range e.obsDim {
				obs[r*e.obsDim+j] += mean[r*outputs+1+j]
			}
		}
	}
	return obs
}

func (e *Ensemble) noChangeError(buf *replay.Buffer, starts []int32, steps int) float64 {
	return e.stateError(buf, starts, steps, func(r, j int) float32 { return buf.Row(int(starts[r])).Obs[j] })
}

// stateError compares guesses of the state after steps with the recorded one.
func (e *Ensemble) stateError(buf *replay.Buffer, starts []int32, steps int, guess func(r, j int) float32) float64 {
	sum := 0.0
	for r, i := range starts {
		next := buf.Row(int(i) + steps - 1).Next
		for j := range e.obsDim {
			miss := float64(guess(r, j)-next[j]) / float64(e.inputs.Std[j])
			sum += miss * miss
		}
	}
	return math.Sqrt(sum / float64(len(starts)*e.obsDim))
}
