package rundir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"path/filepath"
	"strings"

	"demorl/internal/vfs"
)

// A segment, little-endian: a header (magic "DMRLTRAN", version u32, obs u32,
// action u32, CRC32C of the 20 bytes before), then blocks (magic u32, records
// u32, CRC32C of count and records u32, records). A record is obs, action,
// reward, next obs as float32 and one byte of flags.
const (
	segmentMagic   = "DMRLTRAN"
	segmentVersion = 1
	segmentHeader  = len(segmentMagic) + 16
	blockMagic     = 0x4b4c4244 // "DBLK"
	blockHeader    = 12
	segmentBytes   = 64 << 20
	blockRecords   = 256 // a block is written at the latest when it has so many
	maxDim         = 1 << 20
)

// Flags of a transition. Terminated and truncated are different facts.
const (
	FlagTerminated = 1 << 0 // the task ended: no value behind the next observation
	FlagTruncated  = 1 << 1 // only the time was up
)

// Layout is the shape of a transition.
type Layout struct{ Obs, Action int }

// RecordSize returns the bytes of one record.
func (l Layout) RecordSize() int { return 4*(2*l.Obs+l.Action+1) + 1 }

// Transition is one real step. Rewards and observations are raw numbers.
type Transition struct {
	Obs, Action, Next []float32 // Layout.Obs, Layout.Action, Layout.Obs long
	Reward            float32
	Flags             byte
}

// Damage says where a transition log stops being readable. Everything before
// Offset is whole.
type Damage struct {
	Path   string // the segment
	Offset int64  // in bytes over all segments, as Length counts
	Reason string
}

// Error names the segment, the offset and what to do.
func (e *Damage) Error() string {
	return fmt.Sprintf("%s: %s; the log is whole up to byte %d (over all segments): put the file back as it was, or remove the folder %s to go on without its rows", e.Path, e.Reason, e.Offset, filepath.Dir(e.Path))
}

// segment is one file of the log.
type segment struct {
	path  string
	start int64 // bytes before it
	size  int64
}

// TransitionLog is the durable log of real transitions: on a robot they cannot
// be made again.
type TransitionLog struct {
	fs       vfs.FS
	folder   string
	layout   Layout
	limit    int64 // a segment that has so many bytes is followed by a new one
	segments []segment
	open     *appendFile // the last segment, once something was appended
	block    []byte      // header and records not yet written
	records  int         // in block
	damage   *Damage     // of the last segment, where it does not end with a whole block
}

// OpenTransitions opens the log in transitions/. It fails where the log holds
// another layout. The last segment is checked; a torn end does not fail here
// but is told by Damage, and must be cut before anything is appended.
func (d *Dir) OpenTransitions(l Layout) (*TransitionLog, error) {
	if l.Obs < 1 || l.Action < 1 || l.Obs > maxDim || l.Action > maxDim {
		return nil, fmt.Errorf("transitions: layout of %d observations and %d actions; each must be in 1..%d", l.Obs, l.Action, maxDim)
	}
	t := &TransitionLog{fs: d.fs, folder: d.join(transitionsName), layout: l, limit: segmentBytes, block: make([]byte, blockHeader)}
	var err error
	if t.segments, err = listSegments(d.fs, t.folder); err != nil {
		return nil, err
	}
	if n := len(t.segments); n > 0 {
		if _, err := t.scan(t.segments[n-1], 0, nil); err != nil && !errors.As(err, &t.damage) {
			return nil, err
		}
	}
	return t, nil
}

func listSegments(fsys vfs.FS, folder string) ([]segment, error) {
	entries, err := fsys.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("transitions: %w", err)
	}
	var list []segment
	start := int64(0)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".seg") {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, fmt.Errorf("transitions: %w", err)
		}
		list = append(list, segment{filepath.Join(folder, e.Name()), start, info.Size()})
		start += info.Size()
	}
	return list, nil
}

// Damage returns what is wrong with the log's end, or nil.
func (t *TransitionLog) Damage() *Damage { return t.damage }

// Length returns the bytes of all segments, without the records that Flush has
// still to write.
func (t *TransitionLog) Length() int64 {
	if n := len(t.segments); n > 0 {
		return t.segments[n-1].start + t.segments[n-1].size
	}
	return 0
}

// Append adds one transition. It reaches the file with its block, at the latest
// with Flush or Sync. A wrong shape panics.
func (t *TransitionLog) Append(r Transition) error {
	if len(r.Obs) != t.layout.Obs || len(r.Next) != t.layout.Obs || len(r.Action) != t.layout.Action {
		panic(fmt.Sprintf("rundir: transition of %d, %d, %d numbers; the log holds %d, %d, %d",
			len(r.Obs), len(r.Action), len(r.Next), t.layout.Obs, t.layout.Action, t.layout.Obs))
	}
	if t.damage != nil {
		return t.damage
	}
	if t.records >= blockRecords {
		if err := t.Flush(); err != nil {
			return err
		}
	}
	t.block = appendFloats(t.block, r.Obs)
	t.block = appendFloats(t.block, r.Action)
	t.block = binary.LittleEndian.AppendUint32(t.block, math.Float32bits(r.Reward))
	t.block = appendFloats(t.block, r.Next)
	t.block = append(t.block, r.Flags)
	t.records++
	return nil
}

func appendFloats(b []byte, v []float32) []byte {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// Flush writes the records gathered so far as one block. After a failure they
// are kept, and Flush can be tried again.
func (t *TransitionLog) Flush() error {
	if t.records == 0 {
		return nil
	}
	if t.damage != nil {
		return t.damage
	}
	if err := t.ready(); err != nil {
		return err
	}
	le := binary.LittleEndian
	le.PutUint32(t.block, blockMagic)
	le.PutUint32(t.block[4:], uint32(t.records))
	le.PutUint32(t.block[8:], blockSum(t.block))
	if err := t.open.write(t.block); err != nil {
		return err
	}
	t.segments[len(t.segments)-1].size = t.open.length
	t.block, t.records = t.block[:blockHeader], 0
	return nil
}

// blockSum is the checksum of a block: of its count and its records.
func blockSum(block []byte) uint32 {
	return crc32.Update(crc32.Checksum(block[4:8], castagnoli), castagnoli, block[blockHeader:])
}

// ready opens the last segment for appending, or begins a new one.
func (t *TransitionLog) ready() error {
	n := len(t.segments)
	if n > 0 && t.segments[n-1].size < t.limit {
		if t.open != nil {
			return nil
		}
		var err error
		t.open, err = openAppend(t.fs, t.segments[n-1].path)
		return err
	}
	if t.open != nil {
		if err := t.closeSegment(); err != nil {
			return err
		}
	}
	path := filepath.Join(t.folder, fmt.Sprintf("%06d.seg", n))
	// A header that a full disk cut short is gone with its file.
	if err := vfs.WriteFileAtomic(t.fs, path, t.header()); err != nil {
		return fault(err, "write", path)
	}
	t.segments = append(t.segments, segment{path, t.Length(), int64(segmentHeader)})
	var err error
	t.open, err = openAppend(t.fs, path)
	return err
}

func (t *TransitionLog) header() []byte {
	le := binary.LittleEndian
	b := []byte(segmentMagic)
	b = le.AppendUint32(b, segmentVersion)
	b = le.AppendUint32(b, uint32(t.layout.Obs))
	b = le.AppendUint32(b, uint32(t.layout.Action))
	return le.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func (t *TransitionLog) closeSegment() error {
	open := t.open
	t.open = nil
	return errors.Join(open.sync(), open.file.Close())
}

// Sync writes what is gathered and returns when all of it is on the disk.
func (t *TransitionLog) Sync() error {
	if err := t.Flush(); err != nil {
		return err
	}
	if t.open == nil {
		return nil
	}
	return t.open.sync()
}

// Close syncs and closes the log.
func (t *TransitionLog) Close() error {
	err := t.Flush()
	if t.open != nil {
		err = errors.Join(err, t.closeSegment())
	}
	return err
}

// CutTo shortens the log to length bytes, which must be the end of a block, and
// forgets what is not yet written. A log that is shorter has lost transitions,
// which is an error.
func (t *TransitionLog) CutTo(length int64) error {
	if t.open != nil {
		if err := t.closeSegment(); err != nil {
			return err
		}
	}
	t.block, t.records = t.block[:blockHeader], 0
	if err := cutSegments(t.fs, t.segments, length); err != nil {
		return err
	}
	var err error
	if t.segments, err = listSegments(t.fs, t.folder); err != nil {
		return err
	}
	t.damage = nil
	if n := len(t.segments); n > 0 {
		if _, err := t.scan(t.segments[n-1], 0, nil); err != nil {
			errors.As(err, &t.damage)
			return err
		}
	}
	return nil
}

// checkTransitions refuses a log that is shorter than length; gone says that
// there is none.
func (d *Dir) checkTransitions(length int64) (gone bool, err error) {
	list, err := listSegments(d.fs, d.join(transitionsName))
	if err != nil || len(list) == 0 {
		return length > 0, err
	}
	return false, longEnough(list, length)
}

// cutTransitions shortens the log. Where there is none it can begin anew.
func (d *Dir) cutTransitions(length int64) error {
	folder := d.join(transitionsName)
	list, err := listSegments(d.fs, folder)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.Join(d.fs.MkdirAll(folder), d.fs.SyncDir(d.path))
	}
	return cutSegments(d.fs, list, length)
}

// longEnough refuses segments that are shorter than length together.
func longEnough(list []segment, length int64) error {
	total := int64(0)
	if n := len(list); n > 0 {
		total = list[n-1].start + list[n-1].size
	}
	if total < length {
		return fmt.Errorf("the transition log has %d bytes where the checkpoint knew %d: transitions are lost; put the segments back, or remove the folder transitions to go on without them", total, length)
	}
	return nil
}

// cutSegments removes from the end backwards, so that a kill in between leaves
// a shorter log and no hole.
func cutSegments(fsys vfs.FS, list []segment, length int64) error {
	if err := longEnough(list, length); err != nil {
		return err
	}
	for i := len(list) - 1; i >= 0 && list[i].start+list[i].size > length; i-- {
		var err error
		if list[i].start >= length {
			err = fsys.Remove(list[i].path)
		} else {
			err = fsys.Truncate(list[i].path, length-list[i].start)
		}
		if err != nil {
			return fault(err, "shorten", list[i].path)
		}
	}
	return nil
}

// Read calls visit with every transition from byte offset on, which is 0 or a
// Length of the past. It returns the offset behind the last whole block; the
// error is *Damage where it stopped at a damaged one, or what visit returned.
// The slices are used again for the next transition; visit may be nil.
func (t *TransitionLog) Read(offset int64, visit func(Transition) error) (int64, error) {
	if offset > t.Length() {
		return t.Length(), fmt.Errorf("transitions: offset %d is behind the end, %d", offset, t.Length())
	}
	end := offset
	for _, s := range t.segments {
		if s.start+s.size <= offset {
			continue
		}
		at, err := t.scan(s, max(offset-s.start, 0), visit)
		end = s.start + at
		if err != nil {
			return end, err
		}
	}
	return end, nil
}

// scan walks through the blocks of one segment from a byte of it on.
func (t *TransitionLog) scan(s segment, from int64, visit func(Transition) error) (int64, error) {
	data, err := t.fs.ReadFile(s.path)
	if err != nil {
		return from, fmt.Errorf("transitions: %w", err)
	}
	data = data[:min(int64(len(data)), s.size)]
	damaged := func(at int64, format string, args ...any) (int64, error) {
		return at, &Damage{Path: s.path, Offset: s.start + at, Reason: fmt.Sprintf(format, args...)}
	}
	if len(data) < segmentHeader {
		return damaged(0, "the header is cut off")
	}
	le := binary.LittleEndian
	head := data[:segmentHeader]
	if string(head[:8]) != segmentMagic || crc32.Checksum(head[:20], castagnoli) != le.Uint32(head[20:]) {
		return damaged(0, "the header is damaged")
	}
	if v := le.Uint32(head[8:]); v != segmentVersion {
		return 0, fmt.Errorf("%s: format %d; this program reads format %d", s.path, v, segmentVersion)
	}
	if have := (Layout{int(le.Uint32(head[12:])), int(le.Uint32(head[16:]))}); have != t.layout {
		return 0, fmt.Errorf("%s holds transitions with %d observations and %d actions; the task has %d and %d",
			s.path, have.Obs, have.Action, t.layout.Obs, t.layout.Action)
	}
	row := newRow(t.layout)
	size := int64(t.layout.RecordSize())
	at := max(from, int64(segmentHeader))
	for at < int64(len(data)) {
		rest := data[at:]
		if len(rest) < blockHeader {
			return damaged(at, "a block is cut off")
		}
		count := int64(le.Uint32(rest[4:]))
		if le.Uint32(rest) != blockMagic || count == 0 || count > blockRecords {
			return damaged(at, "a block does not begin as one")
		}
		n := blockHeader + count*size
		if int64(len(rest)) < n {
			return damaged(at, "a block is cut off")
		}
		if blockSum(rest[:n]) != le.Uint32(rest[8:]) {
			return damaged(at, "the checksum of a block does not match")
		}
		for b := rest[blockHeader:n]; visit != nil && len(b) > 0; b = b[size:] {
			row.decode(b)
			if err := visit(row.Transition); err != nil {
				return at, err
			}
		}
		at += n
	}
	return at, nil
}

// row is a transition that is filled again and again.
type row struct{ Transition }

func newRow(l Layout) *row {
	return &row{Transition{Obs: make([]float32, l.Obs), Action: make([]float32, l.Action), Next: make([]float32, l.Obs)}}
}

func (r *row) decode(b []byte) {
	b = takeFloats(r.Obs, b)
	b = takeFloats(r.Action, b)
	r.Reward = math.Float32frombits(binary.LittleEndian.Uint32(b))
	b = takeFloats(r.Next, b[4:])
	r.Flags = b[0]
}

func takeFloats(dst []float32, b []byte) []byte {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return b[4*len(dst):]
}
