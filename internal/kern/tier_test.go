package kern

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestGenericIsAlwaysATierAndTheBestOneIsTheDefault(t *testing.T) {
	tiers := Tiers()
	if tiers[0] != "generic" || !slices.Contains(tiers, Tier()) {
		t.Errorf("tiers %v, in use %s", tiers, Tier())
	}
	if os.Getenv(EnvVariable) == "" && Tier() != tiers[len(tiers)-1] {
		t.Errorf("%s is in use, the best is %s", Tier(), tiers[len(tiers)-1])
	}
}

func TestSetTierRefusesAnUnknownTierAndNamesTheOthers(t *testing.T) {
	was := Tier()
	err := SetTier("neon")
	if err == nil || !strings.Contains(err.Error(), `"neon"`) || !strings.Contains(err.Error(), strings.Join(Tiers(), ", ")) {
		t.Errorf("error is %v", err)
	}
	if Tier() != was {
		t.Errorf("the tier changed to %s", Tier())
	}
}

// The environment is read once at start, so that each value needs a process.
func TestEnvironmentSelectsTheTierAndAWrongValueKeepsTheBest(t *testing.T) {
	if value, child := os.LookupEnv("KERN_TEST_WANT"); child {
		if Tier() != value || (EnvError() != nil) != (os.Getenv(EnvVariable) == "nonsense") {
			t.Errorf("tier %s, error %v", Tier(), EnvError())
		}
		return
	}
	best := Tiers()[len(Tiers())-1]
	for _, c := range [][2]string{{"generic", "generic"}, {"nonsense", best}, {"", best}} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestEnvironmentSelects")
		cmd.Env = append(os.Environ(), EnvVariable+"="+c[0], "KERN_TEST_WANT="+c[1])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s=%s: %v\n%s", EnvVariable, c[0], err, out)
		}
	}
}
