package gymnasium

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"demorl/rng"
)

// asParent makes the test binary open the environment that it names, print its
// process's number, make steps, and wait.
const asParent = "DEMORL_GYMNASIUM_PARENT"

func TestMain(m *testing.M) {
	if name := os.Getenv(asParent); name != "" {
		beParent(name)
	}
	os.Exit(m.Run())
}

func beParent(name string) {
	n, err := Parse(name)
	if err != nil {
		panic(err)
	}
	e, err := Open(n)
	if err != nil {
		panic(err)
	}
	fmt.Println(e.(*Env).child.command.Process.Pid)
	obs, action := make([]float64, e.Spec().ObsDim), make([]float64, e.Spec().ActDim)
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		panic(err)
	}
	for range 3 {
		e.Step(action, obs)
	}
	time.Sleep(time.Hour)
}

// processOf is the process of an environment.
func processOf(e any) *child {
	switch e := e.(type) {
	case *saving:
		return e.child
	case *Env:
		return e.child
	}
	panic("no environment of this package")
}

// state is the letter that the kernel has for a process, "" for none.
func state(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	return strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))[0]
}

// ticks is the processor time that a process has used, in hundredths of a second.
func ticks(t *testing.T, pid int) (n int) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	for _, f := range fields[11:13] {
		used, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		n += used
	}
	return n
}

// descriptors counts this process's open files.
func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestClosingLeavesNoProcessNoDescriptorAndNoMapping(t *testing.T) {
	mapped := func() int {
		maps, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(maps), "demorl-gymnasium")
	}
	e, obs, _ := open(t, "toys:Toy") // the first one lets the runtime open what it keeps
	e.Close()
	before := descriptors(t)
	for _, name := range []string{"toys:Toy", "toys:Toy?fault=kill", "toys:Toy?fault=reset"} {
		e, _, action := open(t, name)
		pid := processOf(e).command.Process.Pid
		if mapped() != 1 {
			t.Errorf("%s: %d mappings while it is open", name, mapped())
		}
		e.Reset(rng.NewStream(rng.Root(1)), obs)
		for range 4 {
			e.Step(action, obs)
		}
		if err := errors.Join(e.Close(), e.Close()); err != nil {
			t.Error(err)
		}
		if s := state(pid); s != "" {
			t.Errorf("%s: its process is still there (%s)", name, s)
		}
		if _, err := e.Step(action, obs); err == nil {
			t.Errorf("%s: a closed instance makes steps", name)
		}
	}
	if after := descriptors(t); after != before || mapped() != 0 {
		t.Errorf("%d descriptors and %d mappings, %d and 0 before", after, mapped(), before)
	}
}

func TestAProcessEndsWithTheProgramThatStartedIt(t *testing.T) {
	for _, name := range []string{"gymnasium:toys:Toy", "gymnasium:toys:Toy?fault=hang#step_timeout=1h"} {
		n, err := Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		n.Python, n.Folder = python(t), "testdata"
		parent := exec.Command(os.Args[0])
		parent.Env = append(os.Environ(), asParent+"="+n.String())
		parent.Stderr = os.Stderr
		out, err := parent.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := parent.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		if s := state(pid); s == "" || s == "Z" {
			t.Fatalf("%s: no process to begin with", name)
		}
		time.Sleep(200 * time.Millisecond) // the third step hangs by then
		parent.Process.Signal(syscall.SIGKILL)
		parent.Wait()
		// A zombie is the init process's to reap, where there is one.
		for deadline := time.Now().Add(10 * time.Second); !slices.Contains([]string{"", "Z"}, state(pid)); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: process %d lives on (%s)", name, pid, state(pid))
			}
		}
	}
}

func TestAnIdleProcessUsesNoProcessorTime(t *testing.T) {
	e, obs, action := open(t, "toys:Toy")
	begin(t, e, 1, obs)
	play(t, e, action, obs)
	pid := processOf(e).command.Process.Pid
	before := ticks(t, pid)
	time.Sleep(time.Second)
	// A process that watched its memory would use as much as it can get, a third of a busy machine at least.
	if used := ticks(t, pid) - before; used > 15 {
		t.Errorf("%d hundredths of a second in one", used)
	}
}

func TestInstancesHaveProcessesOfTheirOwn(t *testing.T) {
	a, obs, action := open(t, "toys:Toy")
	b, other, _ := open(t, "toys:Toy")
	if processOf(a).command.Process.Pid == processOf(b).command.Process.Pid {
		t.Fatal("one process for two instances")
	}
	begin(t, a, 1, obs)
	begin(t, b, 1, other)
	first := play(t, a, action, obs)
	for range 3 {
		action[0] = 1
		play(t, b, action, other)
	}
	action[0] = 0
	if second := play(t, a, action, obs); first.Obs[0] != second.Obs[0] {
		t.Error("one instance's steps move the other")
	}
}

func TestAProcessThatIsStoppedTakesNoStateForLong(t *testing.T) {
	e, obs, _ := open(t, "toys:Remembers")
	begin(t, e, 1, obs)
	c := processOf(e)
	c.signal(syscall.SIGSTOP)
	began := time.Now()
	_, err := c.call("restore", commandRestore, 8<<20, make([]byte, 8<<20), time.Second)
	var failed *ProcessError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "no answer within 1s") || time.Since(began) > 30*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// Above the environment's own time a step may cost 60 us: the bar of the
// bridge. The median of blocks is compared, and a machine shared by others gets
// more.
func TestAStepCostsLittleAboveTheEnvironmentsOwnTime(t *testing.T) {
	bar := 60 * time.Microsecond
	if os.Getenv("CI") == "true" {
		bar *= 3
	}
	for _, name := range []string{"toys:Trivial?size=17", "toys:Trivial?size=376"} {
		e, obs, action := open(t, name)
		begin(t, e, 1, obs)
		var all []time.Duration
		for range 5000 {
			began := time.Now()
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			all = append(all, time.Since(began))
		}
		slices.Sort(all)
		t.Logf("%s: smallest %v, median %v, 9 of 10 below %v", name, all[0], all[len(all)/2], all[len(all)*9/10])
		if median := all[len(all)/2]; median > bar {
			t.Errorf("%s: a step takes %v in the median, want at most %v", name, median, bar)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"toys:Trivial?size=17", "toys:Trivial?size=376", "toys:Trivial?size=17&seconds=0.0003", "HalfCheetah-v5", "Humanoid-v5"} {
		b.Run(name, func(b *testing.B) {
			e, obs, action := open(b, name)
			begin(b, e, 1, obs)
			for b.Loop() {
				if _, err := e.Step(action, obs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "us/step")
		})
	}
}
