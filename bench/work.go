package bench

import "demorl/agent"

// layers is the multiply-adds of one row through a dense network of the given
// sizes, and those of its first layer alone.
func layers(sizes []int) (all, first float64) {
	for l := range len(sizes) - 1 {
		all += float64(sizes[l]) * float64(sizes[l+1])
	}
	return all, float64(sizes[0]) * float64(sizes[1])
}

// stack puts the sizes of a network together.
func stack(in int, hidden []int, out int) []int {
	return append(append([]int{in}, hidden...), out)
}

// forwardFlop is the floating-point operations of inference, a row.
func forwardFlop(sizes []int) float64 {
	all, _ := layers(sizes)
	return 2 * all
}

// trainFlop is those of a forward pass and the gradient by the parameters, a
// row: the gradient by the network's input is not asked for.
func trainFlop(sizes []int) float64 {
	all, first := layers(sizes)
	return 2*3*all - 2*first
}

// updateFlop is the work of one SAC update (method.md D.3): target values,
// both critics' steps, and the actor's step through both critics.
func updateFlop(batch, obs, act int, hidden []int) float64 {
	actor, critic := stack(obs, hidden, 2*act), stack(obs+act, hidden, 1)
	target := forwardFlop(actor) + 2*forwardFlop(critic)
	critics := 2 * trainFlop(critic)
	throughCritics := 2 * 2 * forwardFlop(critic) // forward, and back to the action
	return float64(batch) * (target + critics + trainFlop(actor) + throughCritics)
}

// fitFlop is the work of one gradient step of the ensemble, a row of each
// member's batch.
func fitFlop(members int, sizes []int) float64 { return float64(members) * trainFlop(sizes) }

// planFlop is the work of one planning round of the settings (method.md A.4):
// every candidate asks policy and model at every step and the value at its end,
// and the plan is rolled once more.
func planFlop(s agent.Settings, obs, act, horizon int) float64 {
	model := forwardFlop(stack(obs+act, s.Model.Hidden, 2*(obs+1)))
	actor := forwardFlop(stack(obs, s.SAC.Hidden, 2*act))
	value := actor + 2*forwardFlop(stack(obs+act, s.SAC.Hidden, 1))
	starts, h := float64(s.StartStates), float64(horizon)
	switch s.Imagine {
	case agent.ImaginePlanned:
		p := s.Planner
		rows := starts * float64(p.Samples*p.Particles*p.Iterations)
		return rows*(h*(model+actor)+value) + starts*h*model
	case agent.ImagineBranched:
		return starts * h * (model + actor)
	}
	return 0
}

// gradientFlop is the work of one update of value gradients (method.md D.5): the
// walk through model and policy, the targets' pair at its end, all critics'
// steps and, unless criticsOnly, the way back through critics, model and policy.
func gradientFlop(s agent.Settings, obs, act int, criticsOnly bool) float64 {
	actor, model := stack(obs, s.SAC.Hidden, 2*act), stack(obs+act, s.Model.Hidden, 2*(obs+1))
	hidden := s.SAC.Hidden
	if len(s.SAC.Critic.Hidden) > 0 {
		hidden = s.SAC.Critic.Hidden
	}
	critic := stack(obs+act, hidden, 1)
	steps, count := float64(s.Gradient.Steps), float64(s.SAC.Critic.Count)
	flop := steps*forwardFlop(model) + (steps+1)*forwardFlop(actor) + float64(s.SAC.Critic.Subset)*forwardFlop(critic) + count*trainFlop(critic)
	if !criticsOnly {
		flop += count*2*forwardFlop(critic) + steps*forwardFlop(model) + (steps+1)*2*forwardFlop(actor)
	}
	return float64(s.SAC.Batch) * flop
}

// blocksFlop is the work of all updates and rounds of imagination of steps real
// steps after warm-up with value gradients.
func blocksFlop(s agent.Settings, obs, act, steps int) float64 {
	ceil := func(a, b int) int { return (a + b - 1) / b }
	blocks := ceil(steps, s.RefitEvery)
	full, rounds := s.UTD*s.Warmup, 1+ceil(s.UTD*s.Warmup, s.Gradient.ImagineEvery)
	if blocks > 1 {
		full += (blocks - 1) * s.UTD * s.RefitEvery
		rounds += (blocks - 1) * (1 + ceil(s.UTD*s.RefitEvery, s.Gradient.ImagineEvery))
	}
	alone := float64(blocks*s.Gradient.CriticUpdates) * gradientFlop(s, obs, act, true)
	return alone + float64(full)*gradientFlop(s, obs, act, false) + float64(rounds)*planFlop(s, obs, act, s.Horizon.Int(0))
}
