package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"demorl/agent"
	"demorl/train"
)

// How often a run is heard of.
const (
	redrawEvery = 100 * time.Millisecond // on a terminal
	lineEvery   = 5 * time.Second        // elsewhere
	rateEvery   = 2 * time.Second
)

// display shows the progress of one run: on a terminal one line that is drawn
// again and again below permanent ones, elsewhere plain lines.
type display struct {
	out   io.Writer
	mu    *sync.Mutex // shared by displays of one console
	now   func() time.Time
	live  bool
	width func() int
	label string // of the run, where there are several

	began, drawn time.Time
	line         string // the live line as it stands on the terminal
	step, target int
	from         int // where the session began
	warmup       int
	rate         float64 // real steps per second of late; 0 unknown
	rateStep     int
	rateTime     time.Time
	trained      float64    // return of the last training episode
	held         float64    // held-out error of the model
	limited      bool       // the horizon follows the model's error
	horizon      float64    // imagined steps
	left         float64    // share of imagined rollouts that left the data's range
	alarms       float64    // updates of this session whose critics exceeded what rewards allow
	evaluated    string     // the last evaluation
	doing        agent.Work // between two steps; zero: nothing
}

func newDisplay(out io.Writer, mu *sync.Mutex, now func() time.Time) *display {
	d := &display{out: out, mu: mu, now: now, trained: math.NaN(), held: math.NaN()}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		d.live = os.Getenv("TERM") != "dumb"
		d.width = func() int {
			if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
				return w
			}
			return 80
		}
	}
	return d
}

// begin starts the clock of a session that goes to target steps.
func (d *display) begin(r *train.Run, target int) {
	s := r.Settings()
	d.step, d.from, d.target, d.warmup = r.Steps(), r.Steps(), target, s.Agent.Warmup*s.Agent.ActionRepeat
	d.limited = s.Agent.HorizonLimit > 0
	d.began = d.now()
	d.rateStep, d.rateTime = d.step, d.began
	d.drawn = d.began
	d.say(fmt.Sprintf("%s on %s, preset %s, seed %d: step %d to %d", s.Algo, s.Env, s.Preset, s.Seed, d.step, target))
	if text := d.unlearned(); text != "" {
		d.say(text + "; --steps with more goes beyond it")
	}
}

// show takes in one step, and draws where it is time.
func (d *display) show(p train.Progress) {
	d.step, d.doing = p.Step, agent.Work{}
	if p.EpisodeEnd {
		d.trained = p.Return
	}
	if x, ok := p.Scalars["model/holdout_mse"]; ok {
		d.held = x
	}
	if p.Scalars != nil {
		d.horizon, d.left = p.Scalars["plan/horizon"], p.Scalars["plan/out_of_range_share"]
		d.alarms += p.Scalars["sac/q_alarms"]
	}
	d.measure()
	if len(p.Evaluations) > 0 {
		d.evaluated = evaluationText(p.Evaluations)
		d.say(fmt.Sprintf("step %d  evaluation %s%s", p.Step, d.evaluated, best(p)))
	}
	if d.live || len(p.Evaluations) == 0 {
		d.refresh()
	}
}

// work takes in how far the work between two steps has come.
func (d *display) work(w agent.Work) {
	d.doing = w
	if w.Held > 0 {
		d.held = w.Held
	}
	d.refresh()
}

func workText(w agent.Work) string {
	switch {
	case w.Unit == "":
		return w.Doing
	case w.Of == 0:
		return fmt.Sprintf("%s: %d %s", w.Doing, w.Done, w.Unit)
	}
	return fmt.Sprintf("%s: %d of %d %s", w.Doing, w.Done, w.Of, w.Unit)
}

// refresh shows the progress where it is time.
func (d *display) refresh() {
	switch since := d.now().Sub(d.drawn); {
	case d.live && since >= redrawEvery:
		d.draw()
	case !d.live && since >= lineEvery:
		d.say(d.text())
	}
}

func best(p train.Progress) string {
	if p.Best {
		return "  (best so far)"
	}
	return ""
}

// evaluationText is the mean return of each actor.
func evaluationText(all []train.Evaluation) string {
	var parts []string
	for _, actor := range []string{"planner", "policy", agent.ActNewest} {
		if mean, n := train.Mean(all, actor); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %.1f", actor, mean))
		}
	}
	return strings.Join(parts, ", ")
}

// measure keeps the present speed, which the end of warm-up changes a lot. The
// first step after it, and after a resume, waits for a fit, so it says nothing of
// those that follow.
func (d *display) measure() {
	if d.step == d.warmup || d.step == d.warmup+1 || d.step == d.from+1 {
		d.rate, d.rateStep, d.rateTime = 0, d.step, d.now()
		return
	}
	took := d.now().Sub(d.rateTime)
	if took < rateEvery {
		return
	}
	fresh := float64(d.step-d.rateStep) / took.Seconds()
	if d.rate == 0 {
		d.rate = fresh
	}
	d.rate += 0.2 * (fresh - d.rate)
	d.rateStep, d.rateTime = d.step, d.now()
}

// eta is a time that is left as text. A Duration holds no more than 292 years.
func eta(seconds float64) string {
	const longest = 365 * 24 * time.Hour
	if seconds > longest.Seconds() {
		return "over a year"
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

// unlearned says of a run that ends within its warm-up that it learns nothing,
// else nothing.
func (d *display) unlearned() string {
	if d.target > d.warmup {
		return ""
	}
	return fmt.Sprintf("all %d steps are random actions of the warm-up of %d steps, so nothing is learned", d.target, d.warmup)
}

// text is the progress on one line.
func (d *display) text() string {
	done := float64(d.step) / float64(max(1, d.target))
	parts := []string{fmt.Sprintf("step %d/%d", d.step, d.target)}
	if d.live {
		const bar = 20
		full := min(bar, int(done*bar))
		parts = append(parts, "["+strings.Repeat("#", full)+strings.Repeat("-", bar-full)+"]")
	}
	parts = append(parts, fmt.Sprintf("%.0f%%", 100*done))
	if d.doing.Doing != "" {
		parts = append(parts, workText(d.doing))
	}
	if d.rate > 0 {
		parts = append(parts, fmt.Sprintf("%.3g steps/s", d.rate))
		// Warm-up runs much faster than what follows, so it predicts nothing.
		if d.step > d.warmup || d.target <= d.warmup {
			parts = append(parts, "ETA "+eta(float64(d.target-d.step)/d.rate))
		}
	}
	if d.doing.Doing == "" && d.step <= d.warmup && d.target > d.warmup {
		parts = append(parts, "warm-up")
	}
	if !math.IsNaN(d.trained) {
		parts = append(parts, fmt.Sprintf("return %.1f", d.trained))
	}
	if d.evaluated != "" {
		parts = append(parts, "evaluation "+d.evaluated)
	}
	if !math.IsNaN(d.held) {
		parts = append(parts, fmt.Sprintf("model error %.3g", d.held))
	}
	if d.limited && d.horizon > 0 {
		parts = append(parts, fmt.Sprintf("horizon %.0f", d.horizon))
	}
	if d.left > 0 {
		parts = append(parts, fmt.Sprintf("out of range %.2g%%", 100*d.left))
	}
	if d.alarms > 0 {
		parts = append(parts, fmt.Sprintf("Q alarms %.0f", d.alarms))
	}
	return strings.Join(parts, "  ")
}

// draw draws the live line again.
func (d *display) draw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drawn = d.now()
	d.line = d.text()
	if room := d.width() - 1; len(d.line) > room {
		d.line = d.line[:max(0, room)]
	}
	io.WriteString(d.out, "\r\x1b[K"+d.line)
}

// say prints a permanent line, above the live one where there is one.
func (d *display) say(line string) {
	if d.label != "" {
		line = d.label + ": " + line
	}
	d.aside(func() { io.WriteString(d.out, line+"\n") })
	d.drawn = d.now()
}

// aside lets write print permanent lines while the live one is taken away.
func (d *display) aside(write func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.line != "" {
		io.WriteString(d.out, "\r\x1b[K")
	}
	write()
	io.WriteString(d.out, d.line)
}

// end takes the live line away for good.
func (d *display) end() {
	d.aside(func() { d.line = "" })
}

// summary is the last line of a run that reached its target.
func (d *display) summary(path string) string {
	text := fmt.Sprintf("done: %d steps, %s", d.step, d.now().Sub(d.began).Round(100*time.Millisecond))
	if d.evaluated != "" {
		text += ", last evaluation " + d.evaluated
	}
	if lesson := d.unlearned(); lesson != "" {
		text += ", " + lesson
	}
	return text + ", in " + path
}
