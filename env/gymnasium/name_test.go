package gymnasium

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestNamesAreReadAndWrittenBack(t *testing.T) {
	for text, want := range map[string]string{
		"Reacher-v5":                    "gymnasium:Reacher-v5",
		"gymnasium:ns/My-Robot-v0":      "gymnasium:ns/My-Robot-v0",
		"gymnasium:pkg.mod:Reach":       "gymnasium:pkg.mod:Reach",
		"gymnasium:A-v0?b=2&a=1":        "gymnasium:A-v0?a=1&b=2",
		"gymnasium:A-v0?a=50%25%20%26x": "gymnasium:A-v0?a=50%25%20%26x",
		"gymnasium:A-v0?a=[1,2]#python=/x y/bin/python&step_timeout=60s":      "gymnasium:A-v0?a=[1,2]#python=/x%20y/bin/python",
		"gymnasium:A-v0#terminates=false&start_timeout=1m0s&step_timeout=90s": "gymnasium:A-v0#start_timeout=1m0s&step_timeout=1m30s&terminates=false",
	} {
		n, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if n.String() != want {
			t.Errorf("%s is written %s, want %s", text, n, want)
		}
		again, err := Parse(n.String())
		if err != nil || again.String() != want {
			t.Errorf("%s reads back as %s, %v", want, again, err)
		}
	}
	n, _ := Parse("gymnasium:m:E?k=%23%3F#python=/p&folder=/f&step_timeout=2s&start_timeout=3s&terminates=false")
	if n.Module != "m" || n.Env != "E" || n.Arguments["k"] != "#?" || n.Python != "/p" || n.Folder != "/f" || n.Step != 2*time.Second || n.Start != 3*time.Second || !n.Endless {
		t.Errorf("read as %+v", n)
	}
	if n.Short() != "gymnasium:m:E?k=%23%3F" {
		t.Errorf("short name %s", n.Short())
	}
}

func TestWrongNamesNameTheirFault(t *testing.T) {
	for text, want := range map[string]string{
		"gymnasium:":                       `"" is no environment's id`,
		"gymnasium:a b":                    `"a b" is no environment's id`,
		"gymnasium:my/file.py:Reach":       `"my/file.py" is no Python module`,
		"gymnasium:A-v0?a":                 `"a" is no KEY=VALUE`,
		"gymnasium:A-v0?a=1&a=2":           "a is given twice",
		"gymnasium:A-v0?2a=1":              `"2a" is no argument's name`,
		"gymnasium:A-v0?a=5%":              "%25 for the sign itself",
		"gymnasium:A-v0#pyton=x":           `no option is called "pyton"`,
		"gymnasium:A-v0#step_timeout=5":    "step_timeout=5 is no time such as 30s",
		"gymnasium:A-v0#start_timeout=-1s": "start_timeout=-1s is no time",
		"gymnasium:A-v0#terminates=maybe":  "want true or false",
	} {
		_, err := Parse(text)
		var wrong *NameError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestArgumentsAreJSONOrText(t *testing.T) {
	n, err := Parse(`gymnasium:A-v0?a=1.5&b=True&c=None&d=slow&e="1"&f=[1,"x"]&g=-1e3&h=false&i=1_0`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "1.5", "b": "true", "c": "null", "d": `"slow"`, "e": `"1"`, "f": `[1,"x"]`, "g": "-1e3", "h": "false", "i": `"1_0"`}
	got := n.arguments()
	for key, value := range want {
		if string(got[key]) != value {
			t.Errorf("%s is %s, want %s", key, got[key], value)
		}
	}
}

func TestOnlyNamesLikeGymnasiumsAreLookedUpWithoutThePrefix(t *testing.T) {
	for name, want := range map[string]bool{
		"Reacher-v5": true, "ALE/Pong-v5": true, "my.mod:Robot-v0": true, "Pendulum-v1?g=9": true, "Pendulum-v1#terminates=false": true,
		"classic/pendulm": false, "leg2r/elipse": false, "gym/hopper:v4": false, "task.yaml": false, "Reacher": false,
	} {
		if plain.MatchString(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestTheInterpreterIsTheOneGivenElseTheVirtualEnvironmentsElseOnPath(t *testing.T) {
	venv, path := t.TempDir(), t.TempDir()
	program(t, venv+"/bin/python", "exit 0")
	program(t, path+"/python3", "exit 0")
	t.Setenv("PATH", path)
	t.Setenv("VIRTUAL_ENV", venv)
	for given, want := range map[string]string{"": venv + "/bin/python", "python3": path + "/python3", path + "/python3": path + "/python3"} {
		if got, err := interpreter(given); got != want || err != nil {
			t.Errorf("%q: %s, %v", given, got, err)
		}
	}
	t.Setenv("VIRTUAL_ENV", path)
	if _, err := interpreter(""); err == nil || !strings.Contains(err.Error(), "which has no bin/python") {
		t.Errorf("a broken virtual environment: %v", err)
	}
	t.Setenv("VIRTUAL_ENV", "")
	if got, err := interpreter(""); got != path+"/python3" || err != nil {
		t.Errorf("without a virtual environment: %s, %v", got, err)
	}
	t.Setenv("PATH", venv)
	if _, err := interpreter(""); err == nil || !strings.Contains(err.Error(), "no python3 is on PATH") {
		t.Errorf("without any: %v", err)
	}
}
