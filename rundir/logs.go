package rundir

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"demorl/internal/vfs"
)

// appendFile is a log that grows by whole pieces: a piece that fails half-way
// is cut off again, so that what was there stays whole.
type appendFile struct {
	fs     vfs.FS
	path   string
	file   vfs.File
	length int64
}

func openAppend(fsys vfs.FS, path string) (*appendFile, error) {
	f, err := fsys.OpenAppend(path)
	if err != nil {
		return nil, fault(err, "open", path)
	}
	info, err := fsys.Stat(path)
	if err != nil {
		f.Close()
		return nil, fault(err, "open", path)
	}
	if info.Size() == 0 { // perhaps new: make its name durable
		if err := fsys.SyncDir(filepath.Dir(path)); err != nil {
			f.Close()
			return nil, fault(err, "open", path)
		}
	}
	return &appendFile{fs: fsys, path: path, file: f, length: info.Size()}, nil
}

func (a *appendFile) write(p []byte) error {
	if _, err := a.file.Write(p); err != nil {
		if cut := a.fs.Truncate(a.path, a.length); cut != nil {
			err = errors.Join(err, cut)
		}
		return fault(err, "write", a.path)
	}
	a.length += int64(len(p))
	return nil
}

func (a *appendFile) sync() error {
	if err := a.file.Sync(); err != nil {
		return fault(err, "sync", a.path)
	}
	return nil
}

// Progress writes progress.jsonl.
type Progress struct {
	log *appendFile
	buf []byte
}

// OpenProgress opens progress.jsonl for more lines.
func (d *Dir) OpenProgress() (*Progress, error) {
	log, err := openAppend(d.fs, d.join(progressName))
	if err != nil {
		return nil, err
	}
	return &Progress{log: log}, nil
}

// Write appends one object: step, time (RFC 3339, milliseconds) and the scalars
// by name, sorted. JSON has no number for them, so a scalar that is not finite
// is one of the strings "NaN", "Infinity" and "-Infinity".
func (p *Progress) Write(step uint64, at time.Time, scalars map[string]float64) error {
	b := append(p.buf[:0], `{"step":`...)
	b = strconv.AppendUint(b, step, 10)
	b = append(b, `,"time":"`...)
	b = at.AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, '"')
	for _, name := range sortedNames(scalars) {
		quoted, _ := json.Marshal(name)
		b = append(b, ',')
		b = append(b, quoted...)
		b = append(b, ':')
		b = appendJSONFloat(b, scalars[name])
	}
	p.buf = append(b, '}', '\n')
	return p.log.write(p.buf)
}

func appendJSONFloat(b []byte, x float64) []byte {
	switch {
	case math.IsNaN(x):
		return append(b, `"NaN"`...)
	case math.IsInf(x, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(x, -1):
		return append(b, `"-Infinity"`...)
	}
	return strconv.AppendFloat(b, x, 'g', -1, 64)
}

func sortedNames(scalars map[string]float64) []string {
	names := make([]string, 0, len(scalars))
	for n := range scalars {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Length returns the bytes written so far.
func (p *Progress) Length() int64 { return p.log.length }

// Sync returns when all lines are on the disk.
func (p *Progress) Sync() error { return p.log.sync() }

// Close closes the file.
func (p *Progress) Close() error { return p.log.file.Close() }

// Record is one line of progress.jsonl.
type Record struct {
	Step    uint64
	Time    time.Time
	Scalars map[string]float64
}

// ReadProgress reads progress.jsonl. A last line without its end is left out: a
// run may be writing it.
func ReadProgress(r io.Reader) ([]Record, error) {
	var records []Record
	in := bufio.NewReader(r)
	for line := 1; ; line++ {
		text, err := in.ReadBytes('\n')
		if err == io.EOF {
			return records, nil
		}
		if err != nil {
			return records, err
		}
		rec, err := parseRecord(text)
		if err != nil {
			return records, fmt.Errorf("%s line %d: %w", progressName, line, err)
		}
		records = append(records, rec)
	}
}

func parseRecord(text []byte) (Record, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return Record{}, err
	}
	rec := Record{Scalars: map[string]float64{}}
	for name, value := range raw {
		var err error
		switch name {
		case "step":
			err = json.Unmarshal(value, &rec.Step)
		case "time":
			err = json.Unmarshal(value, &rec.Time)
		default:
			rec.Scalars[name], err = strconv.ParseFloat(strings.Trim(string(value), `"`), 64)
		}
		if err != nil {
			return rec, fmt.Errorf("%s: %w", name, err)
		}
	}
	return rec, nil
}

// ReadProgress reads what progress.jsonl holds now.
func (d *Dir) ReadProgress() ([]Record, error) {
	f, err := d.fs.Open(d.join(progressName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadProgress(f)
}

// evalHeader is the first line of eval.csv.
const evalHeader = "step,episode,return,length,actor\n"

// Evaluation is one evaluation episode.
type Evaluation struct {
	Step    uint64 // real steps of the run so far
	Episode int    // number within its evaluation, from 0
	Return  float64
	Length  int    // in steps
	Actor   string // "policy", "planner" or "newest"
}

// EvalLog writes eval.csv. There is no clock in it: equal runs have equal files.
type EvalLog struct {
	log *appendFile
	buf []byte
}

// OpenEval opens eval.csv for more rows and writes its header where it is new.
func (d *Dir) OpenEval() (*EvalLog, error) {
	log, err := openAppend(d.fs, d.join(evalName))
	if err != nil {
		return nil, err
	}
	if log.length == 0 {
		if err := log.write([]byte(evalHeader)); err != nil {
			log.file.Close()
			return nil, err
		}
	}
	return &EvalLog{log: log}, nil
}

// Write appends the rows of one evaluation, all or none. Returns are written so
// that reading them gives the same float64.
func (e *EvalLog) Write(rows ...Evaluation) error {
	b := e.buf[:0]
	for _, r := range rows {
		if strings.ContainsAny(r.Actor, ",\"\r\n") {
			return fmt.Errorf("%s: actor %q cannot stand in a CSV file", evalName, r.Actor)
		}
		b = strconv.AppendUint(b, r.Step, 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(r.Episode), 10)
		b = append(b, ',')
		b = strconv.AppendFloat(b, r.Return, 'g', -1, 64)
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(r.Length), 10)
		b = append(b, ',')
		b = append(b, r.Actor...)
		b = append(b, '\n')
	}
	e.buf = b
	return e.log.write(b)
}

// EvalUpTo returns how many bytes of eval.csv are whole rows of real steps up to
// step, the header among them, and the rows of the last such step: none where
// there is none.
func (d *Dir) EvalUpTo(step uint64) (length int64, last []Evaluation, err error) {
	data, err := d.fs.ReadFile(d.join(evalName))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return 0, nil, err
	}
	for line := range bytes.Lines(data) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		if length > 0 {
			row, err := parseEvaluation(strings.TrimSpace(string(line)))
			if err != nil {
				return 0, nil, fmt.Errorf("%s: the row at byte %d: %w", d.join(evalName), length, err)
			}
			if row.Step > step {
				break
			}
			if len(last) > 0 && last[0].Step != row.Step {
				last = nil
			}
			last = append(last, row)
		}
		length += int64(len(line))
	}
	return length, last, nil
}

func parseEvaluation(line string) (e Evaluation, err error) {
	columns := strings.Split(line, ",")
	if want := strings.Count(evalHeader, ",") + 1; len(columns) != want {
		return e, fmt.Errorf("it has %d columns; want %d", len(columns), want)
	}
	var faults [4]error
	e.Step, faults[0] = strconv.ParseUint(columns[0], 10, 64)
	e.Episode, faults[1] = strconv.Atoi(columns[1])
	e.Return, faults[2] = strconv.ParseFloat(columns[2], 64)
	e.Length, faults[3] = strconv.Atoi(columns[3])
	e.Actor = columns[4]
	return e, cmp.Or(faults[:]...)
}

// Length returns the bytes written so far.
func (e *EvalLog) Length() int64 { return e.log.length }

// Sync returns when all rows are on the disk.
func (e *EvalLog) Sync() error { return e.log.sync() }

// Close closes the file.
func (e *EvalLog) Close() error { return e.log.file.Close() }

// EvalPath is where eval.csv lies; report.ReadEval reads it.
func (d *Dir) EvalPath() string { return d.join(evalName) }
