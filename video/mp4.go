package video

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os/exec"
	"strings"
)

// mp4Writer hands raw frames to ffmpeg.
type mp4Writer struct {
	file
	ffmpeg *exec.Cmd
	in     io.WriteCloser
	said   bytes.Buffer // what ffmpeg wrote to its standard error
}

func findFFmpeg() (string, error) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return "", ErrNoFFmpeg
	}
	return path, nil
}

func newMP4(out file, seconds float64) (*mp4Writer, error) {
	path, err := findFFmpeg()
	if err != nil {
		out.Abort()
		return nil, err
	}
	const micro = 1e6
	w := &mp4Writer{file: out}
	w.ffmpeg = exec.Command(path, "-hide_banner", "-loglevel", "error", "-y",
		"-f", "rawvideo", "-pixel_format", "rgba", "-video_size", fmt.Sprintf("%dx%d", out.size.X, out.size.Y),
		"-framerate", fmt.Sprintf("%d/%d", int(micro), int(math.Round(seconds*micro))), "-i", "pipe:0",
		// Players of every kind take this form of colour, and the index in front lets a browser begin at once.
		"-an", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", out.f.Name())
	w.ffmpeg.Stderr = &w.said
	w.in, err = w.ffmpeg.StdinPipe()
	if err == nil {
		err = w.ffmpeg.Start()
	}
	if err != nil {
		out.Abort()
		return nil, fmt.Errorf("video: %s: ffmpeg cannot be started: %w", out.path, err)
	}
	return w, nil
}

// Frame sends the frame's rows.
func (w *mp4Writer) Frame(img *image.RGBA) error {
	if err := w.check(img); err != nil {
		return err
	}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		at := img.PixOffset(b.Min.X, y)
		if _, err := w.in.Write(img.Pix[at : at+4*b.Dx()]); err != nil {
			return w.failed(err)
		}
	}
	return nil
}

// failed ends ffmpeg and tells its own words.
func (w *mp4Writer) failed(err error) error {
	w.in.Close()
	err = errors.Join(w.ffmpeg.Wait(), err)
	if said := strings.TrimSpace(w.said.String()); said != "" {
		err = errors.New(said)
	}
	return fmt.Errorf("video: %s: ffmpeg failed: %w", w.path, err)
}

// Close waits until ffmpeg has written everything.
func (w *mp4Writer) Close() error {
	err := w.in.Close()
	if waited := w.ffmpeg.Wait(); waited != nil || err != nil {
		w.file.Abort()
		if said := strings.TrimSpace(w.said.String()); said != "" {
			return fmt.Errorf("video: %s: ffmpeg failed: %s", w.path, said)
		}
		return fmt.Errorf("video: %s: ffmpeg failed: %w", w.path, errors.Join(waited, err))
	}
	return w.finish()
}

// Abort stops ffmpeg and removes the file.
func (w *mp4Writer) Abort() {
	w.ffmpeg.Process.Kill()
	w.in.Close()
	w.ffmpeg.Wait() // its answer is that it was killed
	w.file.Abort()
}
