package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"demorl/env"
	"demorl/env/leg"
	"demorl/internal/vfs"
	"demorl/report"
	"demorl/rundir"
	"demorl/train"
)

// draw leaves a run's pictures in its folder, shows the learning curve in the
// terminal's letters, and returns the pictures' paths. A run without any
// evaluation has no curve.
func draw(ctx context.Context, r *train.Run, d *display) ([]string, error) {
	var paths []string
	series, err := curves(r)
	if err != nil {
		return nil, err
	}
	title := fmt.Sprintf("%s on %s, seed %d", r.Settings().Algo, r.Settings().Env, r.Settings().Seed)
	if len(series) > 0 {
		if d.label == "" {
			var plot bytes.Buffer
			if err := report.CurveTerminal(&plot, series, 72, 14); err != nil {
				return nil, err
			}
			d.say(strings.TrimSuffix(plot.String(), "\n"))
		}
		path := filepath.Join(r.Path(), "curve.svg")
		if err := picture(path, func(w io.Writer) error { return report.Curve(w, title, series) }); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	target, actual, err := track(ctx, r)
	if err != nil || actual == nil {
		return paths, err
	}
	path := filepath.Join(r.Path(), "tracked.svg")
	title += fmt.Sprintf(": foot after %d steps", r.Steps())
	return append(paths, path), picture(path, func(w io.Writer) error { return report.Tracked(w, title, target, actual) })
}

// curves reads the run's evaluations, one series an actor.
func curves(r *train.Run) ([]report.Series, error) {
	dir, err := rundir.View(vfs.OS(), r.Path())
	if err != nil {
		return nil, err
	}
	f, err := os.Open(dir.EvalPath())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	episodes, err := report.ReadEval(f)
	if err != nil {
		return nil, err
	}
	var all []report.Series
	for _, actor := range r.Agent().Actors() {
		if s := report.ByStep(actor, actor, episodes); len(s.Steps) > 0 {
			all = append(all, s)
		}
	}
	return all, nil
}

// track plays one evaluation episode of a leg and returns where its foot was
// to be and where it was, m; nothing where the task is no leg.
func track(ctx context.Context, r *train.Run) (target, actual [][2]float64, err error) {
	if !strings.HasPrefix(r.Settings().Env, "leg2r/") {
		return nil, nil, nil
	}
	_, err = r.Episode(context.WithoutCancel(ctx), r.Agent().Actors()[0], 0, func(e env.Env) {
		if l, ok := env.Power[*leg.Leg](e); ok {
			x, z := l.Target()
			target = append(target, [2]float64{x, z})
			x, z = l.Foot()
			actual = append(actual, [2]float64{x, z})
		}
	})
	return target, actual, err
}

// picture writes a file with write.
func picture(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
