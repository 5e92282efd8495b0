package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"demorl/internal/vfs"
)

// Names inside a run directory.
const (
	settingsName    = "run.yaml"
	manifestName    = "manifest.json"
	progressName    = "progress.jsonl"
	evalName        = "eval.csv"
	eventsName      = "tb"
	checkpointsName = "checkpoints"
	transitionsName = "transitions"
	lockName        = "lock"
	taskFolder      = "task"
)

// ErrNotEmpty is what Create returns for a folder that holds something.
var ErrNotEmpty = errors.New("the folder is not empty")

// ErrNoRun is what Open and View return for a folder that holds no run.
var ErrNoRun = errors.New("not a run directory")

// noFolder is ErrNoRun of a path at which there is nothing at all, with a text
// that says so.
type noFolder string

func (n noFolder) Error() string { return string(n) + ": there is no such folder" }

// Is lets errors.Is find ErrNoRun.
func (noFolder) Is(target error) bool { return target == ErrNoRun }

// Locked is the error of Create and Open while another process has the run.
type Locked = vfs.Locked

// Dir is a run directory.
type Dir struct {
	// Keep is how many of the newest checkpoints are kept besides the best;
	// Create and Open set it to 2. Less than 1 counts as 1.
	Keep int

	fs   vfs.FS
	path string
	lock io.Closer // nil for a directory that is only looked at
}

// folders are those that Create makes, unfinished what is written between them
// and the manifest.
var (
	folders    = []string{checkpointsName, transitionsName, eventsName}
	unfinished = []string{settingsName, settingsName + ".tmp", taskFolder, manifestName + ".tmp"}
)

// Create makes a run directory, or takes an empty folder for one, and locks it.
// It fails with ErrNotEmpty, or with *Locked. A folder counts as empty whose run
// was killed before it had a manifest. A nil fsys is the real disk, as in Open
// and View: other ones are for demorl's own tests.
func Create(fsys vfs.FS, path string) (*Dir, error) {
	fsys = disk(fsys)
	if err := vacant(fsys, path); err != nil {
		return nil, err
	}
	if err := fsys.MkdirAll(path); err != nil {
		return nil, fault(err, "make the run directory", path)
	}
	d, err := locked(fsys, path)
	if err != nil {
		return nil, err
	}
	if err = vacant(fsys, path); err == nil { // until now another process may have had it
		err = d.clear()
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	for _, sub := range folders {
		if err := fsys.MkdirAll(filepath.Join(path, sub)); err != nil {
			d.Close()
			return nil, fault(err, "make the folder", filepath.Join(path, sub))
		}
	}
	if err := errors.Join(fsys.SyncDir(path), fsys.SyncDir(filepath.Dir(path))); err != nil {
		d.Close()
		return nil, fault(err, "make the run directory", path)
	}
	return d, nil
}

// vacant refuses a folder that holds a run or something foreign.
func vacant(fsys vfs.FS, path string) error {
	entries, err := fsys.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("run directory: %w", err)
	}
	holds := map[string]bool{}
	for _, e := range entries {
		holds[e.Name()] = true
	}
	begun := holds[lockName]
	for _, sub := range folders {
		begun = begun && holds[sub]
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == lockName, begun && slices.Contains(unfinished, name):
			continue
		case holds[lockName] && slices.Contains(folders, name):
			if inside, err := fsys.ReadDir(filepath.Join(path, name)); err == nil && len(inside) == 0 {
				continue
			}
		}
		advice := "choose another folder"
		if holds[manifestName] {
			advice += fmt.Sprintf(", or go on with the run in it: demorl resume %s", path)
		}
		return fmt.Errorf("%s: %w (it holds %s); %s", path, ErrNotEmpty, e.Name(), advice)
	}
	return nil
}

// clear removes what a killed process wrote of a run that never began.
func (d *Dir) clear() error {
	for _, name := range unfinished {
		if err := d.fs.RemoveAll(d.join(name)); err != nil {
			return fault(err, "remove", d.join(name))
		}
	}
	return nil
}

// Open locks the run in a folder and removes what a killed process left half
// done. It fails with ErrNoRun or *Locked.
func Open(fsys vfs.FS, path string) (*Dir, error) {
	fsys = disk(fsys)
	if _, err := View(fsys, path); err != nil {
		return nil, err
	}
	d, err := locked(fsys, path)
	if err != nil {
		return nil, err
	}
	if err := d.tidy(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// View looks at a run without locking it, to read only: the run may be going on.
func View(fsys vfs.FS, path string) (*Dir, error) {
	fsys = disk(fsys)
	if _, err := fsys.Stat(filepath.Join(path, manifestName)); err != nil {
		if _, absent := fsys.Stat(path); errors.Is(absent, fs.ErrNotExist) {
			return nil, noFolder(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w: it has no %s", path, ErrNoRun, manifestName)
		}
		return nil, fmt.Errorf("run directory: %w", err)
	}
	return &Dir{Keep: 2, fs: fsys, path: path}, nil
}

// disk is fsys, or the real disk where that is nil: a program outside the module
// cannot name another.
func disk(fsys vfs.FS) vfs.FS {
	if fsys == nil {
		return vfs.OS()
	}
	return fsys
}

func locked(fsys vfs.FS, path string) (*Dir, error) {
	lock, err := fsys.Lock(filepath.Join(path, lockName))
	if err != nil {
		var held *Locked
		if errors.As(err, &held) {
			return nil, fmt.Errorf("the run is in use, wait for it to end or stop it: %w", err)
		}
		return nil, fmt.Errorf("run directory: %w", err)
	}
	return &Dir{Keep: 2, fs: fsys, path: path, lock: lock}, nil
}

// Close lets go of the lock.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	lock := d.lock
	d.lock = nil
	return lock.Close()
}

// Path returns the folder, as it was given.
func (d *Dir) Path() string { return d.path }

func (d *Dir) join(name ...string) string {
	return filepath.Join(append([]string{d.path}, name...)...)
}

// WriteSettings stores the complete resolved settings as run.yaml.
func (d *Dir) WriteSettings(yaml []byte) error { return d.write(settingsName, yaml) }

// ReadSettings returns run.yaml.
func (d *Dir) ReadSettings() ([]byte, error) { return d.fs.ReadFile(d.join(settingsName)) }

// SettingsPath is where the settings lie, for messages.
func (d *Dir) SettingsPath() string { return d.join(settingsName) }

// WriteTask stores the files that the run's task is made from, by
// slash-separated names, so that a resume does not depend on the originals.
func (d *Dir) WriteTask(files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !fs.ValidPath(name) {
			return fmt.Errorf("run directory: a task's file is called %q; want a name below its folder", name)
		}
		file := filepath.Join(taskFolder, filepath.FromSlash(name))
		folder := d.join(filepath.Dir(file))
		if err := errors.Join(d.fs.MkdirAll(folder), d.fs.SyncDir(filepath.Dir(folder))); err != nil {
			return fault(err, "make the folder", folder)
		}
		if err := d.write(file, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// ReadTask returns what WriteTask stored; nil where the task is one of demorl's own.
func (d *Dir) ReadTask() (map[string][]byte, error) {
	var files map[string][]byte
	var walk func(name string) error
	walk = func(name string) error {
		entries, err := d.fs.ReadDir(filepath.Join(d.TaskPath(), filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) && name == "." {
			return nil
		}
		if err != nil {
			return fmt.Errorf("run directory: %w", err)
		}
		for _, e := range entries {
			child := path.Join(name, e.Name())
			if e.IsDir() {
				err = walk(child)
			} else if !strings.HasSuffix(child, ".tmp") {
				if files == nil {
					files = map[string][]byte{}
				}
				files[child], err = d.fs.ReadFile(filepath.Join(d.TaskPath(), filepath.FromSlash(child)))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	err := walk(".")
	return files, err
}

// TaskPath is where the task's files lie, for messages.
func (d *Dir) TaskPath() string { return d.join(taskFolder) }

func (d *Dir) write(name string, data []byte) error {
	if err := vfs.WriteFileAtomic(d.fs, d.join(name), data); err != nil {
		return fault(err, "write", d.join(name))
	}
	return nil
}

// Manifest says what made a run.
type Manifest struct {
	Program     string      `json:"program_version"`
	Commit      string      `json:"commit"`
	GoVersion   string      `json:"go_version"`
	CPU         string      `json:"cpu"`
	Kernel      string      `json:"kernel"` // tier of the kernels
	Threads     int         `json:"threads"`
	Seed        uint64      `json:"seed"`
	Env         string      `json:"env"`
	EnvVersion  string      `json:"env_version"` // of the task's simulator
	Algorithm   string      `json:"algo"`
	Preset      string      `json:"preset"`
	Created     time.Time   `json:"created"`
	Resumed     []time.Time `json:"resumed"`
	Changed     []Change    `json:"changed,omitzero"`       // where another commit went on with the run
	Exact       bool        `json:"exact"`                  // an equal run would give equal bytes
	NotExactFor string      `json:"not_exact_for,omitzero"` // why not
}

// Change is a resume by another commit of the program than the one before it.
type Change struct {
	Step   int    `json:"step"` // real steps made by then
	Commit string `json:"commit"`
}

// Last returns the commit that went on with the run last.
func (m *Manifest) Last() string {
	if n := len(m.Changed); n > 0 {
		return m.Changed[n-1].Commit
	}
	return m.Commit
}

// WriteManifest stores manifest.json; from then on the folder is a run.
func (d *Dir) WriteManifest(m Manifest) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	return d.write(manifestName, append(data, '\n'))
}

// ReadManifest returns manifest.json.
func (d *Dir) ReadManifest() (Manifest, error) {
	var m Manifest
	data, err := d.fs.ReadFile(d.join(manifestName))
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w", d.join(manifestName), err)
	}
	return m, nil
}

// Lengths are the bytes of the logs at a moment, for a checkpoint to hold.
type Lengths struct{ Progress, Eval, Transitions int64 }

// Cut shortens the logs to what they were at a checkpoint. Call it after Open
// and before any log is opened. A log that is shorter, or that was edited, is an
// error, and then all stay as they are. They are records and no state, so a run
// goes on without one that was removed: missing names these.
func (d *Dir) Cut(to Lengths) (missing []string, err error) {
	lines := []logLines{{d.join(progressName), to.Progress, "{"}, {d.join(evalName), to.Eval, evalHeader}}
	for _, log := range lines {
		gone, err := log.check(d.fs)
		if err != nil {
			return nil, err
		}
		if gone {
			missing = append(missing, log.path)
		}
	}
	if gone, err := d.checkTransitions(to.Transitions); err != nil {
		return nil, err
	} else if gone {
		missing = append(missing, d.join(transitionsName))
	}
	for _, log := range lines {
		if err := log.cut(d.fs); err != nil {
			return missing, err
		}
	}
	return missing, d.cutTransitions(to.Transitions)
}

// logLines is a log of lines, the first of which begins with head, and the size
// that a checkpoint knew.
type logLines struct {
	path string
	size int64
	head string
}

// check refuses a log that the checkpoint did not know so; gone says that there
// is none.
func (l logLines) check(fsys vfs.FS) (gone bool, err error) {
	data, err := fsys.ReadFile(l.path)
	switch {
	case l.size == 0:
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("cut: %w", err)
	case int64(len(data)) < l.size:
		return false, fmt.Errorf("%s has %d bytes where the checkpoint knew %d: rows are lost; put the whole file back, or remove it to go on without its rows", l.path, len(data), l.size)
	case data[l.size-1] != '\n' || !bytes.HasPrefix(data, []byte(l.head)):
		return false, fmt.Errorf("%s was edited: the %d bytes that the checkpoint knew end within a row; put the file back as it was, or remove it to go on without its rows", l.path, l.size)
	}
	return false, nil
}

// cut shortens the log.
func (l logLines) cut(fsys vfs.FS) error {
	info, err := fsys.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cut: %w", err)
	}
	if info.Size() <= l.size {
		return nil
	}
	if err := fsys.Truncate(l.path, l.size); err != nil {
		return fault(err, "shorten", l.path)
	}
	return nil
}

// tidy removes temporary files of a killed process and puts back a checkpoint
// that it was replacing.
func (d *Dir) tidy() error {
	for _, folder := range []string{d.path, d.join(transitionsName)} {
		entries, err := d.fs.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("run directory: %w", err)
		}
		for _, e := range entries {
			if path := filepath.Join(folder, e.Name()); strings.HasSuffix(path, ".tmp") {
				if err := d.fs.Remove(path); err != nil {
					return fault(err, "remove", path)
				}
			}
		}
	}
	return d.tidyCheckpoints()
}

// fault names the file and, where the disk is full, what to do.
func fault(err error, act, path string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("cannot %s %s: %w; what was written before is whole: free some space and resume the run", act, path, err)
	}
	return fmt.Errorf("cannot %s %s: %w", act, path, err)
}
