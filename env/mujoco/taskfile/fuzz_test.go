package taskfile

import (
	"os"
	"path/filepath"
	"testing"

	"demorl/env/mujoco"
)

const fuzzModel = `<mujoco><worldbody><body name="a"><joint name="j"/><geom size="1"/><site name="s"/></body></worldbody>
<actuator><motor name="m" joint="j" ctrlrange="-1 1" ctrllimited="true"/></actuator><sensor><jointpos name="p" joint="j"/></sensor></mujoco>`

// Whatever a file holds, reading and compiling it ends in a task or in faults
// that name it.
func FuzzAFileIsATaskOrHasFaults(f *testing.F) {
	paths, err := filepath.Glob("../../../examples/tasks/*.yaml")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no examples: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("model: m.xml\nreward: &r [{product: *r}]\nobservation: [{qpos: j, minus: [1, 2]}, {sensor: [p]}, {field: xmat, from: 3, count: 2}]\n")
	f.Add("model: m.xml\naction: {low: [-1], scale: .5}\nreset: {qpos: {normal: 1, joints: [j]}}\nobservation: [{site: s, axes: [zz]}, {sin: all}]\nreward: [{velocity: {body: a, minus: {site: s}, reduce: max}}]\n")
	f.Add("model: m.xml\nobservation: [{field: []}, {cos: }]\nreward: [{tolerance: {action: m}, bounds: [0, .inf]}]\nterminate: [{qvel: j, below: 1}]\n")
	var sim *mujoco.Sim
	if mujoco.NeedsLibrary() == "" {
		if sim, err = mujoco.LoadFiles("m.xml", map[string][]byte{"m.xml": []byte(fuzzModel)}); err != nil {
			f.Fatal(err)
		}
		f.Cleanup(sim.Close)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := &reader{source: "t.yaml"}
		file := r.read([]byte(text))
		r.checkModel(file)
		if len(r.faults) == 0 && sim != nil {
			task := r.compile(file, "t.yaml", sim)
			if len(r.faults) == 0 && len(task.spec.ObsNames) != task.spec.ObsDim {
				t.Errorf("%d names for %d entries", len(task.spec.ObsNames), task.spec.ObsDim)
			}
		}
		for _, fault := range r.faults {
			if fault.Problem == "" || fault.Source != "t.yaml" || fault.Line < 0 {
				t.Errorf("fault %+v", fault)
			}
		}
	})
}
