package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"demorl/internal/vfs"
	"demorl/train"
)

// opener makes or resumes one run with a number of threads, and tells to how
// many real steps it is to go.
type opener struct {
	path string
	open func(threads int) (r *train.Run, steps int, err error)
	// ahead, unless nil, puts the run on disk before its turn comes, at step 0
	// where a resume begins. open goes on with it.
	ahead func(threads int) error
}

// trainAll trains the runs of openers within a budget of threads: as many at
// once as there are threads. Those that must wait are put on disk first, so
// that a resume knows them however this program ends. parent, unless empty, is
// the folder that holds them, printed first. SIGINT, SIGTERM, a terminal that
// goes away and a reader of the output that does end all of them with a
// checkpoint; a second SIGINT or SIGTERM ends the program at once.
func trainAll(c *console, budget int, parent string, openers ...opener) error {
	ctx, release := signal.NotifyContext(context.Background(), ends()...)
	defer release()
	ended := context.AfterFunc(ctx, func() {
		release()
		signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE) // nobody reads any more; the checkpoint is written all the same
		c.note("stopping after this step with a checkpoint; a second signal ends at once, without")
	})
	defer ended() // before release, which cancels ctx as a signal does
	if parent != "" {
		fmt.Fprintln(c.out, parent)
	}
	atOnce := min(len(openers), budget)
	for _, o := range openers[atOnce:] {
		if o.ahead == nil {
			continue
		}
		if err := o.ahead(budget / atOnce); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(o.path), err)
		}
	}
	var shared sync.Mutex // of all displays: lines stay whole
	errs := make([]error, len(openers))
	slots := make(chan struct{}, atOnce)
	var done sync.WaitGroup
	for i, o := range openers {
		slots <- struct{}{}
		done.Go(func() {
			defer func() { <-slots }()
			s := session{console: c, screen: newDisplay(c.out, &shared, time.Now)}
			if len(openers) > 1 {
				s.screen.label = filepath.Base(o.path)
			}
			s.screen.live = s.screen.live && atOnce == 1
			if ctx.Err() != nil && i >= atOnce {
				s.screen.say("not begun; go on: demorl resume " + o.path)
				return
			}
			errs[i] = s.train(ctx, o, budget/atOnce)
			if errs[i] != nil && len(openers) > 1 {
				errs[i] = fmt.Errorf("%s: %w", s.screen.label, errs[i])
			}
		})
	}
	done.Wait()
	if parent != "" && ctx.Err() != nil {
		fmt.Fprintln(c.out, "stopped; go on with all of them: demorl resume "+parent)
	}
	return errors.Join(errs...)
}

// ends are the signals that end training. A SIGHUP or SIGPIPE that whoever
// started this program ignores, as nohup does, stays ignored.
func ends() []os.Signal {
	all := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGPIPE} {
		if !signal.Ignored(s) {
			all = append(all, s)
		}
	}
	return all
}

// session is the training of one run, seen from the command line.
type session struct {
	*console
	screen                    *display
	warned, alarmed, untaught bool
}

// train opens a run, goes on with it and draws what it did.
func (s *session) train(ctx context.Context, o opener, threads int) error {
	r, steps, err := o.open(threads)
	if err != nil {
		return err
	}
	defer r.Close()
	if s.screen.label == "" {
		fmt.Fprintln(s.out, r.Path())
	}
	for _, n := range r.Notices {
		if s.screen.label != "" {
			n = s.screen.label + ": " + n
		}
		s.note(n)
	}
	s.screen.begin(r, steps)
	if r.Steps() >= steps && r.Reliving() == 0 {
		s.screen.say(fmt.Sprintf("nothing left to train; --steps N with more than %d goes on", r.Steps()))
	}
	r.Watch(s.screen.work)
	err = r.Train(ctx, steps, func(p train.Progress) {
		s.screen.show(p)
		s.warn(p)
	})
	s.screen.end()
	if err != nil {
		return err
	}
	if n := r.Reliving(); n > 0 {
		s.screen.say(fmt.Sprintf("stopped with %d steps of the log still to be lived again; nothing is lost: demorl resume %s", n, r.Path()))
		return nil
	}
	if r.Steps() < steps {
		s.screen.say(fmt.Sprintf("stopped at step %d of %d with a checkpoint; go on: demorl resume %s", r.Steps(), steps, r.Path()))
		return nil
	}
	pictures, err := draw(ctx, vfs.OS(), r, s.screen)
	if err != nil { // a picture is no part of the run
		s.screen.aside(func() { s.note(fmt.Sprintf("%s is complete, but its pictures are not: %v", r.Path(), err)) })
	}
	for _, path := range pictures {
		s.screen.say(path)
	}
	s.screen.say(s.screen.summary(r.Path()))
	return nil
}

// tooManyDraws is how often an imagined row may be drawn before it is said to
// be too often (method.md A.4 step 8).
const tooManyDraws = 50

func (s *session) warn(p train.Progress) {
	if alarms := p.Scalars["sac/q_alarms"]; alarms > 0 && !s.alarmed {
		s.alarmed = true
		s.tell(fmt.Sprintf("step %d: the critics believe in returns 10 times larger than the rewards allow (%.0f updates of late): they are diverging; lower utd or horizon, or raise real_ratio", p.Step, alarms))
	}
	if told := emptyModel(p); told != "" && !s.untaught {
		s.untaught = true
		s.tell(told)
	}
	if draws := p.Scalars["plan/draws_per_row"]; draws > tooManyDraws && !s.warned {
		s.warned = true
		s.tell(fmt.Sprintf("an imagined row is drawn %.0f times before it is cleared or replaced; more than %d overfits to them: raise start_states or lower utd", draws, tooManyDraws))
	}
}

// tell notes text beside the live line, with the run's name where several train.
func (s *session) tell(text string) {
	if s.screen.label != "" {
		text = s.screen.label + ": " + text
	}
	s.screen.aside(func() { s.note(text) })
}

// leastExplained is the share of the held-out variance below which what a model
// imagines is taken to tell nothing, and shortFit how few gradient steps make the
// end of the fit the likely reason (docs/results/first-fits.md: fits of 28 to 56
// steps explained between -0.04 and 0.00, whole ones 0.19 and more).
const leastExplained, shortFit = 0.1, 400

// emptyModel says that the fit of this interval left a model that explains next to
// nothing of the rows it was not shown, and is empty where there was none.
func emptyModel(p train.Progress) string {
	explained, steps := p.Scalars["model/holdout_r2"], p.Scalars["model/grad_steps"]
	if steps == 0 || explained >= leastExplained || explained == 0 { // an earlier interval's fit; exactly 0: no output varies
		return ""
	}
	remedy := "raise warmup"
	if steps < shortFit {
		remedy = fmt.Sprintf("the fit ended after %.0f gradient steps: set model.patience_steps to %d, or raise warmup", steps, shortFit)
	}
	return fmt.Sprintf("step %d: the model explains %.2f of the variance of rows it was not shown, and what it imagines tells next to nothing; %s", p.Step, explained, remedy)
}
