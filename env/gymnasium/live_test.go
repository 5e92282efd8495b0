package gymnasium

import (
	"os"
	"path/filepath"
	"testing"

	"demorl/env"
	"demorl/env/parity"
	"demorl/rng"
)

// python returns the oracles' interpreter.
func python(t testing.TB) string {
	t.Helper()
	path := os.Getenv("DEMORL_ORACLE_PYTHON")
	if path == "" {
		root, err := parity.Root()
		if err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(root, ".oracle", "bin", "python")
	}
	if !isFile(path) {
		parity.Need(t, "no Python with Gymnasium: `make oracle-env` installs it")
	}
	return path
}

// open makes an environment by name, with the oracles' interpreter and the
// modules in testdata.
func open(t testing.TB, name string) env.Env {
	t.Helper()
	e, err := tryOpen(t, name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func tryOpen(t testing.TB, name string) (env.Env, error) {
	t.Helper()
	n, err := Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	n.Python = python(t)
	if n.Module != "" && n.Folder == "" {
		n.Folder = "testdata"
	}
	e, err := Open(n)
	if err == nil {
		t.Cleanup(func() { e.Close() })
	}
	return e, err
}

func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"toys:Trivial?size=17", "toys:Trivial?size=376", "toys:Trivial?size=17&seconds=0.0003", "HalfCheetah-v5"} {
		b.Run(name, func(b *testing.B) {
			e := open(b, name)
			spec := e.Spec()
			obs, action := make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
			if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := e.Step(action, obs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "us/step")
		})
	}
}
