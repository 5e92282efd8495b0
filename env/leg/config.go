package leg

import (
	"errors"
	"fmt"
)

// Path is the curve that the foot follows at 1 Hz.
type Path int

const (
	Ellipse Path = iota // half axes 0.06 m and 0.03 m around (0, -0.22) m
	Semi                // the upper half of it, forth and back along a flat bottom
)

// Integrator advances the equations of motion by 2 ms.
type Integrator int

const (
	RK4          Integrator = iota // classical Runge-Kutta
	SemiImplicit                   // semi-implicit Euler
)

// Config chooses a leg task; environments.md section 7 names the fields' values.
type Config struct {
	Path        Path
	Repeat      int // integrator steps of 2 ms an action: 1 is 500 Hz, 5 is 100 Hz
	Integrator  Integrator
	PaperReward bool    // the paper's unscaled reward: length scales of 1 m and 1 m/s
	RandomPhase bool    // the path starts anywhere instead of at its front
	Hardware    bool    // encoders, filtered speeds, torque noise, delay, varied masses
	Coulomb     float64 // N m of dry friction per joint
	AngleStd    float64 // rad, standard deviation of the joint angles at reset
	SpeedStd    float64 // rad/s, standard deviation of the joint speeds at reset
}

// DefaultConfig is leg2r/ellipse: 500 Hz, RK4, reset noise of 0.02 rad and 0.05 rad/s.
func DefaultConfig() Config {
	return Config{Path: Ellipse, Repeat: 1, Integrator: RK4, AngleStd: 0.02, SpeedStd: 0.05}
}

// Validate returns all faults of c.
func (c Config) Validate() error {
	var faults []error
	if c.Path != Ellipse && c.Path != Semi {
		faults = append(faults, fmt.Errorf("leg: Path is %d; use leg.Ellipse or leg.Semi", c.Path))
	}
	if c.Integrator != RK4 && c.Integrator != SemiImplicit {
		faults = append(faults, fmt.Errorf("leg: Integrator is %d; use leg.RK4 or leg.SemiImplicit", c.Integrator))
	}
	if c.Repeat < 1 || c.Repeat > episodeTicks {
		faults = append(faults, fmt.Errorf("leg: Repeat is %d; use 1 to %d integrator steps", c.Repeat, episodeTicks))
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"Coulomb", c.Coulomb}, {"AngleStd", c.AngleStd}, {"SpeedStd", c.SpeedStd}} {
		if !(f.value >= 0 && f.value < 1e3) {
			faults = append(faults, fmt.Errorf("leg: %s is %g; use a number from 0 to 1000", f.name, f.value))
		}
	}
	return errors.Join(faults...)
}

// variant is the part of the task id after the colon, empty for none.
func (c Config) variant() string {
	suffix := ""
	for _, v := range []struct {
		on   bool
		name string
	}{{c.PaperReward, "paper"}, {c.RandomPhase, "randphase"}, {c.Hardware, "hw"}} {
		switch {
		case v.on && suffix == "":
			suffix = ":" + v.name
		case v.on:
			suffix += "+" + v.name
		}
	}
	return suffix
}

// id is the task's name. A Repeat other than 1 shows as its control rate.
func (c Config) id() string {
	name := "leg2r/ellipse"
	if c.Path == Semi {
		name = "leg2r/semi"
	}
	if c.Repeat != 1 {
		name += fmt.Sprintf("-%.4ghz", 1/(tick*float64(c.Repeat)))
	}
	return name + c.variant()
}
