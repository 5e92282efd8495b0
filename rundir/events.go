package rundir

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"path/filepath"
	"time"

	"demorl/internal/vfs"
)

// Field numbers of TensorBoard's event.proto and summary.proto.
const (
	eventWallTime    = 1 // double, seconds since 1970
	eventStep        = 2 // int64
	eventFileVersion = 3 // string
	eventSummary     = 5
	eventSessionLog  = 7

	summaryValue      = 1
	valueTag          = 1
	valueSimple       = 2 // float
	sessionStatus     = 1
	sessionStatusOpen = 1 // SessionLog.START
)

// Wire types of protocol buffers.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// Events writes a TensorBoard event file.
type Events struct {
	fs    vfs.FS
	path  string
	file  vfs.File
	event []byte // scratch
	value []byte
	body  []byte
	frame []byte
}

// EventsAt says when, where and after how many real steps an event file begins.
type EventsAt struct {
	Time time.Time
	Host string // part of the file's name
	PID  int    // part of the file's name
	Step uint64 // above 0 for a resumed run
}

// OpenEvents begins a new event file in tb/, as TensorBoard wants for every
// session. In a resumed run it begins with a session start at the step behind
// the resumed one: TensorBoard drops what earlier files hold from there on.
func (d *Dir) OpenEvents(at EventsAt) (*Events, error) {
	folder := d.join(eventsName)
	if err := d.fs.MkdirAll(folder); err != nil {
		return nil, fault(err, "make the folder", folder)
	}
	if at.Host == "" {
		at.Host = "localhost"
	}
	e := &Events{fs: d.fs}
	for n := 0; ; n++ { // the name orders the files: TensorBoard reads them sorted
		e.path = filepath.Join(folder, fmt.Sprintf("events.out.tfevents.%010d.%s.%d.%d", at.Time.Unix(), at.Host, at.PID, n))
		if _, err := d.fs.Stat(e.path); err != nil {
			break
		}
	}
	var err error
	if e.file, err = d.fs.Create(e.path); err != nil {
		return nil, fault(err, "open", e.path)
	}
	version := appendTag(e.begin(at.Time, 0), eventFileVersion, wireBytes)
	e.event = appendBytes(version, []byte("brain.Event:2"))
	err = e.flushEvent()
	if err == nil && at.Step > 0 {
		e.body = appendTag(e.body[:0], sessionStatus, wireVarint)
		e.body = binary.AppendUvarint(e.body, sessionStatusOpen)
		e.event = appendBytes(appendTag(e.begin(at.Time, at.Step+1), eventSessionLog, wireBytes), e.body)
		err = e.flushEvent()
	}
	if err != nil {
		e.file.Close()
		return nil, err
	}
	return e, nil
}

// Write appends one event with all scalars, sorted by name.
func (e *Events) Write(step uint64, at time.Time, scalars map[string]float64) error {
	e.body = e.body[:0]
	for _, name := range sortedNames(scalars) {
		e.value = appendBytes(appendTag(e.value[:0], valueTag, wireBytes), []byte(name))
		e.value = appendTag(e.value, valueSimple, wireFixed32)
		e.value = binary.LittleEndian.AppendUint32(e.value, math.Float32bits(float32(scalars[name])))
		e.body = appendBytes(appendTag(e.body, summaryValue, wireBytes), e.value)
	}
	e.event = appendBytes(appendTag(e.begin(at, step), eventSummary, wireBytes), e.body)
	return e.flushEvent()
}

// begin starts an event with its time and step.
func (e *Events) begin(at time.Time, step uint64) []byte {
	b := appendTag(e.event[:0], eventWallTime, wireFixed64)
	seconds := float64(at.Unix()) + float64(at.Nanosecond())/1e9
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(seconds))
	if step == 0 { // proto3 leaves zeros out
		return b
	}
	return binary.AppendUvarint(appendTag(b, eventStep, wireVarint), step)
}

// flushEvent frames the event and writes it: length u64, masked CRC32C of the
// length, data, masked CRC32C of the data.
func (e *Events) flushEvent() error {
	b := binary.LittleEndian.AppendUint64(e.frame[:0], uint64(len(e.event)))
	b = binary.LittleEndian.AppendUint32(b, maskedSum(b))
	b = append(b, e.event...)
	e.frame = binary.LittleEndian.AppendUint32(b, maskedSum(e.event))
	if _, err := e.file.Write(e.frame); err != nil {
		return fault(err, "write", e.path)
	}
	return nil
}

// maskedSum is TensorFlow's checksum of checksums that lie in the data.
func maskedSum(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

func appendTag(b []byte, field, wire uint64) []byte { return binary.AppendUvarint(b, field<<3|wire) }

func appendBytes(b, data []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(data))), data...)
}

// Path returns the file's name.
func (e *Events) Path() string { return e.path }

// Sync returns when all events are on the disk.
func (e *Events) Sync() error {
	if err := e.file.Sync(); err != nil {
		return fault(err, "sync", e.path)
	}
	return nil
}

// Close closes the file.
func (e *Events) Close() error { return e.file.Close() }
