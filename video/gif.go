package video

import (
	"bufio"
	"compress/lzw"
	"encoding/binary"
	"fmt"
	"image"
	"math"
)

// gifWriter writes GIF89a as the frames come, so that a long video needs no
// more memory than a short one. image/gif encodes only whole animations.
// Colours are those of the first frames; a frame that they do not suit has its
// own. Of every frame only the rectangle that changed is written, and pixels
// within it that stay are transparent.
type gifWriter struct {
	file
	out     *bufio.Writer
	seconds float64
	written int // frames
	first   []*image.RGBA
	palette *palette
	shown   []rgb // what a viewer sees after the frames so far
	now     []rgb // scratch: the present frame in the palette's colours
	index   []uint8
}

const (
	paletteFrames = 12 // how many of the first frames the colours are taken from
	worst         = 6  // mean error of a frame in levels of 255 at which it gets colours of its own
	clear         = 255
)

func newGIF(out file, seconds float64) *gifWriter {
	n := out.size.X * out.size.Y
	return &gifWriter{file: out, out: bufio.NewWriter(out.f), seconds: seconds,
		shown: make([]rgb, n), now: make([]rgb, n), index: make([]uint8, n)}
}

// Frame appends a frame; the first few are kept until the colours are chosen.
func (w *gifWriter) Frame(img *image.RGBA) error {
	if err := w.check(img); err != nil {
		return err
	}
	if w.palette == nil {
		copied := image.NewRGBA(image.Rectangle{Max: w.size})
		b := img.Bounds()
		for y := range w.size.Y {
			at := img.PixOffset(b.Min.X, b.Min.Y+y)
			copy(copied.Pix[4*w.size.X*y:], img.Pix[at:at+4*w.size.X])
		}
		w.first = append(w.first, copied)
		if len(w.first) < paletteFrames {
			return nil
		}
		return w.begin()
	}
	return w.append(img)
}

// begin chooses the colours and writes the header and the frames so far.
func (w *gifWriter) begin() error {
	w.palette = newPalette(w.first...)
	head := []byte("GIF89a")
	head = binary.LittleEndian.AppendUint16(head, uint16(w.size.X))
	head = binary.LittleEndian.AppendUint16(head, uint16(w.size.Y))
	head = append(head, 0xF7, 0, 0) // a table of 256 colours; background; square pixels
	head = append(head, w.palette.table()...)
	head = append(head, "\x21\xFF\x0BNETSCAPE2.0\x03\x01\x00\x00\x00"...) // repeat for ever
	if _, err := w.out.Write(head); err != nil {
		return err
	}
	for _, img := range w.first {
		if err := w.append(img); err != nil {
			return err
		}
	}
	w.first = nil
	return nil
}

func (w *gifWriter) append(img *image.RGBA) error {
	p, own := w.palette, false
	if p.apply(img, w.now, w.index) > worst {
		p, own = newPalette(img), true
		p.apply(img, w.now, w.index)
	}
	changed := w.changed()
	head := []byte{0x21, 0xF9, 4, 1<<2 | 1} // leave what is there; one index is transparent
	head = binary.LittleEndian.AppendUint16(head, uint16(w.delay()))
	head = append(head, clear, 0, 0x2C)
	for _, v := range []int{changed.Min.X, changed.Min.Y, changed.Dx(), changed.Dy()} {
		head = binary.LittleEndian.AppendUint16(head, uint16(v))
	}
	if own {
		head = append(append(head, 0x87), p.table()...)
	} else {
		head = append(head, 0)
	}
	if _, err := w.out.Write(append(head, 8)); err != nil { // 8: bits of an index
		return err
	}
	blocks := &blockWriter{out: w.out}
	packer := lzw.NewWriter(blocks, lzw.LSB, 8)
	for y := changed.Min.Y; y < changed.Max.Y; y++ {
		for at := y*w.size.X + changed.Min.X; at < y*w.size.X+changed.Max.X; at++ {
			if w.written > 0 && w.now[at] == w.shown[at] {
				w.index[at] = clear
			}
		}
		if _, err := packer.Write(w.index[y*w.size.X+changed.Min.X : y*w.size.X+changed.Max.X]); err != nil {
			return err
		}
	}
	if err := packer.Close(); err != nil {
		return err
	}
	copy(w.shown, w.now)
	w.written++
	return blocks.end()
}

// delay of the next frame in hundredths of a second; the rounding of one is
// made good by the next.
func (w *gifWriter) delay() int {
	at := func(frame int) float64 { return math.Round(float64(frame) * w.seconds * 100) }
	return int(at(w.written+1) - at(w.written))
}

// changed is the rectangle of the pixels that differ from what is shown; where
// none does, it is one pixel, since a frame has at least that.
func (w *gifWriter) changed() image.Rectangle {
	if w.written == 0 {
		return image.Rectangle{Max: w.size}
	}
	r := image.Rectangle{Min: w.size}
	for at, c := range w.now {
		if c != w.shown[at] {
			x, y := at%w.size.X, at/w.size.X
			r.Min.X, r.Min.Y = min(r.Min.X, x), min(r.Min.Y, y)
			r.Max.X, r.Max.Y = max(r.Max.X, x+1), max(r.Max.Y, y+1)
		}
	}
	if r.Empty() {
		return image.Rect(0, 0, 1, 1)
	}
	return r
}

// Close writes what is left.
func (w *gifWriter) Close() error {
	err := w.complete()
	if err != nil {
		w.Abort()
		return fmt.Errorf("video: %s: %w", w.path, err)
	}
	return w.finish()
}

func (w *gifWriter) complete() error {
	if w.palette == nil {
		if len(w.first) == 0 {
			return fmt.Errorf("no frame was written")
		}
		if err := w.begin(); err != nil {
			return err
		}
	}
	if err := w.out.WriteByte(0x3B); err != nil {
		return err
	}
	return w.out.Flush()
}

// blockWriter cuts data into the blocks of at most 255 bytes that GIF has.
type blockWriter struct {
	out   *bufio.Writer
	block [256]byte // length, then data
}

func (b *blockWriter) Write(data []byte) (int, error) {
	for _, c := range data {
		b.block[0]++
		b.block[b.block[0]] = c
		if b.block[0] == 255 {
			if _, err := b.out.Write(b.block[:]); err != nil {
				return 0, err
			}
			b.block[0] = 0
		}
	}
	return len(data), nil
}

// end writes the last block and the empty one that ends them.
func (b *blockWriter) end() error {
	if n := int(b.block[0]); n > 0 {
		if _, err := b.out.Write(b.block[:n+1]); err != nil {
			return err
		}
	}
	return b.out.WriteByte(0)
}
