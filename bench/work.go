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
