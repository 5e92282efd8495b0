package rundir

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"demorl/internal/vfs"
)

// The state file, little-endian:
//
//	magic "DMRLSTAT", version u32, sections u32, step u64
//	a section: length of name u32, name, length of data u64, CRC32C of data u32, data
//	trailer: CRC32C of everything before it u32, magic "DMRLDONE"
const (
	stateName    = "state.bin"
	lengthsName  = "logs.json" // lengths of the logs at the checkpoint
	stateMagic   = "DMRLSTAT"
	stateEnd     = "DMRLDONE"
	stateVersion = 1
	bestName     = "best"
	tempPrefix   = ".tmp-" // being written
	oldPrefix    = ".old-" // being replaced by one of the same step
	gonePrefix   = ".gone-"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrNoCheckpoint is what ReadNewest returns where there is none.
var ErrNoCheckpoint = errors.New("no valid checkpoint")

// ErrFormat is wrapped by the error of a whole checkpoint that another version
// of the program wrote. It is not damage: nothing may be discarded for it.
var ErrFormat = errors.New("written by another version of demorl")

// Section is a named piece of a run's state.
type Section struct {
	Name string
	Data []byte
}

// Checkpoint is the state of a run after Step real steps.
type Checkpoint struct {
	Step     uint64
	Path     string // of the state file
	Sections []Section
	Logs     Lengths // of the logs when it was written
}

// Section returns the data of a section.
func (c Checkpoint) Section(name string) ([]byte, bool) {
	for _, s := range c.Sections {
		if s.Name == name {
			return s.Data, true
		}
	}
	return nil, false
}

// Skipped is a checkpoint that was passed over because it is damaged.
type Skipped struct {
	Path string
	Err  error
}

// String names the file and what is wrong with it.
func (s Skipped) String() string {
	return fmt.Sprintf("%s is damaged and was passed over: %v", s.Path, s.Err)
}

func (d *Dir) checkpoint(name string) string { return d.join(checkpointsName, name) }

// WriteCheckpoint stores the state after step real steps. When it returns nil
// the checkpoint is durable, and older ones beyond Keep and the best are gone;
// when it fails, every checkpoint that was there before is whole. The bytes of
// the state file are a function of step and sections only; logs stands in a file
// of its own beside it, since the lengths of logs that name times differ between
// equal runs. Section names must be unique.
func (d *Dir) WriteCheckpoint(step uint64, sections []Section, logs Lengths) error {
	if err := checkNames(sections); err != nil {
		return err
	}
	if _, err := d.fs.Stat(d.join(manifestName)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write checkpoint: %s is no run directory any more: it was moved or removed; put it back, or resume it where it is now", d.path)
	}
	name := strconv.FormatUint(step, 10)
	temp, final := d.checkpoint(tempPrefix+name), d.checkpoint(name)
	if err := d.writeState(temp, step, sections, logs); err != nil {
		d.fs.RemoveAll(temp)
		return fault(err, "write checkpoint", final)
	}
	if err := d.install(temp, final, d.checkpoint(oldPrefix+name)); err != nil {
		return fault(err, "write checkpoint", final)
	}
	return d.prune(step)
}

func checkNames(sections []Section) error {
	seen := map[string]bool{}
	for _, s := range sections {
		if s.Name == "" || seen[s.Name] {
			return fmt.Errorf("checkpoint: section name %q is empty or used twice", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

// writeState makes a synced folder with the state file in it.
func (d *Dir) writeState(folder string, step uint64, sections []Section, logs Lengths) error {
	if err := d.fs.RemoveAll(folder); err != nil {
		return err
	}
	if err := d.fs.MkdirAll(folder); err != nil {
		return err
	}
	err := d.writeSynced(folder+"/"+stateName, func(w io.Writer) error { return encodeState(w, step, sections) })
	if err == nil {
		err = d.writeSynced(folder+"/"+lengthsName, func(w io.Writer) error { return encodeLengths(w, logs) })
	}
	if err != nil {
		return err
	}
	return d.fs.SyncDir(folder)
}

// writeSynced makes a file and syncs it.
func (d *Dir) writeSynced(path string, write func(w io.Writer) error) error {
	f, err := d.fs.Create(path)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// install gives the finished folder its name. One of the same step steps aside
// first and is put back if the new one cannot take its place.
func (d *Dir) install(temp, final, old string) error {
	_, err := d.fs.Stat(final)
	replaces := err == nil
	if replaces {
		if err := d.fs.RemoveAll(old); err != nil {
			return err
		}
		if err := d.fs.Rename(final, old); err != nil {
			return err
		}
	}
	if err := d.fs.Rename(temp, final); err != nil {
		if replaces {
			err = errors.Join(err, d.fs.Rename(old, final))
		}
		d.fs.RemoveAll(temp)
		return err
	}
	if err := d.fs.SyncDir(d.join(checkpointsName)); err != nil {
		return err
	}
	if replaces {
		return d.fs.RemoveAll(old)
	}
	return nil
}

// encodeState writes the state file.
func encodeState(w io.Writer, step uint64, sections []Section) error {
	sum := crc32.New(castagnoli)
	out := io.MultiWriter(w, sum)
	head := []byte(stateMagic)
	head = binary.LittleEndian.AppendUint32(head, stateVersion)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(sections)))
	head = binary.LittleEndian.AppendUint64(head, step)
	for _, s := range sections {
		head = binary.LittleEndian.AppendUint32(head, uint32(len(s.Name)))
		head = append(head, s.Name...)
		head = binary.LittleEndian.AppendUint64(head, uint64(len(s.Data)))
		head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(s.Data, castagnoli))
		if _, err := out.Write(head); err != nil {
			return err
		}
		if _, err := out.Write(s.Data); err != nil {
			return err
		}
		head = head[:0]
	}
	if _, err := out.Write(head); err != nil { // of a state without sections
		return err
	}
	_, err := w.Write(append(binary.LittleEndian.AppendUint32(nil, sum.Sum32()), stateEnd...))
	return err
}

// encodeLengths writes one JSON object and, on a second line, its CRC32C.
func encodeLengths(w io.Writer, logs Lengths) error {
	line, err := json.Marshal(logs)
	if err == nil {
		_, err = fmt.Fprintf(w, "%s\n%08x\n", line, crc32.Checksum(line, castagnoli))
	}
	return err
}

func decodeLengths(data []byte) (logs Lengths, err error) {
	line, sum, _ := bytes.Cut(data, []byte("\n"))
	if string(sum) != fmt.Sprintf("%08x\n", crc32.Checksum(line, castagnoli)) {
		return logs, errors.New("checksum does not match")
	}
	return logs, json.Unmarshal(line, &logs)
}

// decodeState takes a state file apart; the sections are parts of data.
func decodeState(data []byte) (step uint64, sections []Section, err error) {
	const head, tail = len(stateMagic) + 16, 4 + len(stateEnd)
	switch {
	case len(data) < head+tail:
		return 0, nil, fmt.Errorf("only %d bytes", len(data))
	case string(data[:len(stateMagic)]) != stateMagic:
		return 0, nil, errors.New("not a state file of demorl")
	}
	le := binary.LittleEndian
	body, end := data[:len(data)-tail], data[len(data)-tail:]
	if string(end[4:]) != stateEnd {
		return 0, nil, errors.New("the end is missing")
	}
	if crc32.Checksum(body, castagnoli) != le.Uint32(end) {
		return 0, nil, errors.New("checksum of the file does not match")
	}
	if v := le.Uint32(data[8:]); v != stateVersion {
		return 0, nil, fmt.Errorf("%w: state format %d, this program reads format %d", ErrFormat, v, stateVersion)
	}
	count := le.Uint32(data[12:])
	step = le.Uint64(data[16:])
	rest := body[head:]
	for range count {
		var s Section
		s, rest, err = nextSection(rest)
		if err != nil {
			return 0, nil, err
		}
		sections = append(sections, s)
	}
	if len(rest) > 0 {
		return 0, nil, fmt.Errorf("%d bytes behind the last section", len(rest))
	}
	return step, sections, checkNames(sections)
}

func nextSection(rest []byte) (Section, []byte, error) {
	le := binary.LittleEndian
	short := errors.New("a section is cut off")
	if len(rest) < 4 {
		return Section{}, nil, short
	}
	n := uint64(le.Uint32(rest))
	rest = rest[4:]
	if uint64(len(rest)) < n+12 {
		return Section{}, nil, short
	}
	name := string(rest[:n])
	size, sum := le.Uint64(rest[n:]), le.Uint32(rest[n+8:])
	rest = rest[n+12:]
	if uint64(len(rest)) < size {
		return Section{}, nil, short
	}
	data := rest[:size:size]
	if crc32.Checksum(data, castagnoli) != sum {
		return Section{}, nil, fmt.Errorf("checksum of section %q does not match", name)
	}
	return Section{Name: name, Data: data}, rest[size:], nil
}

// Steps lists the steps that have a checkpoint, damaged or not, newest first.
func (d *Dir) Steps() ([]uint64, error) {
	entries, err := d.fs.ReadDir(d.join(checkpointsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	var steps []uint64
	for _, e := range entries {
		step, err := strconv.ParseUint(e.Name(), 10, 64)
		if err == nil && strconv.FormatUint(step, 10) == e.Name() && e.IsDir() {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	slices.Reverse(steps)
	return steps, nil
}

// ReadCheckpoint returns the checkpoint of one step, checked to the last byte.
func (d *Dir) ReadCheckpoint(step uint64) (Checkpoint, error) {
	path := d.checkpoint(strconv.FormatUint(step, 10) + "/" + stateName)
	data, err := d.fs.ReadFile(path)
	if err != nil {
		return Checkpoint{}, err
	}
	at, sections, err := decodeState(data)
	if err == nil && at != step {
		err = fmt.Errorf("it is the state of step %d", at)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: %w", path, err)
	}
	c := Checkpoint{Step: step, Path: path, Sections: sections}
	logs, err := d.fs.ReadFile(d.checkpoint(strconv.FormatUint(step, 10) + "/" + lengthsName))
	if err == nil {
		c.Logs, err = decodeLengths(logs)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: lengths of the logs: %w", path, err)
	}
	return c, nil
}

// ReadNewest returns the newest valid checkpoint, and those newer ones that are
// damaged. The error wraps ErrNoCheckpoint where none is left. A checkpoint that
// cannot be read for another reason is an error of its own.
func (d *Dir) ReadNewest() (Checkpoint, []Skipped, error) {
	for try := 1; ; try++ {
		steps, err := d.Steps()
		if err != nil {
			return Checkpoint{}, nil, err
		}
		c, skipped, err := d.readFirst(steps)
		if errors.Is(err, errGone) && try < 100 {
			continue // there is a newer one
		}
		return c, skipped, err
	}
}

// errGone says that a checkpoint was removed after it was listed: the run goes on
// in another process, which keeps a newer one.
var errGone = errors.New("removed in the meantime")

// readFirst is ReadNewest among the checkpoints of steps.
func (d *Dir) readFirst(steps []uint64) (Checkpoint, []Skipped, error) {
	var skipped []Skipped
	for _, step := range steps {
		c, err := d.ReadCheckpoint(step)
		if err == nil {
			return c, skipped, nil
		}
		if !damage(err) {
			return Checkpoint{}, skipped, err
		}
		folder := d.checkpoint(strconv.FormatUint(step, 10))
		if _, err := d.fs.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return Checkpoint{}, skipped, fmt.Errorf("%s: %w", folder, errGone)
		}
		skipped = append(skipped, Skipped{folder, err})
	}
	return Checkpoint{}, skipped, fmt.Errorf("%s: %w (%d damaged)", d.path, ErrNoCheckpoint, len(skipped))
}

// damage reports whether err, of ReadCheckpoint, says that the checkpoint's
// content is broken. A file that the system does not hand out, or one of another
// format, is not: resuming past it would throw a good checkpoint away.
func damage(err error) bool {
	var system *fs.PathError
	return !errors.Is(err, ErrFormat) && (!errors.As(err, &system) || errors.Is(err, fs.ErrNotExist))
}

// MarkBest says that the checkpoint of step is the best so far: it is kept until
// another one is.
func (d *Dir) MarkBest(step uint64) error {
	if _, err := d.fs.Stat(d.checkpoint(strconv.FormatUint(step, 10))); err != nil {
		return fmt.Errorf("best checkpoint: %w", err)
	}
	path := d.checkpoint(bestName)
	if err := vfs.WriteFileAtomic(d.fs, path, []byte(strconv.FormatUint(step, 10)+"\n")); err != nil {
		return fault(err, "write", path)
	}
	return nil
}

// Best returns the step of the best checkpoint, and false where none is marked.
func (d *Dir) Best() (uint64, bool) {
	text, err := d.fs.ReadFile(d.checkpoint(bestName))
	if err != nil {
		return 0, false
	}
	step, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return step, err == nil
}

// prune removes checkpoints older than the newest Keep up to step, the best
// excepted.
func (d *Dir) prune(step uint64) error {
	steps, err := d.Steps()
	if err != nil {
		return err
	}
	best, marked := d.Best()
	kept := 0
	for _, s := range steps {
		switch {
		case s > step:
			continue
		case kept < max(d.Keep, 1):
			kept++
			continue
		case marked && s == best:
			continue
		}
		if err := d.discard(s); err != nil {
			return err
		}
	}
	return nil
}

// DiscardAfter removes the checkpoints of later steps than step. A resume from
// an older or a repaired checkpoint calls it, so that what it writes next is
// the newest.
func (d *Dir) DiscardAfter(step uint64) error {
	steps, err := d.Steps()
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s > step {
			if err := d.discard(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// discard removes a checkpoint; a kill in between leaves no half of one behind
// under its name.
func (d *Dir) discard(step uint64) error {
	name := strconv.FormatUint(step, 10)
	gone := d.checkpoint(gonePrefix + name)
	err := d.fs.Rename(d.checkpoint(name), gone)
	if err == nil {
		err = d.fs.RemoveAll(gone)
	}
	if err != nil {
		return fault(err, "remove the old checkpoint", d.checkpoint(name))
	}
	return nil
}

// tidyCheckpoints ends what a killed process had begun.
func (d *Dir) tidyCheckpoints() error {
	entries, err := d.fs.ReadDir(d.join(checkpointsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("checkpoints: %w", err)
	}
	for _, e := range entries {
		path := d.checkpoint(e.Name())
		step, old := strings.CutPrefix(e.Name(), oldPrefix)
		if old {
			if _, err := d.fs.Stat(d.checkpoint(step)); errors.Is(err, fs.ErrNotExist) {
				if err := d.fs.Rename(path, d.checkpoint(step)); err != nil {
					return fault(err, "put back the checkpoint", d.checkpoint(step))
				}
				continue
			}
		}
		if old || strings.HasPrefix(e.Name(), tempPrefix) || strings.HasPrefix(e.Name(), gonePrefix) || e.Name() == bestName+".tmp" {
			if err := d.fs.RemoveAll(path); err != nil {
				return fault(err, "remove", path)
			}
		}
	}
	return d.fs.SyncDir(d.join(checkpointsName))
}

// EqualState says whether two checkpoints hold the same bytes.
func EqualState(a, b Checkpoint) bool {
	return a.Step == b.Step && slices.EqualFunc(a.Sections, b.Sections, func(x, y Section) bool {
		return x.Name == y.Name && bytes.Equal(x.Data, y.Data)
	})
}
