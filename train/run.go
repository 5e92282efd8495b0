package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"demorl/agent"
	"demorl/env"
	"demorl/internal/kern"
	"demorl/internal/vfs"
	"demorl/par"
	"demorl/replay"
	"demorl/rundir"
	"demorl/settings"
)

// Options are what a run needs to know that does not change what it computes.
// The zero value makes a run on the real disk with one thread.
type Options struct {
	FS       vfs.FS // nil is the real disk; other ones are for demorl's own tests
	Threads  int    // less than 1 counts as 1
	Program  string // version
	Commit   string
	CPU      string
	Go       string
	OtherCPU bool // resume although the kernel tier is another one
	// Steps, unless 0, is how many real steps a resumed run is to make in all;
	// fewer than it has made, or has to live again, are an *UnfitError.
	Steps int
	// Settings is what a new run keeps as run.yaml; nil writes down the settings
	// without where they come from.
	Settings []byte
	// Instance makes a task by id; nil asks the registry, or makes what the run
	// kept of its task.
	Instance func(id string) (env.Env, error)
	// Task is what a new run keeps of its task (env.Task.Files).
	Task map[string][]byte
}

func (o *Options) instance(id string) Maker {
	return func() (env.Env, error) {
		if o.Instance != nil {
			return o.Instance(id)
		}
		return env.ForLearning(id)
	}
}

// Run is a Loop with its run directory.
type Run struct {
	*Loop
	settings Settings
	options  Options
	dir      *rundir.Dir
	pool     *par.Pool
	manifest rundir.Manifest

	progress    *rundir.Progress
	evals       *rundir.EvalLog
	events      *rundir.Events
	transitions *rundir.TransitionLog

	tail      []replay.Transition // steps of the log beyond the checkpoint, still to be lived again
	evaluated []rundir.Evaluation // the last evaluation that eval.csv held then

	began      time.Time
	elapsed    time.Duration // of earlier sessions
	lastLog    time.Time
	lastStep   int
	lastReturn float64
	hasReturn  bool
	saved      int // step of the newest checkpoint; -1 before the first
	logged     int // last step that this session wrote to the log of transitions
	Notices    []string
}

// Create starts a new run in the empty or absent folder path.
func Create(path string, s Settings, o Options) (*Run, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if o.Settings == nil {
		text, err := settings.Encode(&s, nil)
		if err != nil {
			return nil, err
		}
		o.Settings = text
	}
	// The task is made first, so that one that is not installed leaves no folder behind.
	pool := par.New(o.Threads)
	loop, err := NewLoop(s, o.instance(s.Env), pool)
	if err != nil {
		pool.Close()
		return nil, err
	}
	dir, err := rundir.Create(o.FS, path)
	if err != nil {
		pool.Close()
		return nil, errors.Join(err, loop.Close())
	}
	r := &Run{Loop: loop, settings: s, options: o, dir: dir, pool: pool, saved: -1}
	r.manifest = rundir.Manifest{
		Program: o.Program, Commit: o.Commit, GoVersion: o.Go, CPU: o.CPU, Kernel: kernels(s), Threads: pool.Workers(),
		Seed: s.Seed, Env: s.Env, EnvVersion: loop.world.Spec().Simulator, Algorithm: s.Algo, Preset: s.Preset, Created: time.Now().UTC(), Exact: loop.Exact(),
	}
	if !r.manifest.Exact {
		r.manifest.NotExactFor = "the environment cannot save its state"
	}
	// The manifest comes last: it makes the folder a run.
	if err = errors.Join(dir.WriteSettings(o.Settings), dir.WriteTask(o.Task)); err == nil {
		err = dir.WriteManifest(r.manifest)
	}
	if err == nil {
		err = r.open(0)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Resume opens the run in path at its newest valid checkpoint. Without any
// valid checkpoint the run begins again from step 0, which is exact as well.
func Resume(path string, o Options) (*Run, error) {
	dir, err := rundir.Open(o.FS, path)
	if err != nil {
		return nil, err
	}
	r := &Run{options: o, dir: dir, saved: -1}
	if err := r.resume(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// kernels names what decides the last bits of a run's results: the kernel tier
// and, where the run uses it, what multiplies bfloat16 numbers.
func kernels(s Settings) string {
	if s.Agent.Precision == agent.PrecisionBF16 && s.Agent.Idle("precision") == "" {
		return kern.Tier() + "+" + kern.BF16Engine()
	}
	return kern.Tier()
}

func (r *Run) resume() error {
	var err error
	if r.manifest, err = r.dir.ReadManifest(); err != nil {
		return err
	}
	if r.settings, err = ReadSettings(r.dir); err != nil {
		return err
	}
	if err := Belongs(r.settings, r.manifest); err != nil {
		return err
	}
	if tier := kernels(r.settings); tier != r.manifest.Kernel && !r.options.OtherCPU {
		return fmt.Errorf("the run was made with kernel tier %s and this is %s: results would differ in the last bits; force the tier with --kernel, or allow it with --other-cpu",
			r.manifest.Kernel, tier)
	}
	if err := r.takeKept(); err != nil {
		return err
	}
	r.pool = par.New(r.options.Threads)
	if r.Loop, err = NewLoop(r.settings, r.options.instance(r.settings.Env), r.pool); err != nil {
		return err
	}
	lengths, err := r.restore()
	if err != nil {
		return err
	}
	if !r.Exact() || r.lost {
		if err := r.readTail(&lengths); err != nil {
			return err
		}
	}
	if made := r.Steps() + len(r.tail); 0 < r.options.Steps && r.options.Steps < made {
		return &UnfitError{fmt.Errorf("%s has made %d steps already, those in the log after its newest checkpoint included; %d steps in all are fewer: ask for %d or more", r.dir.Path(), made, r.options.Steps, made)}
	}
	missing, err := r.dir.Cut(lengths)
	if err != nil {
		return err
	}
	// Only now: logs that Cut refuses leave the run as it is.
	if err := r.dir.DiscardAfter(uint64(r.Steps())); err != nil {
		return err
	}
	for _, path := range missing {
		r.Notices = append(r.Notices, fmt.Sprintf("%s is gone; the run goes on without the rows that it held", path))
	}
	r.remember()
	r.manifest.Resumed = append(r.manifest.Resumed, time.Now().UTC())
	if commit := r.options.Commit; commit != r.manifest.Last() {
		r.manifest.Changed = append(r.manifest.Changed, rundir.Change{Step: r.Steps(), Commit: commit})
	}
	if r.lost && r.manifest.Exact {
		r.manifest.Exact = false
		r.manifest.NotExactFor = fmt.Sprintf("the environment could not save its state at step %d", r.Steps())
	}
	if was := r.manifest.Kernel; was != kernels(r.settings) {
		r.manifest.Kernel, r.manifest.Exact = kernels(r.settings), false
		r.manifest.NotExactFor = fmt.Sprintf("it began with kernel tier %s and went on with %s", was, kernels(r.settings))
	}
	r.compareTask()
	if err := r.dir.WriteManifest(r.manifest); err != nil {
		return err
	}
	return r.open(r.Steps())
}

// compareTask tells when what simulates the task is another version than
// before: then the data of two tasks meet in one run.
func (r *Run) compareTask() {
	was, is := r.manifest.EnvVersion, r.world.Spec().Simulator
	if was == is {
		return
	}
	r.manifest.EnvVersion, r.manifest.Exact = is, false
	r.manifest.NotExactFor = fmt.Sprintf("its task was %q until step %d and is %q since", was, r.Steps(), is)
	r.Notices = append(r.Notices, fmt.Sprintf("the run was made on %q and is continued on %q: it mixes the data of both; train anew where results have to be of one task", was, is))
}

// takeKept lets instances be made of what the run kept of its task, unless
// Options.Instance says how.
func (r *Run) takeKept() error {
	files, err := r.dir.ReadTask()
	if err != nil || files == nil || r.options.Instance != nil {
		return err
	}
	t, err := env.Kept(r.settings.Env, r.dir.TaskPath(), files)
	r.options.Instance = func(string) (env.Env, error) { return t.ForLearning() }
	return err
}

// restore sets the loop to the newest valid checkpoint and returns what the
// logs were then.
func (r *Run) restore() (rundir.Lengths, error) {
	checkpoint, skipped, err := r.dir.ReadNewest()
	for _, s := range skipped {
		r.Notices = append(r.Notices, s.String())
	}
	if errors.Is(err, rundir.ErrNoCheckpoint) && len(skipped) > 0 {
		return rundir.Lengths{}, fmt.Errorf("%w; nothing was changed: put a whole checkpoint back, or train in another folder (%s)", err, strings.Join(r.Notices, "; "))
	}
	if errors.Is(err, rundir.ErrNoCheckpoint) {
		if err := r.neverSaved(); err != nil {
			return rundir.Lengths{}, err
		}
		r.Notices = append(r.Notices, "no checkpoint yet: the run begins again from step 0")
		return rundir.Lengths{}, nil
	}
	if err != nil {
		return rundir.Lengths{}, err
	}
	if err := Restore(r.Loop, checkpoint); err != nil {
		return rundir.Lengths{}, err
	}
	r.saved = r.Steps()
	// A kill between a checkpoint and its mark leaves the mark behind.
	if marked, ok := r.dir.Best(); r.bestStep > 0 && (!ok || marked != uint64(r.bestStep)) {
		if _, err := r.dir.ReadCheckpoint(uint64(r.bestStep)); err == nil {
			if err := r.dir.MarkBest(uint64(r.bestStep)); err != nil {
				return rundir.Lengths{}, err
			}
		}
	}
	r.Notices = append(r.Notices, fmt.Sprintf("resumed from the checkpoint of step %d", r.Steps()))
	if !r.Exact() || r.lost {
		r.Notices = append(r.Notices, "the environment cannot save its state: the run goes on with a new episode")
	}
	return checkpoint.Logs, nil
}

// neverSaved is an error where a run without any checkpoint must have had one:
// beginning again would cut its logs.
func (r *Run) neverSaved() error {
	lines, err := r.dir.ReadProgress()
	if err != nil || len(lines) == 0 {
		return nil // no line that could tell
	}
	if step := int(lines[len(lines)-1].Step); step > r.settings.CheckpointEvery {
		return fmt.Errorf("%s holds no checkpoint, though the run had made %d steps; nothing was changed: put the folder checkpoints back, or train in another folder", r.dir.Path(), step)
	}
	return nil
}

// remember takes from the last line of progress that was kept what later lines
// go on with: time spent and figures that do not change with every line.
func (r *Run) remember() {
	lines, err := r.dir.ReadProgress()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.Notices = append(r.Notices, fmt.Sprintf("time/elapsed_s begins at 0 again: %v", err))
		return
	}
	if len(lines) == 0 {
		return
	}
	last := lines[len(lines)-1].Scalars
	r.elapsed = time.Duration(last["time/elapsed_s"] * float64(time.Second))
	r.lastReturn, r.hasReturn = last["train/return"]
	r.Agent().Remember(last)
}

// Belongs says where a run's settings were edited into those of another run. Of
// the name of a Gymnasium environment what stands behind # may change: it has the
// interpreter and the folder, and another machine has other ones.
func Belongs(s Settings, m rundir.Manifest) error {
	var faults []error
	fault := func(name string, is, was any) {
		if is != was {
			faults = append(faults, fmt.Errorf("%s is %v in run.yaml and %v in manifest.json: the run is of the latter; put it back, or train the other one in another folder", name, is, was))
		}
	}
	fault("seed", s.Seed, m.Seed)
	fault("algo", s.Algo, m.Algorithm)
	fault("preset", s.Preset, m.Preset)
	is, was := s.Env, m.Env
	if strings.HasPrefix(was, "gymnasium:") {
		is, _, _ = strings.Cut(is, "#")
		was, _, _ = strings.Cut(was, "#")
	}
	fault("env", is, was)
	return errors.Join(faults...)
}

// ReadSettings reads a run's complete resolved settings.
func ReadSettings(dir *rundir.Dir) (Settings, error) {
	data, err := dir.ReadSettings()
	if err != nil {
		return Settings{}, err
	}
	s := Stored()
	if _, err := settings.Decode(&s, settings.YAML(dir.SettingsPath(), data)); err != nil {
		return s, err
	}
	return s, nil
}

// Restore sets loop to a checkpoint's state. A section that the checkpoint
// left out because the next step empties it stays as it is.
func Restore(loop *Loop, c rundir.Checkpoint) error {
	for _, s := range loop.Sections() {
		data, ok := c.Section(s.Name)
		if !ok {
			if s.Skip != nil {
				continue
			}
			return fmt.Errorf("the checkpoint of step %d has no section %q", c.Step, s.Name)
		}
		if err := s.Restore(data); err != nil {
			return fmt.Errorf("the checkpoint of step %d does not fit the run's settings: %w", c.Step, err)
		}
	}
	return nil
}

// open opens the logs for appending.
func (r *Run) open(step int) error {
	var err error
	if r.progress, err = r.dir.OpenProgress(); err != nil {
		return err
	}
	if r.evals, err = r.dir.OpenEval(); err != nil {
		return err
	}
	host, _ := os.Hostname()
	if r.events, err = r.dir.OpenEvents(rundir.EventsAt{Time: time.Now(), Host: host, PID: os.Getpid(), Step: uint64(step)}); err != nil {
		return err
	}
	spec := r.world.Spec()
	if r.transitions, err = r.dir.OpenTransitions(rundir.Layout{Obs: spec.ObsDim, Action: spec.ActDim}); err != nil {
		return err
	}
	r.dir.Keep = r.settings.KeepCheckpoints
	r.began, r.lastLog, r.lastStep = time.Now(), time.Now(), step
	return nil
}

// Path returns the run directory.
func (r *Run) Path() string { return r.dir.Path() }

// Settings returns the run's complete settings.
func (r *Run) Settings() Settings { return r.settings }

// Manifest returns what the run directory's manifest says.
func (r *Run) Manifest() rundir.Manifest { return r.manifest }

// Close releases the run directory and the task's instances.
func (r *Run) Close() error {
	var errs []error
	if r.Loop != nil {
		errs = append(errs, r.Loop.Close())
	}
	if r.progress != nil {
		errs = append(errs, r.progress.Close())
	}
	if r.evals != nil {
		errs = append(errs, r.evals.Close())
	}
	if r.events != nil {
		errs = append(errs, r.events.Close())
	}
	if r.transitions != nil {
		errs = append(errs, r.transitions.Close())
	}
	if r.pool != nil {
		r.pool.Close()
	}
	return errors.Join(append(errs, r.dir.Close())...)
}

// Progress is what Train shows to whoever waits.
type Progress struct {
	Event
	Target    int
	Elapsed   time.Duration
	StepsPerS float64            // since the last line
	Scalars   map[string]float64 // the line of progress.jsonl just written; nil between lines
	Saved     bool               // a checkpoint was written
}

// Train goes on to steps real steps or until ctx is done, and leaves a
// checkpoint behind in both cases. show, unless nil, sees every step.
func (r *Run) Train(ctx context.Context, steps int, show func(Progress)) error {
	for (r.Steps() < steps || len(r.tail) > 0) && ctx.Err() == nil {
		// A step is not interrupted: stopping waits for its end, so that the
		// state is whole.
		next := r.live
		if len(r.tail) > 0 {
			next = r.relive
		}
		p, err := next(context.WithoutCancel(ctx))
		if err != nil {
			return r.failed(err)
		}
		if show != nil {
			p.Target = steps
			show(p)
		}
	}
	if r.saved == r.Steps() || len(r.tail) > 0 {
		return nil // the older checkpoint and the log hold everything
	}
	if err := r.save(); err != nil {
		return r.failed(err)
	}
	return nil
}

// failed says what is left of the run after err.
func (r *Run) failed(err error) error {
	if r.logged > max(0, r.saved) && !r.Exact() {
		return fmt.Errorf("%w; the %d steps before it are in the log (demorl resume %s)", err, r.logged, r.dir.Path())
	}
	if r.saved < 0 {
		return fmt.Errorf("%w; no checkpoint was written before", err)
	}
	return fmt.Errorf("%w; the last good checkpoint is that of step %d (demorl resume %s)", err, r.saved, r.dir.Path())
}
