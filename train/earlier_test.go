package train

import (
	"reflect"
	"regexp"
	"testing"

	"demorl/agent"
	_ "demorl/env/classic"
	"demorl/settings"
)

// TestSettingsThatEarlierRunsDoNotNameMeanWhatTheyDid takes the lines of later
// versions out of stored settings and reads what is left.
func TestSettingsThatEarlierRunsDoNotNameMeanWhatTheyDid(t *testing.T) {
	for _, a := range agent.Algorithms {
		s, err := Default("classic/pendulum", a.Name, "lite")
		if err != nil {
			t.Fatal(err)
		}
		text, err := settings.Encode(&s, nil)
		if err != nil {
			t.Fatal(err)
		}
		later := regexp.MustCompile(`(?m)^ *(distribution|rate|ar|knots|knot_order|score|score_k|score_q|disagreement|measure|stop_at_terminal|noise_redraw|warmup_range|reward_scale|initial_std|policy_average|action_range|action_repeat):.*\n`)
		if a.Planner != nil && len(later.FindAll(text, -1)) < 12 {
			t.Fatalf("%s: the settings of later versions are not all stored", a.Name)
		}
		// The optimisers' rates are called rate too, and stay.
		kept := later.ReplaceAllFunc(text, func(line []byte) []byte {
			if regexp.MustCompile(`^ *rate: *[0-9]`).Match(line) {
				return line
			}
			return nil
		})
		read := Stored()
		if _, err := settings.Decode(&read, settings.YAML("run.yaml", kept)); err != nil {
			t.Fatal(err)
		}
		s.Agent.Planner.Horizon = 0 // follows from horizon and is not stored
		if !reflect.DeepEqual(read, s) {
			t.Errorf("%s: read the planner\n%+v, stored\n%+v", a.Name, read.Agent.Planner, s.Agent.Planner)
		}
	}
}
