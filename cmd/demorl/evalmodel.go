package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/train"
)

// checkModel refuses what --model cannot do for a run.
func (cmd *evalCommand) checkModel(s train.Settings) error {
	switch n := cmd.Starts; {
	case !cmd.Model && (n != nil || cmd.Plot != ""):
		return usagef("--starts and --plot say how the model is judged; give --model as well")
	case n != nil && (*n < 0 || *n > mostStarts):
		return usagef("--starts is %d; want 0 to %d", *n, mostStarts)
	case cmd.Model && !s.Agent.UsesModel() && s.Agent.World != agent.WorldModel:
		return usagef("--model: a run of %s learns no model (world: %s)", s.Algo, s.Agent.World)
	case cmd.Model && !s.Agent.UsesModel():
		return usagef("--model: a run of %s learns no model; leave --model out", s.Algo)
	}
	return cmd.checkPlot()
}

// checkPlot refuses a name for the pictures of --model that cannot be theirs, before
// the episodes that they are of.
func (cmd *evalCommand) checkPlot() error {
	if cmd.Plot == "" {
		return nil
	}
	if filepath.Ext(cmd.Plot) != ".svg" {
		return usagef("--plot %s: want a name that ends in .svg", cmd.Plot)
	}
	if info, err := os.Stat(filepath.Dir(cmd.Plot)); err != nil || !info.IsDir() {
		return usagef("--plot %s: there is no folder %s; name a file in one that is there", cmd.Plot, filepath.Dir(cmd.Plot))
	}
	return nil
}

// inspect adds to r what --model asks for, and draws it.
func (cmd *evalCommand) inspect(ctx context.Context, c *console, loop *train.Loop, r *result) error {
	if !cmd.Model {
		return nil
	}
	starts := defaultStarts
	if cmd.Starts != nil {
		starts = *cmd.Starts
	}
	inspection, err := loop.Inspect(ctx, r.Actor, len(r.Returns), starts)
	if err != nil {
		return err
	}
	r.Model = &inspection
	if err := cmd.drawModel(c, *r); err != nil { // a picture is no part of the answer
		c.note(fmt.Sprintf("the model's picture could not be drawn: %v", err))
	}
	return nil
}

// printModel prints what `eval --model` found.
func printModel(w io.Writer, r result) error {
	m := r.Model
	names := m.Names
	fmt.Fprintf(w, "\nmodel: %d members, the best %d used; replay = %d transitions that were held out, fresh = %d transitions of this evaluation\n",
		m.Members, m.Elites, m.Replay.Rows, m.Fresh.Rows)
	if m.RewardKnown {
		fmt.Fprintln(w, "imagination asks the task for rewards; the learned reward below is not used")
	}
	fmt.Fprintln(w, "\none step; error, predicted and disagree in standard deviations of the replayed changes, cover = share inside the stated 95 % interval")
	printSteps(w, names, m)
	fmt.Fprintln(w, "\nopen loop: root mean square error after so many recorded actions, in standard deviations of the data")
	printOpenLoop(w, names, m)
	for _, set := range []struct {
		name string
		q    dynamics.Quality
	}{{"replay", m.Replay}, {"fresh", m.Fresh}} {
		t := set.q.Termination
		fmt.Fprintf(w, "%s: %d transitions ended an episode, %d were predicted to, %d both (precision %.2f, recall %.2f); %.2g %% of next states out of the data's range\n",
			set.name, t.Ends, t.Predicted, t.Hits, t.Precision, t.Recall, 100*set.q.OutOfRange)
	}
	if m.Gain == nil {
		return nil
	}
	return printGain(w, m.Gain)
}

func printSteps(w io.Writer, names []string, m *agent.Inspection) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\treplay error\tpredicted\tcover\tdisagree\tR2\tfresh error\tpredicted\tcover\tdisagree\tR2\t")
	cells := func(q dynamics.OutputQuality) string {
		if q.Unit == 0 {
			return "-\t-\t-\t-\tstill\t"
		}
		return fmt.Sprintf("%.3f\t%.3f\t%.0f%%\t%.3f\t%.3f\t", q.RMSE/q.Unit, q.Predicted/q.Unit, 100*q.Coverage[len(q.Coverage)-1], q.Disagreement, q.R2)
	}
	for o, name := range names {
		fmt.Fprintf(table, "%s\t%s%s\n", name, cells(m.Replay.Outputs[o]), cells(m.Fresh.Outputs[o]))
	}
	fmt.Fprintf(table, "mean of observations\t%s%s\n", cells(m.Replay.Mean), cells(m.Fresh.Mean))
	table.Flush()
}

func printOpenLoop(w io.Writer, names []string, m *agent.Inspection) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, all []dynamics.StepsQuality, figure func(q dynamics.StepsQuality) float64) {
		fmt.Fprintf(table, "%s\t", name)
		for _, q := range all {
			switch x := figure(q); {
			case q.Segments == 0:
				fmt.Fprint(table, "-\t")
			case x < 0:
				fmt.Fprint(table, "inf\t")
			default:
				fmt.Fprintf(table, "%.3f\t", x)
			}
		}
		fmt.Fprintln(table)
	}
	fmt.Fprint(table, "steps\t")
	for _, q := range m.Fresh.OpenLoop {
		fmt.Fprintf(table, "%d\t", q.Steps)
	}
	fmt.Fprintln(table)
	whole := func(q dynamics.StepsQuality) float64 { return q.Error }
	still := func(q dynamics.StepsQuality) float64 { return q.NoChange }
	row("replay, all", m.Replay.OpenLoop, whole)
	row("if nothing moved", m.Replay.OpenLoop, still)
	row("fresh, all", m.Fresh.OpenLoop, whole)
	row("if nothing moved", m.Fresh.OpenLoop, still)
	for j, name := range names[1:] {
		row("fresh, "+name, m.Fresh.OpenLoop, func(q dynamics.StepsQuality) float64 { return q.ByDim[j] })
	}
	table.Flush()
}

func printGain(w io.Writer, g *agent.Gain) error {
	fmt.Fprintf(w, "\nplans: from %d states, %d steps ahead; R = discounted reward, V = learned value of what follows; differences are paired, ± standard error\n", g.Starts, g.Horizon)
	if g.Skipped > 0 {
		fmt.Fprintf(w, "%d states got no plan and count as 0\n", g.Skipped)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "world\tactor\tR\tR+V\tR over policy\tR+V over policy\tbetter\tR over mean\tR+V over mean\tbetter\tleft the data\t")
	for _, y := range g.Ways {
		fmt.Fprintf(table, "%s\t%s\t%.3f\t%.3f\t", y.World, y.Actor, y.Reward, y.Reward+y.Value)
		for _, d := range []agent.Difference{y.OverPolicy, y.OverMean} {
			fmt.Fprintf(table, "%.3f ± %.3f\t%.3f ± %.3f\t%.0f%%\t", d.Reward, d.RewardError, d.Total, d.TotalError, 100*d.Wins)
		}
		fmt.Fprintf(table, "%d\t\n", y.Left)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if g.NoReal != "" {
		fmt.Fprintf(w, "nothing was measured in the task itself: %s\n", g.NoReal)
	}
	_, err := fmt.Fprintln(w, "policy: its sampled actions; mean: its mean actions; neither has planning noise")
	return err
}
