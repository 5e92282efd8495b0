package solid

import (
	"image"
	"math"
	"testing"
)

func BenchmarkDraw(b *testing.B) {
	eye := [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}
	s := Scene{Camera: LookAt(Vec{0, -3, 1}, Vec{0, 0, 0.5}, math.Pi/4), Cell: 0.5}
	s.Shapes = append(s.Shapes, Shape{Kind: Plane, Rotation: eye, Color: [4]float64{.8, .9, .8, 1}})
	for i := range 10 {
		s.Shapes = append(s.Shapes, Shape{Kind: Capsule, Rotation: eye, Size: Vec{.05, .05, .2}, Position: Vec{float64(i)/5 - 1, 0, .5}, Color: [4]float64{.8, .6, .4, 1}})
	}
	img := image.NewRGBA(image.Rect(0, 0, 480, 360))
	var d Drawer
	for b.Loop() {
		d.Draw(img, s)
	}
}
