package leg

import (
	"image"
	"image/color"
	"math"

	"demorl/env"
	"demorl/env/draw"
)

var _ env.Renderer = (*Leg)(nil)

// trail is where the foot was in the frames of one episode, for frames only.
type trail struct {
	ticks int // of the last frame
	foot  [][2]float64
}

const trailTicks = 500 // integrator steps that the trail shows: once around the path

var ghost = color.RGBA{0xe8, 0xa8, 0x7c, 0xff}

// Frame draws both links, the reference path with the point where the foot
// should be now, and where the foot was in the frames of the last second.
func (l *Leg) Frame(img *image.RGBA) error {
	c := draw.NewCanvas(img, 0, -0.125, 0.38, 0.38)
	c.Path(l.reference(), 0.003, draw.Goal)
	l.remember()
	c.Path(l.trail.foot, 0.003, ghost)

	kneeX, kneeZ := link1*math.Sin(l.x[0]), -link1*math.Cos(l.x[0])
	footX, footZ := l.Foot()
	c.Polygon([][2]float64{{-0.05, 0.012}, {0.05, 0.012}, {0.05, 0.03}, {-0.05, 0.03}}, draw.Faint)
	c.Line(0, 0, kneeX, kneeZ, 0.02, draw.Ink)
	c.Line(kneeX, kneeZ, footX, footZ, 0.014, draw.Steel)
	c.Disc(0, 0, 0.014, draw.Ink)
	c.Disc(kneeX, kneeZ, 0.012, draw.Ink)
	for _, joint := range [][2]float64{{0, 0}, {kneeX, kneeZ}} {
		c.Disc(joint[0], joint[1], 0.005, draw.Paper)
	}
	targetX, targetZ := l.Target()
	c.Disc(footX, footZ, 0.0075, draw.Effort)
	c.Ring(targetX, targetZ, 0.009, 0.0025, draw.Goal)
	return nil
}

// reference is the whole path of the foot.
func (l *Leg) reference() [][2]float64 {
	const parts = 120
	at := *l
	var path [][2]float64
	for i := range parts + 1 {
		at.phase, at.ticks = 2*math.Pi*float64(i)/parts, 0
		x, z := at.Target()
		path = append(path, [2]float64{x, z})
	}
	return path
}

// remember adds the foot to the trail; an earlier tick than the last frame's is
// another episode.
func (l *Leg) remember() {
	if l.trail == nil {
		l.trail = &trail{}
	}
	t := l.trail
	if l.ticks < t.ticks || l.ticks == 0 {
		t.foot = t.foot[:0]
	}
	if l.ticks > t.ticks || len(t.foot) == 0 {
		if n := len(t.foot); n > 0 && n*(l.ticks-t.ticks) > trailTicks {
			t.foot = append(t.foot[:0], t.foot[1:]...)
		}
		x, z := l.Foot()
		t.foot = append(t.foot, [2]float64{x, z})
	}
	t.ticks = l.ticks
}
