package gymnasium

import (
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"demorl/env"
)

//go:embed child.py
var script string

const (
	// farewell is what a process gets to close its environment and end.
	farewell = 5 * time.Second
	// stackTime is what a process that hangs gets to write its stack.
	stackTime = 2 * time.Second
	// longest first message that is believed.
	longestHello = 1 << 28
)

// hello is what a process tells of the environment that it has made.
type hello struct {
	Low      []float64 `json:"low"`
	High     []float64 `json:"high"`
	Obs      int       `json:"obs"`
	Names    []string  `json:"names"`
	Limit    *int      `json:"limit"`
	Dt       float64   `json:"dt"`
	Versions string    `json:"versions"`
	Saves    bool      `json:"saves"`
	Fault    *report   `json:"fault"`
}

// child is one process with its environment.
type child struct {
	id      string
	command *exec.Cmd
	printed *tail
	exited  chan struct{} // closed when the process has been reaped
	memory  shared
	fault   error // why the process is of no use any more
	socket  int
	poll    [1]unix.PollFd
	byte    [1]byte
}

// start runs the interpreter and waits for the environment to be made.
func start(n Name) (*child, hello, error) {
	config, err := json.Marshal(map[string]any{"module": n.Module, "env": n.Env, "folder": n.Folder, "python": n.Python, "arguments": n.arguments()})
	if err != nil {
		return nil, hello{}, err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, hello{}, fmt.Errorf("gymnasium: socket: %w", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "socket")
	defer theirs.Close()
	memory, err := unix.MemfdCreate("demorl-gymnasium", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		unix.Close(pair[0])
		return nil, hello{}, fmt.Errorf("gymnasium: shared memory: %w", err)
	}
	mapped := os.NewFile(uintptr(memory), "memory")
	defer mapped.Close()

	c := &child{id: n.Short(), printed: newTail(), exited: make(chan struct{}), socket: pair[0]}
	c.poll[0] = unix.PollFd{Fd: int32(c.socket), Events: unix.POLLIN}
	c.command = exec.Command(n.Python, "-u", "-c", bootstrap, string(config))
	c.command.Stdin = strings.NewReader(script)
	c.command.Stdout, c.command.Stderr = c.printed, c.printed
	c.command.ExtraFiles = []*os.File{theirs, mapped}
	c.command.WaitDelay = time.Second // of its own children that hold its standard error
	// A group of its own keeps a terminal's Ctrl-C from it, so that the step
	// under way ends in peace.
	c.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.run(); err != nil {
		unix.Close(c.socket)
		return nil, hello{}, &env.MissingError{ID: n.Short(), Needs: errNoPython{fmt.Sprintf("%s cannot be run (%v)", n.Python, err)}.Error()}
	}
	theirs.Close()
	h, err := c.meet(n, memory)
	if err != nil {
		c.close()
		return nil, h, err
	}
	return c, h, nil
}

// bootstrap runs the script that stands on standard input, after which input
// is at its end for the environment.
const bootstrap = `import sys; exec(compile(sys.stdin.buffer.read(), "demorl's child.py", "exec"))`

// run starts the process and reaps it when it ends. The thread that starts it
// waits for it: the kernel takes that thread's end for the parent's.
func (c *child) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.command.Start()
		started <- err
		if err == nil {
			c.command.Wait() // how it ended stands in its ProcessState
			close(c.exited)
		}
	}()
	return <-started
}

// meet reads the first message and maps the memory.
func (c *child) meet(n Name, memory int) (hello, error) {
	var h hello
	deadline := time.Now().Add(n.Start)
	var head [8]byte
	if err := c.read(head[:], deadline, "start", n.Start); err != nil {
		return h, err
	}
	size := binary.NativeEndian.Uint64(head[:])
	if size > longestHello {
		return h, c.broken("start", fmt.Sprintf("its first message is %d bytes long", size))
	}
	text := make([]byte, size)
	if err := c.read(text, deadline, "start", n.Start); err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, c.broken("start", fmt.Sprintf("its first message cannot be read: %v", err))
	}
	if h.Fault != nil {
		switch r := *h.Fault; r.Kind {
		case "missing":
			return h, &env.MissingError{ID: c.id, Needs: r.Text}
		case "refused", "unknown":
			return h, &RefusedError{ID: c.id, Why: r.Text, Nearest: r.Nearest, unknown: r.Kind == "unknown"}
		default:
			return h, &ProcessError{ID: c.id, Doing: "start", What: r.line(), Output: c.printed.String() + r.Traceback}
		}
	}
	// A sealed file cannot shrink under the mapping.
	if _, err := unix.FcntlInt(uintptr(memory), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		return h, c.broken("start", fmt.Sprintf("the shared memory cannot be sealed: %v", err))
	}
	want := sharedSize(len(h.Low), h.Obs)
	bytes, err := unix.Mmap(memory, 0, want, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return h, c.broken("start", fmt.Sprintf("the shared memory cannot be mapped: %v", err))
	}
	c.memory = share(bytes, len(h.Low), h.Obs)
	return h, nil
}

// call makes one request and waits for its answer. extra follows the request on
// the socket; what follows the answer is returned. An exception of the
// environment's is returned and leaves the process usable.
func (c *child) call(doing string, command, argument uint64, extra []byte, limit time.Duration) ([]byte, error) {
	if c.fault != nil {
		return nil, c.fault
	}
	w := c.memory.words
	w[wordCommand], w[wordArgument] = command, argument
	deadline := time.Now().Add(limit)
	if err := c.send(c.byte[:], deadline, doing, limit); err != nil {
		return nil, err
	}
	if err := c.send(extra, deadline, doing, limit); err != nil {
		return nil, err
	}
	if err := c.read(c.byte[:], deadline, doing, limit); err != nil {
		return nil, err
	}
	if w[wordStatus] == 0 && w[wordLength] == 0 {
		return nil, nil
	}
	payload := make([]byte, w[wordLength])
	if err := c.read(payload, time.Now().Add(limit), doing, limit); err != nil {
		return nil, err
	}
	if w[wordStatus] == 0 {
		return payload, nil
	}
	var r report
	if err := json.Unmarshal(payload, &r); err != nil {
		return nil, c.broken(doing, fmt.Sprintf("its answer cannot be read: %v", err))
	}
	return nil, &ProcessError{ID: c.id, Doing: doing, What: r.line(), Output: r.Traceback}
}

// send writes all of data to the socket before the deadline, which was set to be
// limit away: a process that is stopped takes no more than the socket holds.
func (c *child) send(data []byte, deadline time.Time, doing string, limit time.Duration) error {
	for len(data) > 0 {
		n, err := unix.SendmsgN(c.socket, data, nil, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN):
			left := time.Until(deadline)
			if left <= 0 {
				return c.hung(doing, limit)
			}
			room := []unix.PollFd{{Fd: int32(c.socket), Events: unix.POLLOUT}}
			if _, err := unix.Poll(room, int((left+time.Millisecond-1)/time.Millisecond)); err != nil && !errors.Is(err, unix.EINTR) {
				return c.broken(doing, fmt.Sprintf("its socket failed: %v", err))
			}
		case err != nil && !errors.Is(err, unix.EINTR):
			return c.died(doing)
		}
		data = data[max(0, n):]
	}
	return nil
}

// read fills dst from the socket before the deadline, which was set to be limit
// away.
func (c *child) read(dst []byte, deadline time.Time, doing string, limit time.Duration) error {
	for len(dst) > 0 {
		left := time.Until(deadline)
		ready, err := unix.Poll(c.poll[:], int(max(0, left+time.Millisecond-1)/time.Millisecond))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return c.broken(doing, fmt.Sprintf("its socket failed: %v", err))
		case ready == 0 && left <= 0:
			return c.hung(doing, limit)
		case ready == 0:
			continue
		}
		n, err := unix.Read(c.socket, dst)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return c.died(doing)
		}
		dst = dst[n:]
	}
	return nil
}

// died says how the process ended that closed its socket.
func (c *child) died(doing string) error {
	select {
	case <-c.exited:
	case <-time.After(farewell):
	}
	c.kill()
	what := "its Python process closed the connection"
	if state := c.command.ProcessState; state != nil {
		what = "its Python process ended (" + state.String() + ")"
	}
	output := c.printed.String()
	if where := place(output); where != "" {
		what += " at " + where
	} else if last := lastLine(output); last != "" {
		what += "; its last words: " + last
	}
	return c.fail(doing, what, output)
}

// hung ends a process that has not answered in time and says where it was.
func (c *child) hung(doing string, limit time.Duration) error {
	c.signal(unix.SIGUSR1) // child.py lets faulthandler write the stack
	for begin := time.Now(); place(c.printed.String()) == "" && time.Since(begin) < stackTime; {
		time.Sleep(10 * time.Millisecond)
	}
	c.kill()
	option := "step_timeout"
	if doing == "start" || doing == "reset" {
		option = "start_timeout"
	}
	what := fmt.Sprintf("no answer within %v", limit)
	output := c.printed.String()
	if where := place(output); where != "" {
		what += " (it was at " + where + ")"
	}
	return c.fail(doing, fmt.Sprintf("%s, so its process was ended; %s=TIME behind # in its name allows more", what, option), output)
}

// broken ends a process that does not keep to the protocol.
func (c *child) broken(doing, what string) error {
	c.kill()
	return c.fail(doing, what, c.printed.String())
}

// fail remembers why the process is of no use any more.
func (c *child) fail(doing, what, output string) error {
	c.fault = &ProcessError{ID: c.id, Doing: doing, What: what, Output: output}
	return c.fault
}

// signal sends a signal to the process.
func (c *child) signal(s syscall.Signal) {
	select {
	case <-c.exited: // its number may be another's by now
	default:
		unix.Kill(c.command.Process.Pid, s)
	}
}

// kill ends the process and those that it started, and reaps it.
func (c *child) kill() {
	unix.Kill(-c.command.Process.Pid, unix.SIGKILL)
	<-c.exited
}

// close lets the environment close itself, ends the process and frees the
// memory. It may be called twice.
func (c *child) close() error {
	if c.socket < 0 {
		return nil
	}
	unix.Close(c.socket)
	c.socket = -1
	select {
	case <-c.exited:
	case <-time.After(farewell):
		c.kill()
	}
	if c.fault == nil {
		c.fault = &ProcessError{ID: c.id, Doing: "step", What: "the instance is closed"}
	}
	if c.memory.bytes == nil {
		return nil
	}
	bytes := c.memory.bytes
	c.memory = shared{}
	return unix.Munmap(bytes)
}
