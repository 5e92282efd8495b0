package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/internal/vfs"
	"demorl/report"
)

// drawModel draws what `eval --model` found: the open-loop error over steps, how
// often the stated intervals hold, output by output the error that was observed,
// the one that the model stated and how far its members are apart, and, where
// there is something to tell, the ends of episodes and what plans gain.
func (cmd *evalCommand) drawModel(c *console, r result) error {
	path := cmd.Plot
	if path == "" {
		path = filepath.Join(cmd.Dir, "model.svg")
	}
	title := fmt.Sprintf("model of %s on %s after %d steps", r.Algo, r.Env, r.Step)
	ext := filepath.Ext(path)
	lines := func(x, y string, series []report.Series) func(io.Writer) error {
		return func(w io.Writer) error { return report.Plot(w, title, x, y, series) }
	}
	bars := func(panels ...report.BarPanel) func(io.Writer) error {
		return func(w io.Writer) error { return report.Bars(w, title, panels...) }
	}
	type picturing struct {
		suffix string
		draw   func(io.Writer) error // nil: there is nothing to show
	}
	pictures := []picturing{
		{"", lines("steps of replayed actions", "error, standard deviations of the data", modelSeries(r))},
		{"-calibration", lines("stated share of targets inside the interval", "observed share", calibrationSeries(r))},
		{"-errors", bars(errorBars(r.Model))},
	}
	ends, gain := picturing{suffix: "-ends"}, picturing{suffix: "-gain"}
	if t, u := r.Model.Replay.Termination, r.Model.Fresh.Termination; t.Ends+t.Predicted+u.Ends+u.Predicted > 0 {
		ends.draw = bars(endBars(r.Model))
	}
	if r.Model.Gain != nil {
		gain.draw = bars(gainBars(r.Model.Gain)...)
	}
	for _, p := range append(pictures, ends, gain) {
		name := strings.TrimSuffix(path, ext) + p.suffix + ext
		if p.draw == nil {
			if err := removeStale(c, vfs.OS(), name); err != nil {
				return err
			}
			continue
		}
		if err := picture(vfs.OS(), name, p.draw); err != nil {
			return err
		}
		if !cmd.JSON {
			c.note(name)
		}
	}
	return nil
}

// removeStale removes a picture of an earlier call, which beside those of this
// one would pass for one of them, and says so.
func removeStale(c *console, fsys vfs.FS, name string) error {
	err := fsys.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		c.note(name + " of an earlier call is removed: there is nothing to show in it now")
	}
	return err
}

// modelSeries are the lines of drawModel.
func modelSeries(r result) []report.Series {
	names := r.Model.Names[1:]
	line := func(name string, thin bool, all []dynamics.StepsQuality, figure func(q dynamics.StepsQuality) float64) report.Series {
		s := report.Series{Name: name, Thin: thin}
		for _, q := range all {
			if q.Segments == 0 {
				continue
			}
			x := figure(q)
			if x < 0 {
				x = math.NaN()
			}
			s.Steps, s.Mean = append(s.Steps, float64(q.Steps)), append(s.Mean, x)
		}
		return s
	}
	series := []report.Series{
		line("fresh episodes", false, r.Model.Fresh.OpenLoop, func(q dynamics.StepsQuality) float64 { return q.Error }),
		line("the same if nothing moved", false, r.Model.Fresh.OpenLoop, func(q dynamics.StepsQuality) float64 { return q.NoChange }),
		line("replay", false, r.Model.Replay.OpenLoop, func(q dynamics.StepsQuality) float64 { return q.Error }),
	}
	for j, name := range names {
		one := line(name, true, r.Model.Fresh.OpenLoop, func(q dynamics.StepsQuality) float64 { return q.ByDim[j] })
		one.Colour = 1
		series = append(series, one)
	}
	return series
}

// calibrationSeries are the lines of observed over stated shares.
func calibrationSeries(r result) []report.Series {
	line := func(name string, q dynamics.OutputQuality) report.Series {
		return report.Series{Name: name, Steps: r.Model.Levels, Mean: q.Coverage[:]}
	}
	series := []report.Series{
		line("fresh episodes", r.Model.Fresh.Mean), {Name: "perfect", Steps: r.Model.Levels, Mean: r.Model.Levels}, line("replay, held out", r.Model.Replay.Mean),
	}
	for o := used(r.Model); o < len(r.Model.Names); o++ {
		one := line(r.Model.Names[o], r.Model.Fresh.Outputs[o])
		one.Thin, one.Colour = true, 1
		series = append(series, one)
	}
	return series
}

// used is the first output that imagination takes from the model: all but the
// reward where the task tells it.
func used(m *agent.Inspection) int {
	if m.RewardKnown {
		return 1
	}
	return 0
}

// errorBars are the one-step errors of the outputs that change at all.
func errorBars(m *agent.Inspection) report.BarPanel {
	p := report.BarPanel{YName: "one step, standard deviations of the replayed changes", Groups: m.Names[used(m):]}
	set := func(name string, outputs []dynamics.OutputQuality, figure func(q dynamics.OutputQuality) float64) {
		s := report.BarSet{Name: name}
		for _, q := range outputs[used(m):] {
			x := math.NaN()
			if q.Unit > 0 {
				x = figure(q)
			}
			s.Values = append(s.Values, x)
		}
		p.Sets = append(p.Sets, s)
	}
	observed := func(q dynamics.OutputQuality) float64 { return q.RMSE / q.Unit }
	set("fresh episodes, observed", m.Fresh.Outputs, observed)
	set("fresh episodes, stated", m.Fresh.Outputs, func(q dynamics.OutputQuality) float64 { return q.Predicted / q.Unit })
	set("fresh episodes, disagreement", m.Fresh.Outputs, func(q dynamics.OutputQuality) float64 { return q.Disagreement })
	set("replay, observed", m.Replay.Outputs, observed)
	return p
}

// endBars are the transitions that ended an episode, that the model said would
// end one, and that did both.
func endBars(m *agent.Inspection) report.BarPanel {
	p := report.BarPanel{YName: "transitions that end an episode"}
	ends, predicted, hits := report.BarSet{Name: "observed"}, report.BarSet{Name: "predicted"}, report.BarSet{Name: "both"}
	for _, set := range []struct {
		name string
		q    dynamics.Quality
	}{{"replay, held out", m.Replay}, {"fresh episodes", m.Fresh}} {
		p.Groups = append(p.Groups, fmt.Sprintf("%s: %d", set.name, set.q.Rows))
		t := set.q.Termination
		for _, x := range []struct {
			to *report.BarSet
			n  int
		}{{&ends, t.Ends}, {&predicted, t.Predicted}, {&hits, t.Hits}} {
			x.to.Values = append(x.to.Values, float64(x.n))
		}
	}
	p.Sets = []report.BarSet{ends, predicted, hits}
	return p
}

// gainBars are what plans and the policy's mean earn above the sampled policy
// from the same states, rewards alone and with the value of what follows, which
// differ too much in size for one axis.
func gainBars(g *agent.Gain) []report.BarPanel {
	y := fmt.Sprintf("over the sampled policy, %d steps, \u00b1 standard error", g.Horizon)
	panels := []report.BarPanel{{Name: "reward", YName: y}, {Name: "reward and value", YName: y}}
	names := map[string]string{"plan": "plan", "mean": "policy's mean"}
	for _, way := range g.Ways {
		name, shown := names[way.Actor]
		if !shown { // the sampled policy itself
			continue
		}
		for i, figure := range [][2]float64{{way.OverPolicy.Reward, way.OverPolicy.RewardError}, {way.OverPolicy.Total, way.OverPolicy.TotalError}} {
			p := &panels[i]
			if !slices.Contains(p.Groups, name) {
				p.Groups = append(p.Groups, name)
			}
			world := "in the " + map[string]string{"model": "model", "real": "task itself"}[way.World]
			at := slices.IndexFunc(p.Sets, func(s report.BarSet) bool { return s.Name == world })
			if at < 0 {
				at, p.Sets = len(p.Sets), append(p.Sets, report.BarSet{Name: world})
			}
			p.Sets[at].Values = append(p.Sets[at].Values, figure[0])
			p.Sets[at].Errors = append(p.Sets[at].Errors, figure[1])
		}
	}
	return panels
}
