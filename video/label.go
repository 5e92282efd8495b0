package video

import (
	"image"
	"image/color"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The size of a letter in pixels, and the space around text.
const (
	letterWidth  = 7
	letterHeight = 13
	margin       = 4
)

// Label writes a line of text (ASCII) in the upper left corner, dark on a light
// strip. What does not fit into the picture's width is left out.
func Label(img *image.RGBA, text string) {
	b := img.Bounds()
	text = text[:min(len(text), max(0, (b.Dx()-2*margin)/letterWidth))]
	strip := image.Rect(b.Min.X, b.Min.Y, b.Min.X+len(text)*letterWidth+2*margin, b.Min.Y+letterHeight+2*margin-3)
	strip = strip.Intersect(b)
	for y := strip.Min.Y; y < strip.Max.Y; y++ {
		for x := strip.Min.X; x < strip.Max.X; x++ {
			p := img.Pix[img.PixOffset(x, y):]
			for j := range 3 {
				p[j] = uint8((int(p[j]) + 3*255) / 4)
			}
		}
	}
	pen := font.Drawer{Dst: img, Src: image.NewUniform(color.Gray{40}), Face: basicfont.Face7x13,
		Dot: fixed.P(b.Min.X+margin, b.Min.Y+margin+basicfont.Face7x13.Ascent-2)}
	pen.DrawString(text)
}
