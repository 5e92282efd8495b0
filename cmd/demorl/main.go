package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"demorl/env/gymnasium"
	"demorl/internal/kern"

	// The tasks register themselves.
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	_ "demorl/env/mujoco/adroit"
	_ "demorl/env/mujoco/dmc"
	_ "demorl/env/mujoco/gymtasks"
	_ "demorl/env/mujoco/hand"
	_ "demorl/env/mujoco/pddm"
	_ "demorl/env/mujoco/stoch"
)

// cli is the grammar of the command line.
type cli struct {
	Kernel string `placeholder:"TIER" help:"Force a kernel tier, such as generic or avx2 (also DEMORL_KERNEL)."`

	Train   trainCommand   `cmd:"" help:"Train a policy."`
	Resume  resumeCommand  `cmd:"" help:"Go on exactly where a run stopped."`
	Eval    evalCommand    `cmd:"" help:"Evaluate a run."`
	Report  reportCommand  `cmd:"" help:"Compare runs: curves, interquartile means and intervals, steps to thresholds."`
	Export  exportCommand  `cmd:"" help:"Write a run's policy for other programs: ONNX, safetensors, npz."`
	Config  configCommand  `cmd:"" help:"Print the complete settings of a run and where each comes from."`
	Bench   benchCommand   `cmd:"" help:"Measure the speed of this machine beside its limit."`
	Env     envCommand     `cmd:"" help:"What tasks there are; step them; install what they need."`
	Doctor  doctorCommand  `cmd:"" help:"Say what this machine has and what mends the rest."`
	Version versionCommand `cmd:"" help:"Print version, commit and kernel tier."`
}

// console is what a subcommand may read and write.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// note tells the user something that is no result, line by line.
func (c *console) note(text string) {
	for line := range strings.Lines(text) {
		io.WriteString(c.err, "demorl: "+strings.TrimSuffix(line, "\n")+"\n")
	}
}

func main() {
	os.Exit(run(os.Args[1:], &console{os.Stdin, os.Stdout, os.Stderr}))
}

// run obeys one command line and returns the exit code.
func run(args []string, c *console) int {
	defer gymnasium.Release()
	err := obey(args, c)
	if failed, ok := as[*gymnasium.ProcessError](err); ok && failed.Output != "" {
		io.WriteString(c.err, strings.TrimRight(failed.Output, "\n")+"\n")
	}
	if err != nil && err.Error() != "" {
		c.note(err.Error())
	}
	return exitCode(err)
}

// customary turns what other programs understand as well into this one's words:
// no arguments, help [COMMAND] and --version.
func customary(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// obey parses args and runs the subcommand.
func obey(args []string, c *console) (err error) {
	var grammar cli
	helped := false
	parser := kong.Must(&grammar, kong.Name("demorl"), kong.Writers(c.out, c.err), kong.Bind(c),
		kong.Description("Trains robots from few real steps: SAC as the outer loop, planning in a learned model as the inner one."),
		kong.Vars(names()), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(int) { helped = true }))
	parsed, err := parser.Parse(negatives(customary(args)))
	if helped {
		return nil
	}
	if err != nil {
		return misread(err)
	}
	if err := refuseEmpty(parsed); err != nil {
		return err
	}
	if grammar.Kernel != "" {
		err = kern.SetTier(grammar.Kernel)
	} else {
		err = kern.EnvError()
	}
	if err != nil {
		return usage{err}
	}
	return parsed.Run()
}
