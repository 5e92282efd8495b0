package report

import (
	"fmt"
	"slices"

	"demorl/rng"
)

// Comparison judges algorithms over tasks (baselines.md section 8.4). Every task
// is judged at one step, that all its groups have.
type Comparison struct {
	Tasks       []ComparedTask `json:"tasks"`
	Algorithms  []Judged       `json:"algorithms"`  // over the tasks that all algorithms share and that have a reference
	Improvement []Improvement  `json:"improvement"` // over the tasks that both share; needs no reference
	Paired      []Paired       `json:"paired"`      // seed by seed, in the task's own returns
	Profile     []Profile      `json:"profile"`     // of Algorithms
}

// ComparedTask is one task: where it is judged, what normalises it, and why it
// is no part of the aggregates, where it is not.
type ComparedTask struct {
	Env       string     `json:"env"`
	Step      float64    `json:"step"`
	Reference *Reference `json:"reference"` // nil: none is known
	LeftOut   string     `json:"left_out"`  // "": it is part of the aggregates

	judged bool // Step is one that all groups have
	groups []Group
}

// Judged is one algorithm.
type Judged struct {
	Algo   string     `json:"algo"`
	Tasks  []string   `json:"tasks"`
	Seeds  [][]uint64 `json:"seeds"`  // by task
	Scores Scores     `json:"scores"` // by task, in the order of Seeds
	Aggregate
}

// Improvement says how likely a run of Algo is better than one of Baseline.
type Improvement struct {
	Algo        string   `json:"algo"`
	Baseline    string   `json:"baseline"`
	Tasks       []string `json:"tasks"`
	Probability Estimate `json:"probability"`

	runs int // of the task and side that have the fewest
}

// Compare judges groups at step at of every task, or, where at is 0, at the last
// step that all groups of a task have. baseline is the algorithm that the others
// are compared with; where it is "", all are compared with each other.
func Compare(groups []Group, references map[string]Reference, at float64, baseline string) (Comparison, error) {
	names := algorithms(groups)
	if baseline != "" && !slices.Contains(names, baseline) {
		return Comparison{}, fmt.Errorf("no run of the baseline %q; there are runs of %q", baseline, names)
	}
	c := Comparison{Tasks: tasksAt(groups, references, at, names), Paired: Pairs(groups, baseline)}
	for _, algo := range names {
		j := Judged{Algo: algo}
		for _, task := range c.Tasks {
			if task.LeftOut != "" {
				continue
			}
			j.Tasks, j.Seeds = append(j.Tasks, task.Env), append(j.Seeds, task.group(algo).Seeds)
			j.Scores = append(j.Scores, task.scores(algo))
		}
		if len(j.Scores) > 0 {
			j.Aggregate = j.Scores.Judge(rng.Root(0).Derive("aggregate bootstrap " + algo))
			c.Algorithms = append(c.Algorithms, j)
		}
	}
	for i, algo := range names {
		for k, other := range names {
			if i == k || baseline != "" && other != baseline || baseline == "" && i > k {
				continue
			}
			if one, any := c.improvement(algo, other); any {
				c.Improvement = append(c.Improvement, one)
			}
		}
	}
	c.Profile = profiles(c.Algorithms)
	return c, nil
}

// algorithms are the names of the groups, sorted.
func algorithms(groups []Group) []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.Algo)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// tasksAt gathers groups by task, in the order of ids.
func tasksAt(groups []Group, references map[string]Reference, at float64, names []string) []ComparedTask {
	byTask := map[string]*ComparedTask{}
	var ids []string
	for _, g := range groups {
		if byTask[g.Env] == nil {
			byTask[g.Env] = &ComparedTask{Env: g.Env}
			ids = append(ids, g.Env)
		}
		byTask[g.Env].groups = append(byTask[g.Env].groups, g)
	}
	slices.Sort(ids)
	var tasks []ComparedTask
	for _, id := range ids {
		t := byTask[id]
		var runs []Series
		for _, g := range t.groups {
			runs = append(runs, g.Runs...)
		}
		common := commonSteps(runs)
		if r, known := references[id]; known {
			t.Reference = &r
		} else {
			t.LeftOut = "it has no random and reference return (report/references.yaml, or --references FILE)"
		}
		for _, name := range names {
			if t.group(name) == nil {
				t.LeftOut = name + " has no run on it"
			}
		}
		switch {
		case len(common) == 0:
			t.LeftOut = "its runs share no step"
		case at > 0 && !slices.Contains(common, at):
			t.LeftOut = fmt.Sprintf("not all of its runs were evaluated at step %s", steps(at))
		case at > 0:
			t.Step, t.judged = at, true
		default:
			t.Step, t.judged = common[len(common)-1], true
		}
		tasks = append(tasks, *t)
	}
	return tasks
}

// group returns an algorithm's group, or nil.
func (t *ComparedTask) group(algo string) *Group {
	for i := range t.groups {
		if t.groups[i].Algo == algo {
			return &t.groups[i]
		}
	}
	return nil
}

// returns are the returns of an algorithm at the step where the task is judged.
func (t *ComparedTask) returns(algo string) []float64 {
	var list []float64
	for _, r := range t.group(algo).Runs {
		list = append(list, r.meanAt(t.Step))
	}
	return list
}

// scores are the normalised returns; the task has a reference.
func (t *ComparedTask) scores(algo string) []float64 {
	list := t.returns(algo)
	for i, earned := range list {
		list[i] = t.Reference.Normalise(earned)
	}
	return list
}

// improvement compares two algorithms on the tasks that both have.
func (c *Comparison) improvement(algo, baseline string) (Improvement, bool) {
	one := Improvement{Algo: algo, Baseline: baseline}
	var x, y Scores
	for i := range c.Tasks {
		t := &c.Tasks[i]
		if t.judged && t.group(algo) != nil && t.group(baseline) != nil {
			one.Tasks = append(one.Tasks, t.Env)
			x, y = append(x, t.returns(algo)), append(y, t.returns(baseline))
		}
	}
	if len(x) == 0 {
		return one, false
	}
	one.runs = min(x.Runs(), y.Runs())
	one.Probability = x.ImprovementEstimate(y, rng.Root(0).Derive("improvement bootstrap "+algo+" over "+baseline))
	return one, true
}
