package agent

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"demorl/dynamics"
	"demorl/imagine"
	"demorl/mpc"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// Inspection says what the learned model is worth (`demorl eval --model`).
type Inspection struct {
	Names       []string         `json:"names,omitempty"` // of the outputs: the reward, then every observation
	Members     int              `json:"members"`
	Elites      int              `json:"elites"`
	Levels      []float64        `json:"levels"`       // the intervals of every coverage below
	RewardKnown bool             `json:"reward_known"` // imagination asks the task for rewards instead of the model
	Replay      dynamics.Quality `json:"replay"`       // one step: rows of D_ENV that the last fit held out; open loop: all of D_ENV, most of which was trained on
	Fresh       dynamics.Quality `json:"fresh"`        // evaluation episodes, none of which was trained on
	Gain        *Gain            `json:"gain,omitempty"`
}

// Gain compares ways of acting over the horizon of imagination, from equal
// states, in the model and in the task itself (pilot.md sections 5 and 7).
type Gain struct {
	Starts  int    `json:"starts"`
	Horizon int    `json:"horizon"`
	Skipped int    `json:"skipped"`           // starts that got no plan
	NoReal  string `json:"no_real,omitempty"` // why nothing was measured in the task itself
	Ways    []Way  `json:"ways"`
}

// Way is one way of acting in one world. Differences are to the sampled policy
// and to the policy's mean action, both without planning noise, from the same
// starts in the same world; their errors are standard errors over starts.
type Way struct {
	Actor  string  `json:"actor"`  // plan (there is none of plan_form parameters), policy (sampled) or mean
	World  string  `json:"world"`  // model or real
	Reward float64 `json:"reward"` // mean discounted reward of the horizon
	Value  float64 `json:"value"`  // mean discounted learned value of what follows

	OverPolicy Difference `json:"over_policy"`
	OverMean   Difference `json:"over_mean"`
	Left       int        `json:"left"` // rollouts that the model ended, being out of the data's range or not finite
}

// Difference is a mean paired difference, in reward alone and with the value.
type Difference struct {
	Reward      float64 `json:"reward"`
	RewardError float64 `json:"reward_error"`
	Total       float64 `json:"total"` // reward and value
	TotalError  float64 `json:"total_error"`
	Wins        float64 `json:"wins"` // share of starts where the total is larger
}

// Inspect measures the model on D_ENV and on fresh, transitions of evaluation
// episodes, and the gain of plans from starts, states of such episodes; without
// a start it leaves the gain out. It changes nothing that training reads, but
// must not run beside it.
func (a *Agent) Inspect(fresh *replay.Buffer, starts []rollout.Start, key rng.Key) (Inspection, error) {
	if a.model == nil {
		return Inspection{}, errors.New("this algorithm learns no model")
	}
	if a.model.Fits() == 0 {
		return Inspection{}, fmt.Errorf("the model was never fitted: the run has made %d steps and its warm-up is %d", a.step, a.settings.Warmup)
	}
	r := Inspection{
		Members: a.model.Members(), Elites: len(a.model.Elites()), Levels: dynamics.Coverages[:],
		RewardKnown: a.settings.Reward == RewardKnown && a.task.Rewarder != nil,
	}
	steps := dynamics.OpenLoopSteps[:]
	if h := a.horizon(); !slices.Contains(steps, h) {
		steps = append(slices.Clone(steps), h)
		slices.Sort(steps)
	}
	all := make([]int32, fresh.Len())
	for i := range all {
		all[i] = int32(i)
	}
	var err error
	if r.Replay, err = a.model.Assess(a.real, a.model.Held(a.real), steps, a.rule(), nil, key.Derive("replay")); err != nil {
		return r, err
	}
	if r.Fresh, err = a.model.Assess(fresh, all, steps, a.rule(), &r.Replay, key.Derive("fresh")); err != nil {
		return r, err
	}
	if len(starts) > 0 {
		r.Gain, err = a.gain(starts, key.Derive("gain"))
	}
	return r, err
}

// Task returns what the agent knows of the system that it controls.
func (a *Agent) Task() Task { return a.task }

// trial is one way's reward and value a start.
type trial struct{ reward, value []float64 }

// gain compares plan, sampled policy and the policy's mean.
func (a *Agent) gain(starts []rollout.Start, key rng.Key) (*Gain, error) {
	if a.sac != nil {
		a.sac.PublishBF16()
	}
	g := &Gain{Starts: len(starts), Horizon: a.horizon()}
	var courses []imagine.Course
	var actors []string
	if a.planner != nil && a.settings.Planner.PlanForm != mpc.PlanParameters { // a rollout follows actions or residuals
		if err := a.planner.SetHorizon(g.Horizon); err != nil {
			return g, err
		}
		plans := mpc.NewPlans(len(starts), g.Horizon, a.task.ActDim)
		stats, err := a.planner.PlanBatch(starts, key.Derive("plan"), plans)
		if err != nil {
			return g, err
		}
		g.Skipped = stats.Skipped
		courses, actors = append(courses, imagine.Course{Plans: plans}), append(actors, "plan")
	}
	courses, actors = append(courses, imagine.Course{}, imagine.Course{Mean: true}), append(actors, "policy", "mean")
	worlds, names := []rollout.World{a.world}, []string{"model"}
	if real, err := a.realWorld(starts); err != nil {
		g.NoReal = err.Error()
	} else {
		worlds, names = append(worlds, real), append(names, "real")
	}
	for w, world := range worlds {
		maker := a.newMaker(world, g.Horizon)
		trials := make([]trial, len(courses))
		left := make([]int, len(courses))
		for i, c := range courses {
			t := trial{make([]float64, len(starts)), make([]float64, len(starts))}
			c.Horizon, c.Value = g.Horizon, a.settings.Learns()
			c.Each = func(start int, reward, value float64) { t.reward[start], t.value[start] = reward, value }
			// All ways of acting meet the same noise.
			tally, err := maker.Roll(starts, c, key.Derive("roll"), nil)
			if err != nil {
				return g, err
			}
			trials[i], left[i] = t, tally.OutOfRange+tally.NonFinite
		}
		policy, mean := trials[len(trials)-2], trials[len(trials)-1]
		for i, t := range trials {
			g.Ways = append(g.Ways, Way{
				Actor: actors[i], World: names[w], Reward: average(t.reward), Value: average(t.value),
				OverPolicy: difference(t, policy), OverMean: difference(t, mean), Left: left[i],
			})
		}
	}
	return g, nil
}

// realWorld is the task itself, where its states can be saved.
func (a *Agent) realWorld(starts []rollout.Start) (rollout.World, error) {
	if a.task.Simulator == nil {
		return nil, fmt.Errorf("no further instances of %s can be made", a.task.ID)
	}
	if len(starts[0].State) == 0 {
		return nil, fmt.Errorf("%s cannot save its state", a.task.ID)
	}
	return rollout.NewSimWorld(a.task.Simulator)
}

// difference is that of t to base, paired start by start.
func difference(t, base trial) Difference {
	n := float64(len(t.reward))
	reward, total, wins := make([]float64, len(t.reward)), make([]float64, len(t.reward)), 0.0
	for i := range reward {
		reward[i] = t.reward[i] - base.reward[i]
		total[i] = reward[i] + t.value[i] - base.value[i]
		if total[i] > 0 {
			wins++
		}
	}
	d := Difference{Wins: wins / n}
	d.Reward, d.RewardError = meanError(reward)
	d.Total, d.TotalError = meanError(total)
	return d
}

// meanError returns the mean of x and its standard error, 0 for a single number.
func meanError(x []float64) (mean, stdErr float64) {
	mean = average(x)
	if len(x) < 2 {
		return mean, 0
	}
	square := 0.0
	for _, v := range x {
		square += (v - mean) * (v - mean)
	}
	n := float64(len(x))
	return mean, math.Sqrt(square / (n - 1) / n)
}
