package video

import (
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Writer takes the frames of one video. Exactly one of Close and Abort ends it.
type Writer interface {
	// Frame appends a frame of the video's size; img may be changed afterwards.
	Frame(img *image.RGBA) error
	// Close completes the file and gives it its name.
	Close() error
	// Abort removes what was written.
	Abort()
}

// FormatError is a path whose ending is no format.
type FormatError struct{ Path string }

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s: a video's name ends with .gif or .mp4", e.Path)
}

// SizeError is a size that a format cannot have.
type SizeError struct {
	Size image.Point
	Need string
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("a size of %dx%d pixels; %s", e.Size.X, e.Size.Y, e.Need)
}

// ErrNoFFmpeg is returned for an MP4 where no ffmpeg is on PATH.
var ErrNoFFmpeg = errors.New("an .mp4 needs the program ffmpeg on PATH: install it (Debian: apt-get install ffmpeg), or write a .gif")

// The sizes that every format takes, in pixels.
const minSide, maxSide = 16, 4096

// Check tells whether a video of that name and size can be written here:
// *FormatError, *SizeError, ErrNoFFmpeg, or nil. It does not touch the path.
func Check(path string, size image.Point) error {
	ending := strings.ToLower(filepath.Ext(path))
	if ending != ".gif" && ending != ".mp4" {
		return &FormatError{path}
	}
	if min(size.X, size.Y) < minSide || max(size.X, size.Y) > maxSide {
		return &SizeError{size, fmt.Sprintf("each side must be %d to %d", minSide, maxSide)}
	}
	if ending == ".gif" {
		return nil
	}
	if size.X%2 != 0 || size.Y%2 != 0 {
		return &SizeError{size, "an .mp4 needs an even width and height"}
	}
	_, err := findFFmpeg()
	return err
}

// Create begins a video at path; the format follows from its ending. Each frame
// is shown for the given time, at least 0.02 s. Until Close, the data lies in
// path with ".part" added; an error of opening that one is an *fs.PathError.
func Create(path string, size image.Point, seconds float64) (Writer, error) {
	if err := Check(path, size); err != nil {
		return nil, err
	}
	if !(seconds >= shortest-1e-9 && seconds < 60) {
		return nil, fmt.Errorf("video: %s: frames of %g s; give %g to 60", path, seconds, shortest)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, &os.PathError{Op: "create", Path: path, Err: errors.New("is a directory")}
	}
	f, err := os.Create(path + ".part")
	if err != nil {
		return nil, err
	}
	out := file{f: f, path: path, size: size}
	if strings.EqualFold(filepath.Ext(path), ".gif") {
		return newGIF(out, seconds), nil
	}
	return newMP4(out, seconds)
}

// file is the file that a writer fills.
type file struct {
	f    *os.File
	path string
	size image.Point
}

func (o *file) check(img *image.RGBA) error {
	if got := img.Bounds().Size(); got != o.size {
		return fmt.Errorf("video: %s: a frame of %dx%d pixels in a video of %dx%d", o.path, got.X, got.Y, o.size.X, o.size.Y)
	}
	return nil
}

// finish gives the complete file its name.
func (o *file) finish() error {
	err := o.f.Close()
	if err == nil {
		err = os.Rename(o.f.Name(), o.path)
	}
	if err != nil {
		os.Remove(o.f.Name())
	}
	return err
}

// Abort removes the file.
func (o *file) Abort() {
	o.f.Close()
	os.Remove(o.f.Name())
}

// Pace is which steps of an episode become frames.
type Pace struct {
	Stride  int     // every so many steps
	Seconds float64 // how long a frame is shown
}

const (
	shortest = 0.02 // s of a frame: what viewers of GIF keep to
	longest  = 0.2  // s of a step that is a time and not a turn of a game
	turn     = 1.0 / 30
)

// RealTime is the pace at which a video of steps of dt seconds lasts as long as
// the episode did, with at most 50 frames a second. A task whose step is longer
// than 0.2 s, or has no length, has no time of its own: it is shown at 30 steps
// a second.
func RealTime(dt float64) Pace {
	if !(dt > 0 && dt <= longest) {
		dt = turn
	}
	stride := max(1, int(math.Ceil(shortest/dt-1e-9)))
	return Pace{stride, float64(stride) * dt}
}
