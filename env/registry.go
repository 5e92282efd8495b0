package env

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Task is one entry of the registry.
type Task struct {
	ID      string   // canonical: family/task[:variant], lower case
	Aliases []string // other accepted names, such as "HalfCheetah-v5"
	Family  string   // "classic", "leg2r", "gym", ...
	Summary string   // one line for `demorl env list`
	// Make returns a new bare instance (no time limit, no scaling).
	Make func() (Env, error)
	// Needs returns "" when the task can run here, else the one line that mends it.
	Needs func() string
	// Describe returns the Spec without needing the simulator.
	Describe func() Spec
	// Published names the key of the settings tables (method.md part E), such
	// as "HalfCheetah"; empty for a task that no table names.
	Published string
	// Files, where not nil, are what the task is made from and what its runs
	// keep, so that they go on when the originals have changed: contents by
	// slash-separated names.
	Files map[string][]byte
}

var (
	mu        sync.RWMutex
	tasks     = map[string]Task{}
	aliases   = map[string]string{}
	resolvers []func(name string) (Task, bool, error)
	keepers   []func(id, source string, files map[string][]byte) (Task, bool, error)
)

// Register adds a task. It panics on a name that is taken: that is a mistake
// in the program, not in its input.
func Register(t Task) {
	mu.Lock()
	defer mu.Unlock()
	for _, name := range append([]string{t.ID}, t.Aliases...) {
		key := strings.ToLower(name)
		if _, taken := aliases[key]; taken {
			panic("env: task name registered twice: " + name)
		}
		aliases[key] = t.ID
	}
	tasks[t.ID] = t
}

// AddResolver adds a way to find tasks that no package registers, such as those
// that a file describes. Lookup asks the resolvers, in the order in which they
// were added, about names that are not registered; resolve says whether the
// name is one of its kind, and an error says why such a name is no task.
func AddResolver(resolve func(name string) (Task, bool, error)) {
	mu.Lock()
	defer mu.Unlock()
	resolvers = append(resolvers, resolve)
}

// AddKeeper adds a way to make the task called id of its Files, as a run kept
// them in the folder source; make says whether the task is one of its kind.
func AddKeeper(make func(id, source string, files map[string][]byte) (Task, bool, error)) {
	mu.Lock()
	defer mu.Unlock()
	keepers = append(keepers, make)
}

// Kept makes the task called id of the Files that a run kept in the folder
// source, whatever the originals are by now.
func Kept(id, source string, files map[string][]byte) (Task, error) {
	mu.RLock()
	asked := keepers
	mu.RUnlock()
	for _, make := range asked {
		if t, ok, err := make(id, source, files); ok || err != nil {
			return t, err
		}
	}
	return Task{}, fmt.Errorf("%s: no package of this program makes %q of its files; import demorl/env/mujoco/taskfile", source, id)
}

// UnknownTaskError is returned for a name that no task has.
type UnknownTaskError struct {
	Name    string
	Nearest []string // the closest known names, best first
}

func (e *UnknownTaskError) Error() string {
	msg := fmt.Sprintf("unknown environment %q", e.Name)
	if len(e.Nearest) > 0 {
		msg += "; did you mean " + strings.Join(e.Nearest, ", ") + "?"
	}
	return msg + " (see `demorl env list`)"
}

// MissingError is returned for a task whose simulator is not installed.
type MissingError struct{ ID, Needs string }

func (e *MissingError) Error() string { return fmt.Sprintf("%s needs %s", e.ID, e.Needs) }

// Lookup finds a task by id or alias, without regard to case, or else asks the
// resolvers.
func Lookup(name string) (Task, error) {
	mu.RLock()
	id, ok := aliases[strings.ToLower(name)]
	t, asked := tasks[id], resolvers
	mu.RUnlock()
	if ok {
		return t, nil
	}
	for _, resolve := range asked { // without the lock: a resolver may look names up itself
		if t, ok, err := resolve(name); ok || err != nil {
			return t, err
		}
	}
	mu.RLock()
	defer mu.RUnlock()
	return Task{}, &UnknownTaskError{Name: name, Nearest: nearest(name)}
}

// Make returns a new bare instance of the named task.
func Make(name string) (Env, error) {
	t, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	return t.New()
}

// New is Make with the check that the task can run here, else a *MissingError.
func (t Task) New() (Env, error) {
	if t.Needs != nil {
		if needs := t.Needs(); needs != "" {
			return nil, &MissingError{ID: t.ID, Needs: needs}
		}
	}
	return t.Make()
}

// Tasks returns all tasks sorted by id.
func Tasks() []Task {
	mu.RLock()
	defer mu.RUnlock()
	all := make([]Task, 0, len(tasks))
	for _, t := range tasks {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Task) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// nearest returns up to three known names by edit distance. mu is held.
func nearest(name string) []string {
	type scored struct {
		name string
		d    int
	}
	var all []scored
	for id, t := range tasks {
		for _, n := range append([]string{id}, t.Aliases...) {
			all = append(all, scored{n, EditDistance(strings.ToLower(name), strings.ToLower(n))})
		}
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].d < all[j].d || all[i].d == all[j].d && all[i].name < all[j].name
	})
	var out []string
	for _, s := range all {
		if len(out) == 3 || s.d > max(3, len(name)/2) {
			break
		}
		out = append(out, s.name)
	}
	return out
}

// EditDistance is the Levenshtein distance of a and b in bytes.
func EditDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
