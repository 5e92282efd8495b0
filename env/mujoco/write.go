package mujoco

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// written are the fields that every task's state may have.
var written = map[string]Field{
	"qpos": Qpos, "qvel": Qvel, "ctrl": Ctrl, "act": Act, "qacc_warmstart": QaccWarmstart,
	"mocap_pos": MocapPos, "mocap_quat": MocapQuat,
}

// Write starts an episode from a state written as plain numbers (env.Injector):
// Reset, then the fields; Forward, in the task's own way, must follow. qpos and
// qvel are needed; ctrl, time, act, mocap_pos, mocap_quat and qacc_warmstart
// are taken where given, and so are the task's own fields in also, such as
// "body_pos". A wrong name or number is an error before anything changes.
func (s *Sim) Write(fields map[string][]float64, also map[string]Field) error {
	for _, name := range []string{"qpos", "qvel"} {
		if _, ok := fields[name]; !ok {
			return fmt.Errorf("the state needs %q: give both qpos (%d numbers) and qvel (%d numbers)", name, len(s.Field(Qpos)), len(s.Field(Qvel)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		want := 1 // time
		if name != "time" {
			field, ok := fieldOf(name, also)
			if !ok {
				names := append([]string{"ctrl", "time", "act", "mocap_pos", "mocap_quat", "qacc_warmstart"}, slices.Sorted(maps.Keys(also))...)
				return fmt.Errorf("a state has no %q; it has qpos, qvel, and optionally %s", name, strings.Join(names, ", "))
			}
			want = len(s.Field(field))
		}
		if err := CheckVector(name, fields[name], want); err != nil {
			return err
		}
	}
	if err := s.Reset(); err != nil {
		return err
	}
	for name, x := range fields {
		if name == "time" {
			s.SetTime(x[0])
			continue
		}
		field, _ := fieldOf(name, also)
		copy(s.Field(field), x)
	}
	return nil
}

func fieldOf(name string, also map[string]Field) (Field, bool) {
	if f, ok := written[name]; ok {
		return f, true
	}
	f, ok := also[name]
	return f, ok
}
