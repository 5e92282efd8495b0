package leg

import (
	"fmt"

	"demorl/env"
)

func init() {
	for _, path := range []Path{Ellipse, Semi} {
		for _, repeat := range []int{1, 5} {
			for bits := range 8 {
				cfg := DefaultConfig()
				cfg.Path, cfg.Repeat = path, repeat
				cfg.PaperReward, cfg.RandomPhase, cfg.Hardware = bits&1 != 0, bits&2 != 0, bits&4 != 0
				register(cfg)
			}
		}
	}
}

func register(cfg Config) {
	curve, rate := "an ellipse", 500/cfg.Repeat
	if cfg.Path == Semi {
		curve = "a half ellipse"
	}
	env.Register(env.Task{
		ID:        cfg.id(),
		Family:    "leg2r",
		Summary:   fmt.Sprintf("planar two-link leg, torque control at %d Hz, foot follows %s", rate, curve) + cfg.notes(),
		Make:      func() (env.Env, error) { return New(cfg) },
		Describe:  cfg.spec,
		Published: "leg2r",
	})
}

// notes says what the variants change, for the summary.
func (c Config) notes() string {
	notes := ""
	if c.PaperReward {
		notes += "; the paper's unscaled reward"
	}
	if c.RandomPhase {
		notes += "; random start phase"
	}
	if c.Hardware {
		notes += "; encoders, delay, noise and varied masses"
	}
	return notes
}
