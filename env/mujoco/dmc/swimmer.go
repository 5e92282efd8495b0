package dmc

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"demorl/env/mujoco"
	"demorl/rng"
)

// swimmer is a chain of n links in a viscous fluid.
func swimmer(name string, n int) task {
	return task{
		domain: "swimmer", name: name, summary: fmt.Sprintf("planar chain of %d links, swim to a target", n), links: n,
		aliases:  []string{"dmc/" + name},
		timestep: .002, substeps: 15, repeat: 4, size: size{n + 2, n + 2, n - 1},
		observe: []entry{{"joints", n - 1}, {"to_target", 2}, {"body_velocities", 3 * n}},
		writes:  []mujoco.Field{mujoco.GeomPos},
		scene: func(f *finder) scene {
			radius := f.geom(mujoco.GeomSize, "target")[0]
			c := &chain{
				plant: newPlant(f), nose: f.geom(mujoco.GeomXpos, "nose"), target: f.geom(mujoco.GeomXpos, "target"),
				head: f.body(mujoco.Xmat, "head"), place: f.geom(mujoco.GeomPos, "target"),
				arrived: within(0, radius).falling(5*radius, longTail, .1),
			}
			for i := range n {
				link := "head_vel"
				turning := "head_gyro"
				if i > 0 {
					link, turning = fmt.Sprintf("velocimeter_%d", i-1), fmt.Sprintf("gyro_%d", i-1)
				}
				c.velocities = append(c.velocities, f.sensor(link))
				c.rates = append(c.rates, f.sensor(turning))
			}
			return c
		},
	}
}

// chain is the swimmer.
type chain struct {
	plant
	nose, target      []float64
	head              []float64 // rotation matrix
	place             []float64 // of the target in the model
	velocities, rates [][]float64
	arrived           tolerance // of the nose's distance
}

// reset puts every fifth target close by.
func (c *chain) reset(s *rng.Stream) error {
	c.drawJoints(s)
	box := 2.
	if s.Float64() < .2 {
		box = .3
	}
	c.place[0], c.place[1] = s.Uniform(-box, box), s.Uniform(-box, box)
	return nil
}

func (c *chain) observe(obs []float64) {
	n := copy(obs, c.qpos[3:])
	into(obs[n:n+2], c.target, c.nose, c.head)
	n += 2
	for i, v := range c.velocities {
		obs[n], obs[n+1], obs[n+2] = v[0], v[1], c.rates[i][2]
		n += 3
	}
}

func (c *chain) reward() float64 {
	var away [2]float64
	into(away[:], c.target, c.nose, c.head)
	return c.arrived.at(norm(away[:]))
}

// load loads the task's model. A chain's is dm_control's file with its links,
// motors and sensors written into it.
func (t *task) load() (*mujoco.Sim, error) {
	file, err := mujoco.FindAsset(mujoco.DMControl, t.file())
	if err != nil {
		return nil, err
	}
	if t.links == 0 {
		return mujoco.Load(file)
	}
	files := map[string][]byte{}
	for _, name := range []string{path.Base(t.file()), "common/visual.xml", "common/skybox.xml", "common/materials.xml"} {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(file), name))
		if err != nil {
			return nil, fmt.Errorf("dmc/%s: %w; run `demorl env fetch dmc` again", t.id(), err)
		}
		files[name] = data
	}
	whole, err := withLinks(string(files[path.Base(t.file())]), t.links)
	if err != nil {
		return nil, fmt.Errorf("dmc/%s: %s: %w", t.id(), file, err)
	}
	files[path.Base(t.file())] = []byte(whole)
	return mujoco.LoadFiles(path.Base(t.file()), files)
}

// withLinks adds links behind the head of the model in text, so that there are
// n of them with the head, each with a hinge, a motor and two sensors.
func withLinks(text string, n int) (string, error) {
	const endOfHead, endOfModel = "</body>", "</mujoco>"
	if strings.Count(text, endOfHead) != 1 || strings.Count(text, endOfModel) != 1 {
		return "", fmt.Errorf("the model of a swimmer has one %s and one %s; is this dm_control's own?", endOfHead, endOfModel)
	}
	var bodies, motors, sensors strings.Builder
	limit := 360 / float64(n) // degrees
	for i := range n - 1 {
		fmt.Fprintf(&bodies, `<body name="segment_%d" pos="0 .1 0"><geom class="visual" name="visual_%[1]d"/><geom class="inertial" name="inertial_%[1]d"/>`+
			`<site name="site_%[1]d"/><joint name="joint_%[1]d" range="%[2]g %[3]g"/>`, i, -limit, limit)
		fmt.Fprintf(&motors, `<motor name="motor_%d" joint="joint_%[1]d"/>`, i)
		fmt.Fprintf(&sensors, `<velocimeter name="velocimeter_%d" site="site_%[1]d"/><gyro name="gyro_%[1]d" site="site_%[1]d"/>`, i)
	}
	bodies.WriteString(strings.Repeat("</body>", n-1))
	text = strings.Replace(text, endOfHead, bodies.String()+endOfHead, 1)
	rest := "<actuator>" + motors.String() + "</actuator><sensor>" + sensors.String() + "</sensor>"
	return strings.Replace(text, endOfModel, rest+endOfModel, 1), nil
}
