package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"demorl/export"
	"demorl/internal/vfs"
	"demorl/internal/words"
	"demorl/rundir"
	"demorl/train"
)

type exportCommand struct {
	Dir         string `arg:"" help:"Run directory."`
	Onnx        string `placeholder:"FILE" help:"Write the policy as ONNX."`
	Npz         string `placeholder:"FILE" help:"Write it as NumPy arrays."`
	Safetensors string `placeholder:"FILE" help:"Write it as safetensors."`
	Format      string `placeholder:"NAME" help:"onnx, npz or safetensors: the same with a file name of its own, policy.NAME in DIR."`
	Out         string `placeholder:"FILE" help:"File of --format."`
	Checkpoint  string `default:"newest" placeholder:"WHICH" help:"newest, best, or the number of real steps of a checkpoint that is still there."`
}

// target is one file that is asked for.
type target struct {
	path  string
	write func(*export.Policy, io.Writer) error
}

func (cmd *exportCommand) Run(c *console) error {
	targets, err := cmd.targets()
	if err != nil {
		return err
	}
	dir, err := oneRun(cmd.Dir)
	if err != nil {
		return err
	}
	s, t, err := storedSettings(dir)
	if err != nil {
		return err
	}
	tellManifest(c, dir)
	if !s.Agent.Learns() && !s.Agent.Clones() {
		return usagef("%s: a run of %s trains no policy, so there is none to export: its planner chooses every action", cmd.Dir, s.Algo)
	}
	checkpoint, err := readCheckpoint(c, dir, cmd.Dir, cmd.Checkpoint)
	if err != nil {
		return err
	}
	policy, err := train.ReadPolicy(dir, s, t.Describe(), checkpoint)
	if err != nil {
		return err
	}
	for _, t := range targets {
		var data bytes.Buffer
		if err := t.write(policy, &data); err != nil {
			return err
		}
		if err := vfs.WriteFileAtomic(vfs.OS(), t.path, data.Bytes()); err != nil {
			return unwritten(t.path, err)
		}
		fmt.Fprintf(c.out, "%s: policy of %s on %s after %s, %s to %s, %d bytes\n", t.path, s.Algo, s.Env, words.Count(int(checkpoint.Step), "step"),
			words.Count(len(policy.ObsMean), "observation"), words.Count(len(policy.Low), "action"), data.Len())
	}
	return nil
}

// targets are the files that the flags ask for.
func (cmd *exportCommand) targets() ([]target, error) {
	writers := map[string]func(*export.Policy, io.Writer) error{
		"onnx": (*export.Policy).WriteONNX, "npz": (*export.Policy).WriteNPZ, "safetensors": (*export.Policy).WriteSafetensors,
	}
	var all []target
	for _, given := range [][2]string{{"onnx", cmd.Onnx}, {"npz", cmd.Npz}, {"safetensors", cmd.Safetensors}} {
		if given[1] != "" {
			all = append(all, target{given[1], writers[given[0]]})
		}
	}
	switch write, known := writers[cmd.Format]; {
	case cmd.Format == "" && cmd.Out != "":
		return nil, usagef("--out %s needs --format; or name the file with --onnx, --npz or --safetensors", cmd.Out)
	case cmd.Format == "":
	case !known:
		return nil, usagef("--format is %q; want onnx, npz or safetensors", cmd.Format)
	case cmd.Out == "":
		all = append(all, target{filepath.Join(cmd.Dir, "policy."+cmd.Format), write})
	default:
		all = append(all, target{cmd.Out, write})
	}
	for i, t := range all {
		if slices.ContainsFunc(all[:i], func(o target) bool { return filepath.Clean(o.path) == filepath.Clean(t.path) }) {
			return nil, usagef("%s is named for two formats; give each a file of its own", t.path)
		}
	}
	if len(all) == 0 {
		return nil, usagef("nothing to write: give --onnx FILE, --npz FILE, --safetensors FILE or --format NAME")
	}
	return all, nil
}

// oneRun looks at the run in a folder, and refuses one that holds several.
func oneRun(path string) (*rundir.Dir, error) {
	dir, err := rundir.View(vfs.OS(), path)
	if err != nil {
		if runs, several := runsIn(path); several == nil {
			return nil, usagef("%s holds several runs; name one of them: %s", path, strings.Join(runs, ", "))
		}
		if err := noFile(path); err != nil {
			return nil, err
		}
	}
	return dir, err
}
