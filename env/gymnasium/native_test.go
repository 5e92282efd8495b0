//go:build mujoco && cgo && linux

package gymnasium

import (
	"math"
	"slices"
	"testing"

	"demorl/env"
	"demorl/env/parity"

	// Registers HalfCheetah-v5, which is stepped inside this program.
	_ "demorl/env/mujoco/gymtasks"
)

// The original in its process and the native task are put in equal states and
// stepped with equal actions. The reward may differ by float32's rounding: the
// original's action is float32 here, and so is its control cost (environments.md
// 0.4).
func TestHalfCheetahInItsProcessIsTheNativeOneBitForBit(t *testing.T) {
	path := python(t)
	t.Setenv("DEMORL_ORACLE_PYTHON", path)
	if err := parity.Find("gym_parity.py").UseOraclesFiles("gym/halfcheetah"); err != nil {
		parity.Need(t, err.Error())
	}
	// Without arguments it is the task that the settings tables name.
	for name, want := range map[string]string{"HalfCheetah-v5": "HalfCheetah", "HalfCheetah-v5?frame_skip=4": ""} {
		if task, err := env.Lookup(Prefix + name + "#python=" + path); err != nil || task.Published != want {
			t.Errorf("%s has the settings of %q, want %q (%v)", name, task.Published, want, err)
		}
	}
	defer Release()
	native, err := env.Make("HalfCheetah-v5")
	if err != nil {
		t.Fatal(err)
	}
	defer native.Close()
	const nq = 9
	e, obs, _ := open(t, "HalfCheetah-v5?exclude_current_positions_from_observation=False")
	mine, action := make([]float64, native.Spec().ObsDim), make([]float64, native.Spec().ActDim)
	inject, _ := env.Power[env.Injector](native)
	for episode := range uint64(5) {
		begin(t, e, episode, obs)
		state := map[string][]float64{"qpos": slices.Clone(obs[:nq]), "qvel": slices.Clone(obs[nq:])}
		if err := inject.Inject(state, mine); err != nil {
			t.Fatal(err)
		}
		for i, a := range randomActions(native.Spec(), episode, 100) {
			for j := range a {
				action[j] = float64(float32(a[j])) // the original's actions are float32
			}
			theirs := play(t, e, action, obs)
			out, err := native.Step(action, mine)
			if err != nil {
				t.Fatal(err)
			}
			theirs.Obs = theirs.Obs[1:] // without the position along the way
			theirReward := theirs.Reward
			theirs.Reward = out.Reward
			if !same(theirs, record{mine, out.Reward, out.Terminated, out.Truncated}) || math.Abs(theirReward-out.Reward) > 1e-7 {
				t.Fatalf("episode %d, step %d: %v and %v, rewards %v and %v", episode, i, theirs.Obs, mine, theirReward, out.Reward)
			}
		}
	}
}
