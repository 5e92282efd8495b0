package gymnasium

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// kept is how much of what a process prints is remembered, in bytes.
const kept = 64 << 10

// tail remembers the last that a process printed, on standard output and
// standard error alike.
type tail struct {
	mu   sync.Mutex
	data []byte
	show bool // also on this program's standard error
}

// newTail returns an empty tail; DEMORL_PYTHON_OUTPUT=1 shows everything at once.
func newTail() *tail { return &tail{show: os.Getenv("DEMORL_PYTHON_OUTPUT") == "1"} }

// Write takes everything.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.show {
		os.Stderr.Write(p)
	}
	t.data = append(t.data, p...)
	if extra := len(t.data) - kept; extra > kept {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(p), nil
}

// shown is how many of the last lines an error carries: enough for the stacks
// that a crash leaves.
const shown = 60

// String is the last lines that were printed.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.SplitAfter(string(t.data[max(0, len(t.data)-kept):]), "\n")
	return strings.Join(lines[max(0, len(lines)-shown):], "")
}

// lastLine is the last line of text that is not empty.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// dumped is the first frame in a stack that Python's faulthandler wrote.
var dumped = regexp.MustCompile(`most recent call first\):\n\s*File "(.*)", line (\d+) in (\S+)`)

// place says where the process was when it wrote its last stack, or "".
func place(output string) string {
	all := dumped.FindAllStringSubmatch(output, -1)
	if len(all) == 0 {
		return ""
	}
	last := all[len(all)-1]
	return last[1] + " line " + last[2] + ", in " + last[3]
}
