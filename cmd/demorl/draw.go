package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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
// terminal's letters, and returns the paths of the pictures that it made. A run
// without any evaluation has no curve. One picture's fault does not keep the
// other from being drawn.
func draw(ctx context.Context, fsys vfs.FS, r *train.Run, d *display) (paths []string, err error) {
	title := fmt.Sprintf("%s on %s, seed %d", r.Settings().Algo, r.Settings().Env, r.Settings().Seed)
	put := func(name string, write func(io.Writer) error) error {
		path := filepath.Join(r.Path(), name)
		if err := picture(fsys, path, write); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		paths = append(paths, path)
		return nil
	}
	series, curveErr := curves(fsys, r)
	if len(series) > 0 {
		if d.label == "" {
			var plot bytes.Buffer
			curveErr = report.CurveTerminal(&plot, series, 72, 14)
			d.say(strings.TrimSuffix(plot.String(), "\n"))
		}
		curveErr = errors.Join(curveErr, put("curve.svg", func(w io.Writer) error { return report.Curve(w, title, series) }))
	}
	target, actual, err := track(ctx, r)
	if err == nil && actual != nil {
		title += fmt.Sprintf(": foot after %d steps", r.Steps())
		err = put("tracked.svg", func(w io.Writer) error { return report.Tracked(w, title, target, actual) })
	}
	return paths, errors.Join(curveErr, err)
}

// curves reads the run's evaluations, one series an actor.
func curves(fsys vfs.FS, r *train.Run) ([]report.Series, error) {
	dir, err := rundir.View(fsys, r.Path())
	if err != nil {
		return nil, err
	}
	f, err := fsys.Open(dir.EvalPath())
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
	_, err = r.Episode(context.WithoutCancel(ctx), r.Agent().Actors()[0], 0, func(e env.Env, so train.Evaluation) error {
		if l, ok := env.Power[*leg.Leg](e); ok && so.Length > 0 {
			x, z := l.Target()
			target = append(target, [2]float64{x, z})
			x, z = l.Foot()
			actual = append(actual, [2]float64{x, z})
		}
		return nil
	})
	return target, actual, err
}

// picture puts what write writes at path, whole or not at all.
func picture(fsys vfs.FS, path string, write func(io.Writer) error) error {
	var data bytes.Buffer
	if err := write(&data); err != nil {
		return err
	}
	return vfs.WriteFileAtomic(fsys, path, data.Bytes())
}
