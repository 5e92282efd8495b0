package gymnasium

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"demorl/env"
)

// Family is env.Task's family of every task of this package.
const Family = "gymnasium"

func init() { env.AddResolver(all.resolve) }

// all are the tasks that this process has looked up.
var all = finder{found: map[string]*found{}}

// finder finds tasks by name. To say what a task is, its environment must be
// made; the first instance of the task is then that environment.
type finder struct {
	mu    sync.Mutex
	found map[string]*found // by name as given, and by complete name
}

type found struct {
	task  env.Task
	mu    sync.Mutex
	spare env.Env // made to describe the task and not taken yet
}

// resolve is a resolver of the registry. A name without the prefix is this
// package's only if the interpreter has Gymnasium and that knows it.
func (f *finder) resolve(text string) (env.Task, bool, error) {
	explicit := strings.HasPrefix(text, Prefix)
	if !explicit && !plain.MatchString(text) {
		return env.Task{}, false, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.found[text]; ok {
		return known.task, true, nil
	}
	known, err := f.look(text)
	if err == nil {
		f.found[text] = known
		return known.task, true, nil
	}
	var missing *env.MissingError
	var refused *RefusedError
	if !explicit && (errors.As(err, &missing) || errors.As(err, &refused) && refused.unknown) {
		return env.Task{}, false, nil
	}
	return env.Task{}, false, err
}

// look makes the environment of a name and describes it.
func (f *finder) look(text string) (*found, error) {
	n, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if n, err = n.settle(); err != nil {
		return nil, missing(n, err)
	}
	if known, ok := f.found[n.String()]; ok {
		return known, nil
	}
	e, err := Open(n)
	if err != nil {
		return nil, err
	}
	spec := e.Spec()
	task := &found{spare: e}
	task.task = env.Task{
		ID: n.String(), Family: Family, Summary: "a Gymnasium environment in a Python process",
		Make:     func() (env.Env, error) { return task.instance(n) },
		Describe: func() env.Spec { return spec },
	}
	if n.Module == "" && n.Arguments == nil {
		task.task.Published = published(n.Env)
	}
	f.found[n.String()] = task
	return task, nil
}

// instance returns the spare one, or a new one.
func (t *found) instance(n Name) (env.Env, error) {
	t.mu.Lock()
	e := t.spare
	t.spare = nil
	t.mu.Unlock()
	if e != nil {
		return e, nil
	}
	return Open(n)
}

// published is the key of the settings tables under which the registry's task
// of the same Gymnasium id stands.
func published(id string) string {
	for _, t := range env.Tasks() {
		if slices.Contains(t.Aliases, id) {
			return t.Published
		}
	}
	return ""
}

// Release closes the environments that were made to describe tasks and that
// nobody has taken.
func Release() {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, t := range all.found {
		t.mu.Lock()
		if t.spare != nil {
			t.spare.Close()
			t.spare = nil
		}
		t.mu.Unlock()
	}
}
