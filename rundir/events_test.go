package rundir

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"demorl/internal/vfs"
)

func TestEventFileHasTheBytesOfTensorBoardsOwnWriter(t *testing.T) {
	want, err := os.ReadFile("testdata/events.golden") // by oracle/tensorboard_golden.py
	if err != nil {
		t.Fatal(err)
	}
	d := newRun(t, vfs.OS())
	e, err := d.OpenEvents(EventsAt{Time: noon, Host: "host", PID: 42, Step: 3000})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		e.Write(3001, noon, map[string]float64{"train/return": -1234.5, "sac/q_mean": 0.1, "zero": 0}),
		e.Write(300000, noon, map[string]float64{"plan/nonfinite": math.Inf(1), "long/" + strings.Repeat("x", 200): 1e-40}),
		e.Sync(), e.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	have, _ := os.ReadFile(e.Path())
	if !bytes.Equal(have, want) {
		t.Errorf("have\n%q\nwant\n%q", have, want)
	}
	if name := filepath.Base(e.Path()); name != "events.out.tfevents.1795348800.host.42.0" {
		t.Errorf("name %s", name)
	}
}

func TestEveryEventIsAWholeRecordAndSessionsGetFilesOfTheirOwn(t *testing.T) {
	d := newRun(t, vfs.OS())
	var paths []string
	for i := range 3 {
		e, err := d.OpenEvents(EventsAt{Time: noon, Step: uint64(i * 1000)})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Write(uint64(i*1000+1), noon, map[string]float64{"a": 1}); err != nil {
			t.Fatal(err)
		}
		e.Close()
		paths = append(paths, e.Path())
		data, _ := os.ReadFile(e.Path())
		records := splitRecords(t, data)
		want := 3
		if i == 0 {
			want = 2 // a new run has no session start
		}
		if len(records) != want || !bytes.Contains(records[0], []byte("brain.Event:2")) {
			t.Errorf("session %d: %q", i, records)
		}
	}
	if paths[0] == paths[1] || paths[1] == paths[2] {
		t.Errorf("one name for two sessions: %v", paths)
	}
}

// splitRecords takes TFRecord framing apart, with a checksum written from its
// definition: bit by bit, reflected polynomial 0x82f63b78.
func splitRecords(t *testing.T, data []byte) [][]byte {
	t.Helper()
	masked := func(b []byte) uint32 {
		c := ^uint32(0)
		for _, x := range b {
			c ^= uint32(x)
			for range 8 {
				c = c>>1 ^ 0x82f63b78*(c&1)
			}
		}
		c = ^c
		return (c>>15 | c<<17) + 0xa282ead8
	}
	var list [][]byte
	for len(data) > 0 {
		n := binary.LittleEndian.Uint64(data)
		if masked(data[:8]) != binary.LittleEndian.Uint32(data[8:]) || masked(data[12:12+n]) != binary.LittleEndian.Uint32(data[12+n:]) {
			t.Fatalf("record %d: a checksum does not match", len(list))
		}
		list = append(list, data[12:12+n])
		data = data[16+n:]
	}
	return list
}

// TestTensorBoardsReaderDropsWhatAResumedRunRepeats runs the real reader where
// the environment variable DEMORL_TENSORBOARD_PYTHON names a Python that has it.
func TestTensorBoardsReaderDropsWhatAResumedRunRepeats(t *testing.T) {
	python := os.Getenv("DEMORL_TENSORBOARD_PYTHON")
	if python == "" {
		t.Skip("the golden file stands for TensorBoard; `make oracle` sets DEMORL_TENSORBOARD_PYTHON to run its reader")
	}
	d := newRun(t, vfs.OS())
	for i, start := range []uint64{0, 2000} {
		e, err := d.OpenEvents(EventsAt{Time: noon.Add(time.Duration(i) * time.Hour), Step: start})
		if err != nil {
			t.Fatal(err)
		}
		for step := start + 1000; step <= 3000; step += 1000 {
			if err := e.Write(step, noon, map[string]float64{"train/return": float64(step) + float64(i)}); err != nil {
				t.Fatal(err)
			}
		}
		e.Close()
	}
	out, err := exec.Command(python, "../oracle/tensorboard_read.py", filepath.Join(d.Path(), "tb")).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "train/return 1000 1000.0\ntrain/return 2000 2000.0\ntrain/return 3000 3001.0\n"
	if string(out) != want {
		t.Errorf("the reader found\n%s\nwant\n%s", out, want)
	}
}
