package main

import (
	"bytes"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An evaluation that is stopped says so in the user's words and prints no
// figures of the episodes that it had.
func TestStoppedEvaluationSaysSo(t *testing.T) {
	dir, settings := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "tiny.yaml")
	if err := os.WriteFile(settings, []byte(tiny), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, failed bytes.Buffer
	if code := run([]string{"train", "leg2r/ellipse-100hz", "--config", settings, "--steps", "300", "--out", dir}, &console{os.Stdin, &out, &failed}); code != exitDone {
		t.Fatalf("train: exit code %d: %s", code, failed.String())
	}
	// Kept here, a signal before the command listens is no end of the test.
	kept := make(chan os.Signal, 1)
	signal.Notify(kept, syscall.SIGTERM)
	defer signal.Stop(kept)
	over := make(chan int)
	out.Reset()
	failed.Reset()
	go func() {
		over <- run([]string{"eval", dir, "--episodes", "100000"}, &console{os.Stdin, &out, &failed})
	}()
	for tick := time.Tick(50 * time.Millisecond); ; {
		select {
		case <-tick:
			if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		case code := <-over:
			if text := failed.String(); code != exitFailed || out.Len() != 0 || strings.Count(text, "\n") != 1 || !strings.Contains(text, "stopped before the episodes were over") {
				t.Errorf("exit code %d, %q printed, %q said", code, out.String(), text)
			}
			return
		}
	}
}
