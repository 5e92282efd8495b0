package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/env/replay"
	"demorl/internal/words"
)

type envCommand struct {
	List   listCommand   `cmd:"" help:"List all tasks."`
	Info   infoCommand   `cmd:"" help:"Say what a task is."`
	Check  checkCommand  `cmd:"" help:"Tell whether a task keeps the contract, each broken rule in a sentence."`
	Replay replayCommand `cmd:"" help:"Step a task from given states through given actions, one JSON object a line."`
	Fetch  fetchCommand  `cmd:"" help:"Install what task families need."`
}

type listCommand struct {
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

// listed is a line of `env list --json`.
type listed struct {
	ID        string `json:"id"`
	Family    string `json:"family"`
	Obs       int    `json:"obs"`
	Act       int    `json:"act"`
	Native    bool   `json:"native"` // stepped inside this program
	Available bool   `json:"available"`
	Needs     string `json:"needs"`
}

func (cmd *listCommand) Run(c *console) error {
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	lines := json.NewEncoder(c.out)
	lines.SetEscapeHTML(false)
	missing := map[string]int{} // tasks, by what they need
	for _, t := range env.Tasks() {
		spec, lacks := t.Describe(), needs(t)
		if cmd.JSON {
			l := listed{ID: t.ID, Family: t.Family, Obs: spec.ObsDim, Act: spec.ActDim, Native: true, Available: lacks == "", Needs: lacks}
			if err := lines.Encode(l); err != nil {
				return err
			}
			continue
		}
		mark := ""
		if lacks != "" {
			mark = "(missing) "
			missing[lacks]++
		}
		also := ""
		if len(t.Aliases) > 0 {
			also = " (" + strings.Join(t.Aliases, ", ") + ")"
		}
		fmt.Fprintf(table, "%s\tobs %d\tact %d\t%s%s%s\n", t.ID, spec.ObsDim, spec.ActDim, mark, t.Summary, also)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, lacks := range slices.Sorted(maps.Keys(missing)) {
		fmt.Fprintf(c.out, "%d tasks need %s\n", missing[lacks], lacks)
	}
	return nil
}

// needs is what has to be installed before t can run, or "".
func needs(t env.Task) string {
	if t.Needs == nil {
		return ""
	}
	return t.Needs()
}

type infoCommand struct {
	ID     string `arg:"" help:"Task id or alias."`
	Python string `placeholder:"PATH" help:"Interpreter that steps a Gymnasium environment. Default: that of $$VIRTUAL_ENV, else python3."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// bound is an action's bound; JSON has no infinity, so that is the string
// "Infinity" or "-Infinity".
type bound float64

// MarshalJSON writes a number, or a string where there is none.
func (b bound) MarshalJSON() ([]byte, error) {
	switch x := float64(b); {
	case math.IsInf(x, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(x)
	}
}

func bounds(x []float64) []bound {
	out := make([]bound, len(x))
	for i := range x {
		out[i] = bound(x[i])
	}
	return out
}

func (cmd *infoCommand) Run(c *console) error {
	t, err := look(cmd.ID, cmd.Python)
	if err != nil {
		return err
	}
	spec := t.Describe()
	if cmd.JSON {
		return json.NewEncoder(c.out).Encode(struct {
			ID         string   `json:"id"`
			Family     string   `json:"family"`
			Aliases    []string `json:"aliases"`
			Summary    string   `json:"summary"`
			Obs        int      `json:"obs"`
			Act        int      `json:"act"`
			Low        []bound  `json:"low"`
			High       []bound  `json:"high"`
			Dt         float64  `json:"dt"`
			Limit      int      `json:"limit"`
			Terminates bool     `json:"terminates"`
			Simulator  string   `json:"simulator"`
			ObsNames   []string `json:"obs_names"`
			Available  bool     `json:"available"`
			Needs      string   `json:"needs"`
		}{t.ID, t.Family, append([]string{}, t.Aliases...), t.Summary, spec.ObsDim, spec.ActDim, bounds(spec.Low), bounds(spec.High),
			spec.Dt, spec.Limit, spec.Terminates, spec.Simulator, append([]string{}, spec.ObsNames...), needs(t) == "", needs(t)})
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	row("task", "%s", t.ID)
	row("", "%s", t.Summary)
	if len(t.Aliases) > 0 {
		row("also", "%s", strings.Join(t.Aliases, ", "))
	}
	row("observation", "%s", words.Count(spec.ObsDim, "number"))
	if len(spec.ObsNames) > 0 && len(spec.ObsNames) <= 40 {
		row("", "%s", strings.Join(spec.ObsNames, ", "))
	}
	row("action", "%s", words.Count(spec.ActDim, "number"))
	row("low", "%v", spec.Low)
	row("high", "%v", spec.High)
	row("step", "%g s", spec.Dt)
	row("limit", "%s", words.Count(spec.Limit, "step"))
	row("can terminate", "%t", spec.Terminates)
	row("simulator", "%s", spec.Simulator)
	if lacks := needs(t); lacks != "" {
		row("needs", "%s", lacks)
	}
	return table.Flush()
}

type replayCommand struct {
	ID     string `arg:"" help:"Task id or alias."`
	Python string `placeholder:"PATH" help:"Interpreter that steps a Gymnasium environment. Default: that of $$VIRTUAL_ENV, else python3."`
	In     string `placeholder:"FILE" help:"Read states and actions from a file instead of standard input."`
	Out    string `placeholder:"FILE" help:"Write the answers to a file instead of standard output."`
}

func (cmd *replayCommand) Run(c *console) (err error) {
	t, err := look(cmd.ID, cmd.Python)
	if err != nil {
		return err
	}
	e, err := t.New()
	if err != nil {
		return err
	}
	defer e.Close()
	in, out := c.in, c.out
	if cmd.In != "" {
		f, err := os.Open(cmd.In)
		if err != nil {
			return usagef("--in: %w", err)
		}
		defer f.Close()
		in = f
	}
	if cmd.Out != "" {
		f, createErr := os.Create(cmd.Out)
		if createErr != nil {
			return usagef("--out: %w", createErr)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = io.Writer(f)
	}
	return replay.Replay(e, in, out)
}

type fetchCommand struct {
	Families []string `arg:"" help:"Task families, such as gym."`
	Assets   string   `placeholder:"DIR" help:"Take everything from this folder (wheels or site-packages) instead of the network."`
}

func (cmd *fetchCommand) Run(c *console) error {
	var wanted []string
	var all faults
	known := mujoco.Families()
	for _, t := range env.Tasks() {
		if !slices.Contains(known, t.Family) {
			known = append(known, t.Family)
		}
	}
	for _, f := range cmd.Families {
		switch {
		case slices.Contains(mujoco.Families(), f):
			wanted = append(wanted, f)
		case slices.Contains(known, f):
			fmt.Fprintf(c.out, "%s needs nothing\n", f)
		default:
			all.add(fmt.Errorf("unknown family %q; known are %s", f, strings.Join(known, ", ")))
		}
	}
	if len(all) > 0 || len(wanted) == 0 {
		return all.err()
	}
	if cmd.Assets != "" {
		if _, err := os.Stat(cmd.Assets); err != nil {
			return usagef("--assets: %w", err)
		}
		return mujoco.FetchFrom(cmd.Assets, wanted, mujoco.InstallRoot(), c.out)
	}
	return mujoco.Fetch(wanted, mujoco.InstallRoot(), c.out)
}
