package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"demorl/env"
	"demorl/internal/words"
	"demorl/rng"
)

// LineError is a line that does not keep to the protocol. The program exits
// with code 2 on it.
type LineError struct {
	Line int // counted from 1
	Want string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Want) }

// maxLine is the longest line accepted, in bytes.
const maxLine = 16 << 20

// Replay reads one object a line. {"seed":N} resets the task from that seed;
// an object with "action" makes one step; any other object is a state for the
// task's env.Injector. Each is answered by one line. Actions are in the task's
// own units, neither scaled nor clipped; give a task without wrappers, since
// there is no time limit here and stepping goes on after a termination. Empty
// lines are skipped. A wrong line is returned as a *LineError, a failure of
// the simulator as another error; what was answered before has been written.
// All answers have been written whenever more of in is waited for, so a peer
// may wait for each before it gives the next line.
func Replay(e env.Env, in io.Reader, out io.Writer) (err error) {
	w := bufio.NewWriter(out)
	defer func() { err = errors.Join(err, w.Flush()) }()
	spec := e.Spec()
	p := player{env: e, spec: spec, obs: make([]float64, spec.ObsDim)}
	lines := bufio.NewScanner(&flusher{in, w})
	lines.Buffer(nil, maxLine)
	for n := 1; ; n++ {
		if !lines.Scan() {
			if errors.Is(lines.Err(), bufio.ErrTooLong) {
				return &LineError{n, fmt.Sprintf("longer than %d bytes; give one object a line", maxLine)}
			}
			return lines.Err()
		}
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := p.play(n, line); err != nil {
			return err
		}
		if _, err := w.Write(p.answer); err != nil {
			return err
		}
	}
}

// flusher writes all answers before it waits for more lines.
type flusher struct {
	in  io.Reader
	out *bufio.Writer
}

func (f *flusher) Read(p []byte) (int, error) {
	if err := f.out.Flush(); err != nil {
		return 0, err
	}
	return f.in.Read(p)
}

// player is one task in play.
type player struct {
	env    env.Env
	spec   env.Spec
	placed bool // a state or a seed has been given
	obs    []float64
	answer []byte
}

// play obeys one line and leaves its answer in p.answer.
func (p *player) play(n int, line []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		return &LineError{n, fmt.Sprintf("not a JSON object (%v); give %s", err, p.expected())}
	}
	var outcome *env.Outcome
	var err error
	if raw, ok := object["action"]; ok {
		outcome, err = p.step(n, raw, len(object))
	} else if raw, ok := object["seed"]; ok {
		err = p.seed(n, raw, len(object))
	} else {
		err = p.inject(n, object)
	}
	if err != nil {
		return err
	}
	return p.print(n, outcome)
}

// expected says what a line may be.
func (p *player) expected() string {
	state := `{"qpos":[...],"qvel":[...]} or {"state":[...]} as the task has it, `
	if _, ok := env.Power[env.Injector](p.env); !ok {
		state = ""
	}
	return fmt.Sprintf(`%s{"seed":N} or {"action":[%s]}`, state, words.Count(p.spec.ActDim, "number"))
}

func (p *player) step(n int, raw json.RawMessage, keys int) (*env.Outcome, error) {
	action, err := numbers(raw)
	if keys != 1 || err != nil || len(action) != p.spec.ActDim {
		return nil, &LineError{n, fmt.Sprintf(`give {"action":[...]} with exactly %s and no other key`, words.Count(p.spec.ActDim, "number"))}
	}
	if !p.placed {
		return nil, &LineError{n, "an action before any state; give " + p.expected() + " in this order"}
	}
	outcome, err := p.env.Step(action, p.obs)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", n, err)
	}
	return &outcome, nil
}

func (p *player) seed(n int, raw json.RawMessage, keys int) error {
	seed, err := strconv.ParseUint(string(raw), 10, 64)
	if keys != 1 || err != nil {
		return &LineError{n, `give {"seed":N} with a whole number from 0 to 18446744073709551615 and no other key`}
	}
	if err := p.env.Reset(rng.NewStream(rng.Root(seed)), p.obs); err != nil {
		return fmt.Errorf("line %d: %w", n, err)
	}
	p.placed = true
	return nil
}

func (p *player) inject(n int, object map[string]json.RawMessage) error {
	injector, ok := env.Power[env.Injector](p.env)
	if !ok || len(object) == 0 {
		return &LineError{n, "give " + p.expected()}
	}
	fields := make(map[string][]float64, len(object))
	for name, raw := range object {
		x, err := numbers(raw)
		if err != nil {
			return &LineError{n, fmt.Sprintf("%q: %v; give a list of numbers", name, err)}
		}
		fields[name] = x
	}
	if err := injector.Inject(fields, p.obs); err != nil {
		return &LineError{n, err.Error()}
	}
	p.placed = true
	return nil
}

// numbers reads a list of numbers, or one number as a list of one; null is not a number.
func numbers(raw json.RawMessage) ([]float64, error) {
	var pointers []*float64
	if len(raw) > 0 && raw[0] != '[' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	if err := json.Unmarshal(raw, &pointers); err != nil {
		return nil, err
	}
	x := make([]float64, len(pointers))
	for i, p := range pointers {
		if p == nil {
			return nil, errors.New("null is not a number")
		}
		x[i] = *p
	}
	return x, nil
}

// print writes the answer; JSON has no numbers that are not finite.
func (p *player) print(n int, outcome *env.Outcome) error {
	b := append(p.answer[:0], `{"obs":[`...)
	for i, x := range p.obs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("line %d: observation %d of %s is %g, which JSON cannot hold", n, i, p.spec.ID, x)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = number(b, x)
	}
	b = append(b, ']')
	if outcome != nil {
		if math.IsNaN(outcome.Reward) || math.IsInf(outcome.Reward, 0) {
			return fmt.Errorf("line %d: the reward of %s is %g, which JSON cannot hold", n, p.spec.ID, outcome.Reward)
		}
		b = number(append(b, `,"reward":`...), outcome.Reward)
		b = strconv.AppendBool(append(b, `,"terminated":`...), outcome.Terminated)
		b = strconv.AppendBool(append(b, `,"truncated":`...), outcome.Truncated)
	}
	p.answer = append(b, "}\n"...)
	return nil
}

// number appends the shortest text that reads back as x, the sign of a zero included.
func number(b []byte, x float64) []byte { return strconv.AppendFloat(b, x, 'g', -1, 64) }
