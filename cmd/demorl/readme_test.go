package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// small makes a training command of the README end in seconds.
var smallRun = strings.Fields("--threads 1 --steps 120 --set warmup=100 --set eval_every=60 --set eval_episodes=1 --set utd=1 --set sac.batch=32")

// Every command of the README works as it is printed: the program's own are
// run, with fewer steps, and make's are checked against the Makefile.
func TestTheReadmesCommandsWork(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "demorl")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir, run := t.TempDir(), 0
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(examples, filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	python := oraclePython(t)
	gymnasium := hasGymnasium(t, python)
	t.Setenv("VIRTUAL_ENV", filepath.Dir(filepath.Dir(python)))
	for _, line := range commands(string(text)) {
		words := strings.Fields(line)
		var cmd *exec.Cmd
		switch words[0] {
		case "bin/demorl":
			if strings.Contains(line, "gymnasium") && !gymnasium {
				t.Logf("not run without Gymnasium: %s", line)
				continue
			}
			args := words[1:]
			if args[0] == "train" {
				args = append(args, smallRun...)
			}
			cmd = exec.Command(program, args...)
			cmd.Dir = dir
		case "make":
			cmd = exec.Command("make", append([]string{"-n"}, words[1:]...)...)
			cmd.Dir = "../.."
		case "go": // the examples' own tests run them
			cmd = exec.Command("go", "vet", words[len(words)-1])
			cmd.Dir = "../.."
		default:
			t.Errorf("the README has a command that no test runs: %s", line)
			continue
		}
		run++
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if run < 8 {
		t.Errorf("only %d commands were found in the README", run)
	}
}

// commands returns the lines of the sh blocks of a Markdown text.
func commands(text string) []string {
	var out []string
	for i, part := range strings.Split(text, "```") {
		if body, ok := strings.CutPrefix(part, "sh\n"); ok && i%2 == 1 {
			for _, line := range strings.Split(strings.TrimSpace(body), "\n") {
				out = append(out, strings.TrimSpace(line))
			}
		}
	}
	return out
}
