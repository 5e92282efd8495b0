package stoch

import (
	"strings"
	"testing"

	"demorl/env"
)

func TestEveryTaskIsRegisteredAndDescribedWithoutTheLibrary(t *testing.T) {
	t.Setenv("MUJOCO_DIR", "")
	t.Setenv("DEMORL_THIRD_PARTY", t.TempDir())
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	for name, want := range map[string]struct{ act, limit int }{
		"stoch/flat": {15, 1000}, "stoch/upslope": {15, 1000}, "stoch/downslope": {15, 1000}, "stoch/noisy": {15, 1000},
		"stoch/flat:ref": {15, 1000}, "stoch/noisy:cad": {15, 1000}, "stoch/upslope:slope5": {15, 1000}, "stoch/downslope:slope15": {15, 1000},
		"stoch/upslope:slope9": {15, 1000}, "stoch/flat:t500": {15, 500}, "stoch/downslope:a20": {20, 1000},
	} {
		task, err := env.Lookup(name)
		if err != nil {
			t.Error(err)
			continue
		}
		spec := task.Describe()
		if spec.ObsDim != 8 || len(spec.ObsNames) != 8 || spec.ActDim != want.act || len(spec.Low) != want.act || len(spec.High) != want.act ||
			spec.ID != task.ID || spec.Limit != want.limit || !spec.Terminates || spec.Dt != .01 {
			t.Errorf("%s is described as %+v", name, spec)
		}
		if needs := task.Needs(); !strings.Contains(needs, "run `") {
			t.Errorf("%s without a library needs %q", name, needs)
		}
	}
	if len(tasks) != 30 {
		t.Errorf("%d tasks in the table, want 4 with 4 variants and 2 with 5 slopes more", len(tasks))
	}
}
