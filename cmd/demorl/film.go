package main

import (
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/train"
	"demorl/video"
)

// frames checks what was asked for of episodes and video before anything is loaded, and
// returns its size.
func (cmd *evalCommand) frames() (size image.Point, err error) {
	if n := cmd.Episodes; n != nil && (*n < 1 || *n > mostEpisodes) {
		return size, usagef("--episodes is %d; want 1 to %d", *n, mostEpisodes)
	}
	if cmd.Video == "" {
		if cmd.Size != "" || cmd.Renderer != "" {
			return size, usagef("--size and --renderer say how a video looks; give --video FILE as well")
		}
		return size, nil
	}
	size = image.Pt(480, 360)
	if cmd.Size != "" {
		w, h, found := strings.Cut(cmd.Size, "x")
		var errW, errH error
		size.X, errW = strconv.Atoi(w)
		size.Y, errH = strconv.Atoi(h)
		if !found || errW != nil || errH != nil {
			return size, usagef("--size %q: give width x height in pixels, such as 480x360", cmd.Size)
		}
	}
	if cmd.Renderer != "" {
		if err := mujoco.UseRenderer(cmd.Renderer); err != nil {
			return size, usagef("--renderer: %w", err)
		}
	}
	err = video.Check(cmd.Video, size)
	switch {
	case is[*video.FormatError](err):
		return size, usagef("--video: %w", err)
	case is[*video.SizeError](err):
		return size, usagef("--size: %w", err)
	}
	return size, err
}

// film plays the episodes and writes them, one after the other, as a video. spec
// is that of the task which the run kept: its name may be a file that is gone.
func (cmd *evalCommand) film(ctx context.Context, c *console, loop *train.Loop, spec env.Spec, episodes int, size image.Point, r *result) error {
	pace := video.RealTime(spec.Dt)
	out, err := video.Create(cmd.Video, size, pace.Seconds)
	if err != nil {
		return usagef("--video: %w", err)
	}
	f := &film{out: out, stride: pace.Stride, spec: spec, episodes: episodes, img: image.NewRGBA(image.Rectangle{Max: size}),
		progress: newProgress(c, time.Now)}
	err = cmd.play(ctx, loop, episodes, r, f.visit)
	f.progress.end()
	if err != nil {
		out.Abort()
		return err
	}
	r.Video = cmd.Video
	return out.Close()
}

// film turns the steps of episodes into frames.
type film struct {
	out      video.Writer
	stride   int
	spec     env.Spec
	episodes int
	img      *image.RGBA
	progress *progress
}

func (f *film) visit(e env.Env, so train.Evaluation) error {
	f.progress.show(f.place(so))
	if so.Length%f.stride != 0 {
		return nil
	}
	r, ok := env.Power[env.Renderer](e)
	if !ok {
		return usagef("--video: the task %s draws no frames", f.spec.ID)
	}
	if err := r.Frame(f.img); err != nil {
		return err
	}
	text := fmt.Sprintf("%s  step %d  return %.1f", f.spec.ID, so.Length, so.Return)
	if f.episodes > 1 {
		text += fmt.Sprintf("  episode %d", so.Episode)
	}
	video.Label(f.img, text)
	return f.out.Frame(f.img)
}

// place is how far the film is.
func (f *film) place(so train.Evaluation) string {
	text := fmt.Sprintf("filming episode %d of %d, step %d", so.Episode+1, f.episodes, so.Length)
	if f.spec.Limit > 0 {
		text += fmt.Sprintf(" of %d", f.spec.Limit)
	}
	return text
}

// progress says on standard error how far something is: on a terminal by one
// line that is drawn again and again, elsewhere by a line now and then.
type progress struct {
	c     *console
	now   func() time.Time
	live  bool
	shown time.Time
}

func newProgress(c *console, now func() time.Time) *progress {
	p := &progress{c: c, now: now, shown: now()}
	if f, ok := c.err.(*os.File); ok {
		p.live = term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
	}
	return p
}

func (p *progress) show(text string) {
	since := p.now().Sub(p.shown)
	switch {
	case p.live && since >= redrawEvery:
		io.WriteString(p.c.err, "\r\x1b[K"+text)
	case !p.live && since >= lineEvery:
		p.c.note(text)
	default:
		return
	}
	p.shown = p.now()
}

// end takes the live line away.
func (p *progress) end() {
	if p.live {
		io.WriteString(p.c.err, "\r\x1b[K")
	}
}
