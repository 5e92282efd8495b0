package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"text/tabwriter"
	"time"

	"demorl/agent"
	"demorl/bench"
	"demorl/env"
	"demorl/par"
)

type benchCommand struct {
	Kernels benchKernels `cmd:"" help:"Matrix products on one core, in every kernel tier."`
	Planner benchPlanner `cmd:"" help:"One online planning decision."`
	Sac     benchSAC     `cmd:"" help:"Learner updates."`
	Fit     benchFit     `cmd:"" help:"Gradient steps of the ensemble."`
	Env     benchEnv     `cmd:"" help:"Environment steps, beside the simulator's calls in a C loop."`
	Epoch   benchEpoch   `cmd:"" help:"One epoch of training at a preset's full size."`
}

// benchOutput is how every benchmark answers.
type benchOutput struct {
	Threads int  `placeholder:"N" help:"Threads; 0 means all processors."`
	JSON    bool `name:"json" help:"Print one JSON object a line."`
}

// emit prints one result: its JSON, or text.
func (o *benchOutput) emit(c *console, result any, text string, args ...any) error {
	if o.JSON {
		return json.NewEncoder(c.out).Encode(result)
	}
	_, err := fmt.Fprintf(c.out, text+"\n", args...)
	return err
}

// pooled runs f with a pool of the asked number of threads.
func (o *benchOutput) pooled(f func(pool *par.Pool) error) error {
	n, err := threads(o.Threads)
	if err != nil {
		return err
	}
	pool := par.New(n)
	defer pool.Close()
	return f(pool)
}

// What a benchmark may be asked for: it holds all of it in memory.
const (
	mostMembers   = 256
	mostRepeats   = 1_000_000
	mostInstances = 100_000
	mostSteps     = 1_000_000
	mostPasses    = 1_000_000
)

// within refuses the value of a flag that is not between least and most.
func within(flag string, value, least, most int) error {
	if value < least || value > most {
		return usagef("%s is %d; want %d to %d", flag, value, least, most)
	}
	return nil
}

// benchPrecision is the precision of imagination and planning.
type benchPrecision struct {
	Precision string `default:"f32" enum:"f32,bf16" help:"Products of imagination and planning: f32 or bf16."`
}

type benchKernels struct {
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

func (b *benchKernels) Run(c *console) error {
	if b.JSON {
		lines := json.NewEncoder(c.out)
		return bench.Kernels(bench.Shapes, func(k bench.Kernel) error { return lines.Encode(k) })
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "tier\tm\tk\tn\tproduct\tGFLOP/s\tpeak\tfraction\n")
	err := bench.Kernels(bench.Shapes, func(k bench.Kernel) error {
		_, err := fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%.1f\t%.1f\t%.2f\n", k.Tier, k.M, k.K, k.N, k.Product, k.GFLOPS, k.Peak, k.Fraction)
		return err
	})
	if err != nil {
		return err
	}
	return table.Flush()
}

type benchPlanner struct {
	benchOutput
	Members int           `default:"5" help:"Ensemble members that every candidate is rolled through."`
	Repeat  int           `default:"300" help:"Decisions to time."`
	Budget  time.Duration `placeholder:"TIME" help:"Time that each decision has, such as 10ms: how late the latest come, and how much of the plan is done."`
	benchPrecision
}

func (b *benchPlanner) Run(c *console) error {
	var all faults
	all.add(within("--members", b.Members, 1, mostMembers))
	all.add(within("--repeat", b.Repeat, 1, mostRepeats))
	if b.Budget < 0 || b.Budget > time.Hour {
		all.add(fmt.Errorf("--budget is %v; want a time up to 1h, such as 10ms", b.Budget))
	}
	if err := all.err(); err != nil {
		return err
	}
	work := bench.ReferencePlanner(b.Members)
	work.BFloat16 = b.Precision == agent.PrecisionBF16
	if b.Budget > 0 {
		return b.within(c, work)
	}
	return b.pooled(func(pool *par.Pool) error {
		p, err := bench.NewPlanner("reference", work, b.Repeat, pool)
		if err != nil {
			return err
		}
		return b.emit(c, p, "one decision, %d members, %d threads: %.2f ms (p99 %.2f), %.0f of %.0f GFLOP/s, %g allocations",
			p.Members, p.Threads, p.Median, p.P99, p.GFLOPS, p.Peak, p.Allocs)
	})
}

// within times decisions that each have a budget.
func (b *benchPlanner) within(c *console, work bench.PlannerWork) error {
	return b.pooled(func(pool *par.Pool) error {
		p, err := bench.NewBudgeted("reference", work, b.Repeat, b.Budget, pool)
		if err != nil {
			return err
		}
		return b.emit(c, p, "one decision within %v, %d members, %d threads: %.2f ms (p99 %.2f, worst %.2f), late by %.3f ms (p99 %.3f); %.0f %% were cut, %.1f iterations and %.0f candidates done",
			b.Budget, p.Members, p.Threads, p.Median, p.P99, p.Worst, p.LateMedian, p.LateP99, 100*p.Cut, p.Iterations, p.Candidates)
	})
}

type benchSAC struct {
	benchOutput
}

func (b *benchSAC) Run(c *console) error {
	return b.pooled(func(pool *par.Pool) error {
		l, err := bench.NewLearner(256, []int{256, 256}, pool)
		if err != nil {
			return err
		}
		return b.emit(c, l, "SAC, batch %d, hidden %v, %d threads: %.0f updates/s, %.0f of %.0f GFLOP/s", l.Batch, l.Hidden, l.Threads, l.Updates, l.GFLOPS, l.Peak)
	})
}

type benchFit struct {
	benchOutput
	Members int `default:"7" help:"Ensemble members."`
}

func (b *benchFit) Run(c *console) error {
	if err := within("--members", b.Members, 1, mostMembers); err != nil {
		return err
	}
	return b.pooled(func(pool *par.Pool) error {
		f, err := bench.NewFit(b.Members, pool)
		if err != nil {
			return err
		}
		return b.emit(c, f, "fit, %d members, batch %d, %d threads: %.0f steps/s, %.0f of %.0f GFLOP/s", f.Members, f.Batch, f.Threads, f.Steps, f.GFLOPS, f.Peak)
	})
}

type benchEnv struct {
	benchOutput
	Envs      []string `placeholder:"ID,..." help:"Tasks; default: all that can run here."`
	Instances *int     `placeholder:"N" help:"Step N instances of each together on the threads; default: one a thread, each at its own pace."`
}

func (b *benchEnv) Run(c *console) error {
	n, err := threads(b.Threads)
	if err != nil {
		return err
	}
	if b.Instances != nil {
		if err := within("--instances", *b.Instances, 1, mostInstances); err != nil {
			return err
		}
	}
	ids := b.Envs
	if len(ids) == 0 {
		for _, t := range env.Tasks() {
			if needs(t) == "" {
				ids = append(ids, t.ID)
			}
		}
	}
	if b.Instances != nil {
		return b.together(c, ids)
	}
	for _, id := range ids {
		e, err := bench.NewEnvironment(id, n)
		if err != nil {
			return err
		}
		beside := "no simulator to compare with"
		if e.Bare != nil {
			beside = fmt.Sprintf("%.3f of %.0f in a bare C loop", e.Steps / *e.Bare, *e.Bare)
		}
		if err := b.emit(c, e, "%s, %d threads: %.0f steps/s, %s", e.Env, e.Threads, e.Steps, beside); err != nil {
			return err
		}
	}
	return nil
}

// together measures vectorised stepping.
func (b *benchEnv) together(c *console, ids []string) error {
	return b.pooled(func(pool *par.Pool) error {
		if pool.Workers() > 1 {
			runtime.GOMAXPROCS(pool.Workers() + 1) // see package vector
		}
		for _, id := range ids {
			e, err := bench.NewVector(id, *b.Instances, pool)
			if err != nil {
				return err
			}
			if err := b.emit(c, e, "%s, %d instances on %d threads: %.0f steps/s", e.Env, e.Instances, e.Threads, e.Steps); err != nil {
				return err
			}
		}
		return nil
	})
}

type benchEpoch struct {
	benchOutput
	benchPrecision
	Env    string `default:"HalfCheetah-v5" help:"Task id or alias."`
	Algo   string `default:"m-demorl" help:"Algorithm: ${algorithms}."`
	Preset string `default:"reference" help:"Named size of the settings: ${presets}."`
	Steps  int    `placeholder:"N" help:"Real steps, instead of the settings' epoch; scales nothing."`
	Passes int    `placeholder:"N" help:"Passes over the data that all refits of the epoch make together, instead of stopping early."`
}

func (b *benchEpoch) Run(c *console) error {
	var all faults
	all.add(within("--steps", b.Steps, 0, mostSteps))
	all.add(within("--passes", b.Passes, 0, mostPasses))
	if _, err := env.Lookup(b.Env); err != nil {
		all.add(err)
	}
	if _, err := agent.FindAlgorithm(b.Algo); err != nil {
		all.add(err)
	}
	if len(all) > 0 {
		return all.err()
	}
	return b.pooled(func(pool *par.Pool) error {
		e, err := bench.NewEpoch(bench.EpochWork{Env: b.Env, Algo: b.Algo, Preset: b.Preset, Precision: b.Precision, Steps: b.Steps, Passes: b.Passes}, pool, c.note)
		if err != nil {
			return err
		}
		return b.emit(c, e, "%s, %s, preset %s, %d threads: %.1f s (env %.1f, fit %.1f in %d passes, imagine %.1f, learn %.1f) for %.2f TFLOP: %.2f times what %.0f GFLOP/s need; %.0f MB",
			e.Env, e.Algo, e.Preset, e.Threads, e.Seconds, e.EnvS, e.FitS, e.Passes, e.ImagineS, e.LearnS, e.TFLOP, e.Ratio, e.Peak, e.RSS)
	})
}
