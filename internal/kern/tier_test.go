package kern

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
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

func TestTheBestTierIsTheArchitecturesOwn(t *testing.T) {
	defer SetTier(Tier())
	want := map[string][]string{"amd64": {"generic", "avx2", "avx512"}, "arm64": {"generic", "neon"}}[runtime.GOARCH]
	got := Tiers()
	if vectorTiers == nil || want == nil {
		want = []string{"generic"}
	}
	if runtime.GOARCH == "amd64" {
		want = want[:min(len(got), len(want))] // processors differ
	}
	if !slices.Equal(got, want) {
		t.Errorf("tiers are %v, want %v", got, want)
	}
	for _, name := range got {
		if err := SetTier(name); err != nil || Tier() != name {
			t.Errorf("after setting %s (%v) it is %s", name, err, Tier())
		}
	}
}

func TestSetTierRefusesAnUnknownTierAndNamesTheOthers(t *testing.T) {
	was := Tier()
	refused := map[string]string{"abacus": "is unknown"}
	for _, name := range tierNames {
		if !slices.Contains(Tiers(), name) {
			refused[name] = "is not on this machine"
		}
	}
	for name, reason := range refused {
		err := SetTier(name)
		if err == nil || !strings.Contains(err.Error(), strconv.Quote(name)+" "+reason) || !strings.Contains(err.Error(), strings.Join(Tiers(), ", ")) {
			t.Errorf("error is %v", err)
		}
		if Tier() != was {
			t.Errorf("the tier changed to %s", Tier())
		}
	}
}

// The environment is read once at start, so that each value needs a process; an
// emulated one needs the emulator before it.
func TestEnvironmentSelectsTheTierAndAWrongValueKeepsTheBest(t *testing.T) {
	if value, child := os.LookupEnv("KERN_TEST_WANT"); child {
		if Tier() != value || (EnvError() != nil) != (os.Getenv(EnvVariable) == "nonsense") {
			t.Errorf("tier %s, error %v", Tier(), EnvError())
		}
		return
	}
	best := Tiers()[len(Tiers())-1]
	for _, c := range [][2]string{{"generic", "generic"}, {"nonsense", best}, {"", best}} {
		command := []string{os.Args[0], "-test.run=^TestEnvironmentSelects"}
		if emulator := os.Getenv("DEMORL_TEST_EMULATOR"); emulator != "" {
			command = append([]string{emulator}, command...)
		}
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = append(os.Environ(), EnvVariable+"="+c[0], "KERN_TEST_WANT="+c[1])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s=%s: %v\n%s", EnvVariable, c[0], err, out)
		}
	}
}
