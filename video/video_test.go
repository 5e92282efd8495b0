package video

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// scene is frame k of a small film: a disc that moves over a gradient.
func scene(size image.Point, k int) *image.RGBA {
	img := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			c := color.RGBA{uint8(150 + 80*y/size.Y), uint8(200 - 40*y/size.Y), 210, 255}
			if math.Hypot(float64(x-5-2*k), float64(y-size.Y/2)) < 5 {
				c = color.RGBA{200, 60, 30, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func write(t *testing.T, path string, size image.Point, seconds float64, frames ...*image.RGBA) {
	t.Helper()
	w, err := Create(path, size, seconds)
	if err != nil {
		t.Fatal(err)
	}
	for _, img := range frames {
		if err := w.Frame(img); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.part")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// decode reads a GIF by image/gif and returns what a viewer shows, frame by frame.
func decode(t *testing.T, path string) (frames []*image.RGBA, delays []int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if g.LoopCount != 0 {
		t.Errorf("the loop count is %d; want 0, for ever", g.LoopCount)
	}
	screen := image.NewRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	for i, p := range g.Image {
		if g.Disposal[i] != gif.DisposalNone {
			t.Fatalf("frame %d has disposal %d", i, g.Disposal[i])
		}
		for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
			for x := p.Rect.Min.X; x < p.Rect.Max.X; x++ {
				if c := p.At(x, y); c != (color.RGBA{}) {
					screen.Set(x, y, c)
				}
			}
		}
		shown := image.NewRGBA(screen.Rect)
		copy(shown.Pix, screen.Pix)
		frames = append(frames, shown)
	}
	return frames, g.Delay
}

// meanError is the mean difference in levels a channel.
func meanError(a, b *image.RGBA) float64 {
	sum := 0.0
	for i := range a.Pix {
		sum += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix)) * 4 / 3
}

func TestAGIFShowsItsFrames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "film.GIF")
	size := image.Pt(70, 33)
	var frames []*image.RGBA
	for k := range 30 {
		frames = append(frames, scene(size, k))
	}
	write(t, path, size, 0.024, frames...)
	got, delays := decode(t, path)
	if len(got) != len(frames) {
		t.Fatalf("%d frames; want %d", len(got), len(frames))
	}
	total := 0
	for i := range got {
		if e := meanError(got[i], frames[i]); e > 1.5 {
			t.Errorf("frame %d is %.2f levels off", i, e)
		}
		if delays[i] < 2 || delays[i] > 3 {
			t.Errorf("frame %d lasts %d/100 s", i, delays[i])
		}
		total += delays[i]
	}
	if total != 72 {
		t.Errorf("30 frames of 0.024 s last %d/100 s", total)
	}
}

// Few frames, frames that do not change, and one frame.
func TestShortAndStillGIFs(t *testing.T) {
	for _, n := range []int{1, 2, 20} {
		path := filepath.Join(t.TempDir(), "still.gif")
		size := image.Pt(40, 30)
		var frames []*image.RGBA
		for range n {
			frames = append(frames, scene(size, 3))
		}
		write(t, path, size, 0.05, frames...)
		got, delays := decode(t, path)
		if len(got) != n || delays[n-1] != 5 {
			t.Fatalf("%d frames, the last for %d/100 s; want %d for 5", len(got), delays[len(delays)-1], n)
		}
		if e := meanError(got[n-1], frames[0]); e > 1.5 {
			t.Errorf("the last of %d frames is %.2f levels off", n, e)
		}
		if info, _ := os.Stat(path); n == 20 && info.Size() > 4000 {
			t.Errorf("20 equal frames take %d bytes", info.Size())
		}
	}
}

// Colours that the first frames do not have are shown all the same.
func TestColoursThatComeLate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "late.gif")
	size := image.Pt(64, 48)
	flat := func(c color.RGBA) *image.RGBA {
		img := image.NewRGBA(image.Rectangle{Max: size})
		for y := range size.Y {
			for x := range size.X {
				img.SetRGBA(x, y, c)
			}
		}
		return img
	}
	var frames []*image.RGBA
	for i := range 2 * paletteFrames {
		frames = append(frames, flat(color.RGBA{uint8(i), 100, 90, 255}))
	}
	frames = append(frames, flat(color.RGBA{250, 20, 200, 255}), scene(size, 0), flat(color.RGBA{3, 100, 90, 255}))
	write(t, path, size, 0.02, frames...)
	got, _ := decode(t, path)
	for i, img := range got {
		if e := meanError(img, frames[i]); e > worst {
			t.Errorf("frame %d is %.2f levels off", i, e)
		}
	}
	if e := meanError(got[2*paletteFrames], frames[2*paletteFrames]); e > 0.5 {
		t.Errorf("the frame in one new colour is %.2f levels off", e)
	}
}

// A picture of no more than 255 colours, far enough apart, is exact.
func TestFewColoursAreExact(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 16, 15))
	for i := range 240 {
		img.SetRGBA(i%16, i/16, color.RGBA{uint8(i % 6 * 50), uint8(i / 6 % 6 * 50), uint8(i / 36 * 36), 255})
	}
	p := newPalette(img)
	if e := p.apply(img, make([]rgb, 240), make([]uint8, 240)); e != 0 {
		t.Errorf("240 colours are %v levels off", e)
	}
}

func TestThePalettesOfEqualFramesAreEqual(t *testing.T) {
	a, b := newPalette(scene(image.Pt(64, 48), 1)), newPalette(scene(image.Pt(64, 48), 1))
	if !bytes.Equal(a.table(), b.table()) {
		t.Error("the palette of a frame depends on more than the frame")
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	var format *FormatError
	for _, name := range []string{"film", "film.avi", "gif", ".", ""} {
		if err := Check(name, image.Pt(64, 48)); !errors.As(err, &format) {
			t.Errorf("%q: %v", name, err)
		}
	}
	var size *SizeError
	for _, s := range []image.Point{{0, 0}, {15, 100}, {5000, 100}, {-1, 64}} {
		if err := Check("a.gif", s); !errors.As(err, &size) {
			t.Errorf("%v: %v", s, err)
		}
	}
	if err := Check("a.mp4", image.Pt(65, 48)); !errors.As(err, &size) {
		t.Errorf("an odd width: %v", err)
	}
	if err := Check("a.gif", image.Pt(65, 47)); err != nil {
		t.Error(err)
	}
	var path *fs.PathError
	os.Mkdir(filepath.Join(dir, "folder.gif"), 0o755)
	for _, name := range []string{"nowhere/a.gif", "folder.gif"} {
		if _, err := Create(filepath.Join(dir, name), image.Pt(64, 48), 0.02); !errors.As(err, &path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Create(filepath.Join(dir, "fast.gif"), image.Pt(64, 48), 0.001); err == nil {
		t.Error("frames of a millisecond are taken")
	}
	t.Setenv("PATH", dir)
	if err := Check("a.mp4", image.Pt(64, 48)); !errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("without ffmpeg: %v", err)
	}
}

// A wrong frame, an empty video and an abort leave no file, and an old file stays.
func TestFailuresLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "film.gif")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	size := image.Pt(32, 32)
	w, err := Create(path, size, 0.02)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Frame(scene(image.Pt(33, 32), 0)); err == nil || !strings.Contains(err.Error(), "33x32") {
		t.Errorf("a frame of another size: %v", err)
	}
	w.Abort()
	if w, err = Create(path, size, 0.02); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Error("a video without frames is no error")
	}
	if data, _ := os.ReadFile(path); string(data) != "old" {
		t.Errorf("the old file holds %q", data)
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("the folder holds %v", all)
	}
}

func TestRealTime(t *testing.T) {
	for _, c := range []struct {
		dt      float64
		stride  int
		seconds float64
	}{
		{0.002, 10, 0.02}, {0.008, 3, 0.024}, {0.01, 2, 0.02}, {0.02, 1, 0.02}, {0.05, 1, 0.05}, {0.015, 2, 0.03},
		{1, 1, 1.0 / 30}, {0, 1, 1.0 / 30}, {math.NaN(), 1, 1.0 / 30}, {0.1, 1, 0.1},
	} {
		if p := RealTime(c.dt); p.Stride != c.stride || math.Abs(p.Seconds-c.seconds) > 1e-12 {
			t.Errorf("steps of %v s: %+v; want every %d, %v s", c.dt, p, c.stride, c.seconds)
		}
	}
}

func TestALabelIsInItsCorner(t *testing.T) {
	img := scene(image.Pt(200, 60), 50)
	plain := scene(image.Pt(200, 60), 50)
	Label(img, "step 12")
	dark := 0
	for y := range 60 {
		for x := range 200 {
			if x >= 7*letterWidth+2*margin || y >= letterHeight+2*margin {
				if img.RGBAAt(x, y) != plain.RGBAAt(x, y) {
					t.Fatalf("pixel %d, %d beyond the label changed", x, y)
				}
			} else if img.RGBAAt(x, y).R < 60 {
				dark++
			}
		}
	}
	if dark < 50 || dark > 300 {
		t.Errorf("%d pixels of letters", dark)
	}
	other := scene(image.Pt(200, 60), 50)
	Label(other, "step 13")
	if bytes.Equal(img.Pix, other.Pix) {
		t.Error("other text looks the same")
	}
	Label(img, strings.Repeat("a long text ", 50)) // does not fit
	Label(image.NewRGBA(image.Rect(0, 0, 3, 3)), "x")
}

// ffprobe and ffmpeg read back what the MP4 holds.
func TestAnMP4HoldsItsFrames(t *testing.T) {
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s on PATH (Debian: apt-get install ffmpeg)", name)
		}
	}
	path := filepath.Join(t.TempDir(), "film.mp4")
	size := image.Pt(96, 64)
	var frames []*image.RGBA
	for k := range 16 {
		frames = append(frames, scene(size, k))
	}
	write(t, path, size, 0.024, frames...)
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
		"stream=width,height,pix_fmt,r_frame_rate,nb_read_frames", "-of", "default=noprint_wrappers=1", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"width=96", "height=64", "pix_fmt=yuv420p", "r_frame_rate=125/3", "nb_read_frames=16"} {
		if !strings.Contains(string(out), want+"\n") {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if moov, mdat := bytes.Index(data, []byte("moov")), bytes.Index(data, []byte("mdat")); moov < 0 || moov > mdat {
		t.Errorf("the index at %d is not before the data at %d", moov, mdat)
	}
	raw, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgba", "-").Output()
	if err != nil || len(raw) != 16*96*64*4 {
		t.Fatalf("%d bytes of frames, %v", len(raw), err)
	}
	for k, img := range frames {
		got := &image.RGBA{Pix: raw[k*96*64*4:][:96*64*4], Stride: 96 * 4, Rect: img.Rect}
		if e := meanError(got, img); e > 8 { // compression, and colour at half resolution
			t.Errorf("frame %s is %.1f levels off", strconv.Itoa(k), e)
		}
	}
}

// An ffmpeg that fails is an error with its own words, and leaves nothing.
func TestAnFFmpegThatFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte("#!/bin/sh\nexec <&-\necho 'no such encoder' >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	size := image.Pt(640, 480)
	for _, frames := range []int{0, 20} {
		w, err := Create(filepath.Join(dir, "film.mp4"), size, 0.02)
		if err != nil {
			t.Fatal(err)
		}
		img := image.NewRGBA(image.Rectangle{Max: size})
		var failed error
		for range frames {
			if failed = w.Frame(img); failed != nil {
				w.Abort()
				break
			}
		}
		if failed == nil {
			failed = w.Close()
		}
		if failed == nil || !strings.Contains(failed.Error(), "no such encoder") {
			t.Errorf("after %d frames: %v", frames, failed)
		}
		if all, _ := os.ReadDir(dir); len(all) != 1 {
			t.Errorf("the folder holds %v", all)
		}
	}
}
