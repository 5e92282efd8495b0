package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"demorl/mpc"
	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// Budgeted is what one online planning decision makes of a time budget
// (method.md B.10). Late is how long after the budget's end a decision came: 0
// in time.
type Budgeted struct {
	Bench      string  `json:"bench"`
	Setting    string  `json:"setting"`
	Members    int     `json:"members"`
	Precision  string  `json:"precision"`
	Threads    int     `json:"threads"`
	Tier       string  `json:"tier"`
	Budget     float64 `json:"budget_ms"`
	Median     float64 `json:"median_ms"`
	P99        float64 `json:"p99_ms"`
	Worst      float64 `json:"worst_ms"`
	LateMedian float64 `json:"late_median_ms"`
	LateP99    float64 `json:"late_p99_ms"`
	Cut        float64 `json:"cut"`        // share of the decisions that the budget ended
	Iterations float64 `json:"iterations"` // completed by a decision, the mean
	Candidates float64 `json:"candidates"` // finished by a decision, the mean
}

// NewBudgeted measures n decisions of work w, each with budget to be made in.
// Every action must be finite and within its bounds however little time there is.
func NewBudgeted(setting string, w PlannerWork, n int, budget time.Duration, pool *par.Pool) (Budgeted, error) {
	p, err := newPlanner(w, pool)
	if err != nil {
		return Budgeted{}, err
	}
	n = max(n, repeats)
	took, late := make([]float64, n), make([]float64, n)
	out := Budgeted{
		Bench: "planner", Setting: setting, Members: w.Members, Precision: precision(w.BFloat16), Threads: pool.Workers(), Tier: tier(),
		Budget: milliseconds(budget),
	}
	key := rng.Root(0).Derive("bench/plans")
	start := rollout.Start{Obs: make([]float32, obsDim)}
	cut, iterations, candidates := 0, 0, 0
	for i := -1; i < n; i++ { // the first decision has yet to learn how long a step takes
		ctx, cancel := context.WithTimeout(context.Background(), budget)
		began := time.Now()
		res := p.Plan(ctx, start, key.At(uint64(i+1)))
		elapsed := time.Since(began)
		cancel()
		if err := sound(res); err != nil {
			return Budgeted{}, fmt.Errorf("bench planner: plan %d within %v: %w", i+1, budget, err)
		}
		if i < 0 {
			continue
		}
		took[i], late[i] = milliseconds(elapsed), milliseconds(max(0, elapsed-budget))
		if res.Reason == mpc.Deadline {
			cut++
		}
		iterations += res.Iterations
		candidates += res.Candidates
	}
	out.Cut, out.Iterations, out.Candidates = float64(cut)/float64(n), float64(iterations)/float64(n), float64(candidates)/float64(n)
	slices.Sort(took)
	slices.Sort(late)
	out.Median, out.P99, out.Worst = median(took), quantile(took, 0.99), took[n-1]
	out.LateMedian, out.LateP99 = median(late), quantile(late, 0.99)
	return out, nil
}

func milliseconds(d time.Duration) float64 { return 1e3 * d.Seconds() }

// sound refuses what no actuator may be given.
func sound(res mpc.Result) error {
	if res.Err != nil {
		return res.Err
	}
	for j, x := range res.Action {
		if !(x >= -1 && x <= 1) {
			return fmt.Errorf("action %d is %v; want a number in [-1, 1]", j, x)
		}
	}
	return nil
}
