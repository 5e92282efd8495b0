package main

import (
	"bytes"
	"errors"
	"image"
	"testing"
	"time"

	"demorl/env"
	"demorl/rng"
	"demorl/train"
	"demorl/video"
)

// Where standard error is no terminal, a line comes every few seconds.
func TestFilmingSaysHowFarItIs(t *testing.T) {
	var said bytes.Buffer
	clock := time.Unix(0, 0)
	p := newProgress(&console{err: &said}, func() time.Time { return clock })
	f := film{spec: env.Spec{Limit: 200}, episodes: 2}
	for step := range 100 {
		p.show(f.place(train.Evaluation{Episode: 1, Length: step}))
		clock = clock.Add(110 * time.Millisecond)
	}
	p.end()
	want := "demorl: filming episode 2 of 2, step 46 of 200\ndemorl: filming episode 2 of 2, step 92 of 200\n"
	if said.String() != want {
		t.Errorf("said\n%swant\n%s", said.String(), want)
	}
}

// blind is a task without frames.
type blind struct{}

func (blind) Spec() env.Spec                           { return env.Spec{ID: "test/blind"} }
func (blind) Reset(*rng.Stream, []float64) error       { return nil }
func (blind) Step(_, _ []float64) (env.Outcome, error) { return env.Outcome{}, nil }
func (blind) Close() error                             { return nil }

// broken is a task whose frames fail.
type broken struct{ blind }

var errPaint = errors.New("no paint")

func (broken) Frame(*image.RGBA) error { return errPaint }

func TestATaskThatCannotBeFilmed(t *testing.T) {
	out, err := video.Create(t.TempDir()+"/a.gif", image.Pt(16, 16), 0.02)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	f := film{out: out, stride: 2, img: image.NewRGBA(image.Rect(0, 0, 16, 16)), progress: newProgress(&console{err: new(bytes.Buffer)}, time.Now)}
	if err := f.visit(blind{}, train.Evaluation{}); exitCode(err) != exitUsage {
		t.Errorf("a task without frames: %v, exit code %d", err, exitCode(err))
	}
	if err := f.visit(broken{}, train.Evaluation{}); !errors.Is(err, errPaint) || exitCode(err) != exitFailed {
		t.Errorf("a task whose frames fail: %v, exit code %d", err, exitCode(err))
	}
	if err := f.visit(broken{}, train.Evaluation{Length: 1}); err != nil {
		t.Errorf("a step between frames: %v", err)
	}
}
