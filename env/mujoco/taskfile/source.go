package taskfile

import (
	"fmt"
	"slices"
	"strings"

	"demorl/env/mujoco"
)

// source lists the entries that a source names, with names for them.
func (c *compiler) source(s source) (elements []element, names []string) {
	switch s.kind {
	case "":
		return nil, nil
	case "qpos":
		elements = c.joints(s, mujoco.Qpos)
	case "qvel":
		elements = c.joints(s, mujoco.Qvel)
	case "sin":
		elements = c.joints(s, mujoco.SinQpos)
	case "cos":
		elements = c.joints(s, mujoco.CosQpos)
	case "action":
		if s.names != nil {
			for _, name := range s.names {
				elements = append(elements, element{field: actionField, index: c.id(s, mujoco.Actuator, name), minus: nothing})
			}
			break
		}
		elements = c.cut(s, actionField, c.task.spec.ActDim)
	case "field":
		f, ok := mujoco.FieldByName(s.names[0])
		if !ok || len(s.names) != 1 {
			c.fault(s.place, "%q is no array that tasks may read%s", strings.Join(s.names, ", "), nearest(s.names[0], mujoco.FieldNames()))
			return nil, nil
		}
		elements = c.cut(s, f, len(c.sim.Field(f)))
	case "sensor":
		if s.names == nil {
			c.fault(s.place, "name the sensor")
		}
		for _, name := range s.names {
			before := len(c.faults)
			i := c.id(s, mujoco.Sensor, name)
			if len(c.faults) > before { // there may be no sensor at all; one number stands for it
				elements, names = append(elements, element{field: mujoco.Sensordata, minus: nothing}), append(names, name)
				continue
			}
			first := int(c.sim.Index(mujoco.SensorAdr)[i])
			for k := range int(c.sim.Index(mujoco.SensorDim)[i]) {
				elements = append(elements, element{field: mujoco.Sensordata, index: first + k, minus: nothing})
				names = append(names, fmt.Sprintf("%s[%d]", name, k))
			}
		}
		return elements, names
	default:
		return c.places(s)
	}
	for _, e := range elements {
		names = append(names, c.name(s.kind, e))
	}
	return elements, names
}

// name is how a Spec calls an entry: by its joint or actuator where that has a
// name and is one number, else by its index.
func (c *compiler) name(kind string, e element) string {
	array, object := kind, ""
	switch {
	case e.field == actionField:
		object = c.sim.Name(mujoco.Actuator, e.index)
	case kind == "field":
		array = e.field.String()
	default:
		address := c.sim.Index(mujoco.JntQposadr)
		if e.field == mujoco.Qvel {
			address = c.sim.Index(mujoco.JntDofadr)
		}
		const slide = 2 // and hinge, the joints of one number, come after it
		for j, first := range address {
			if int(first) == e.index && c.sim.Index(mujoco.JntType)[j] >= slide {
				object = c.sim.Name(mujoco.Joint, j)
			}
		}
	}
	if object == "" {
		object = fmt.Sprint(e.index)
	}
	return array + "[" + object + "]"
}

// id is the number of a named object; one that does not exist is a fault.
func (c *compiler) id(s source, kind mujoco.Kind, name string) int {
	id, err := c.sim.ID(kind, name)
	if err != nil {
		var all []string
		for i := range c.count(kind) {
			if n := c.sim.Name(kind, i); n != "" {
				all = append(all, n)
			}
		}
		known := "none"
		if len(all) > 0 {
			known = strings.Join(all, ", ")
		}
		c.fault(s.place, "the model has no %s called %q%s; it has %s", kind, name, nearest(name, all), known)
		return 0
	}
	return id
}

// count is the number of objects of a kind; there is at least one to stand for
// a name that was not found.
func (c *compiler) count(kind mujoco.Kind) int {
	switch kind {
	case mujoco.Body:
		return len(c.sim.Field(mujoco.BodyMass))
	case mujoco.Joint:
		return len(c.sim.Index(mujoco.JntType))
	case mujoco.Geom:
		return len(c.sim.Index(mujoco.GeomType))
	case mujoco.Site:
		return len(c.sim.Index(mujoco.SiteBodyid))
	case mujoco.Actuator:
		return len(c.sim.Field(mujoco.Ctrl))
	}
	return len(c.sim.Index(mujoco.SensorAdr))
}

// cut takes entries from one on of an array.
func (c *compiler) cut(s source, f mujoco.Field, length int) (out []element) {
	to := length
	if s.count > 0 {
		to = s.from + s.count
	}
	if s.from >= length || to > length {
		c.fault(s.place, "entries %d to %d are not there: the array has %d", s.from, to-1, length)
		return nil
	}
	for i := s.from; i < to; i++ {
		out = append(out, element{field: f, index: i, minus: nothing})
	}
	return out
}

// joints are the entries of joints in an array of positions or velocities.
func (c *compiler) joints(s source, f mujoco.Field) (out []element) {
	if s.names == nil {
		return c.cut(s, f, len(c.sim.Field(f)))
	}
	address, sizes := c.sim.Index(mujoco.JntQposadr), [4]int{7, 4, 1, 1}
	if f == mujoco.Qvel {
		address, sizes = c.sim.Index(mujoco.JntDofadr), [4]int{6, 3, 1, 1}
	}
	for _, name := range s.names {
		before := len(c.faults)
		j := c.id(s, mujoco.Joint, name)
		if len(c.faults) > before {
			continue
		}
		for k := range sizes[c.sim.Index(mujoco.JntType)[j]] {
			out = append(out, element{field: f, index: int(address[j]) + k, minus: nothing})
		}
	}
	return out
}

// axisNames are the entries of a position, then those of a rotation matrix.
var axisNames = []string{"x", "y", "z", "xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"}

// places are positions and orientations of bodies, sites or geoms.
func (c *compiler) places(s source) (elements []element, names []string) {
	kind, position, rotation := mujoco.Body, mujoco.Xpos, mujoco.Xmat
	switch s.kind {
	case "site":
		kind, position, rotation = mujoco.Site, mujoco.SiteXpos, mujoco.SiteXmat
	case "geom":
		kind, position, rotation = mujoco.Geom, mujoco.GeomXpos, mujoco.GeomXmat
	}
	axes := s.axes
	if axes == nil {
		axes = axisNames[:3]
	}
	for _, name := range s.names {
		id := c.id(s, kind, name)
		for _, axis := range axes {
			k := slices.Index(axisNames, axis)
			e := element{field: position, index: 3*id + k, minus: nothing}
			if k >= 3 {
				e.field, e.index = rotation, 9*id+k-3
			}
			if k < 0 {
				c.fault(s.place, "%q is no axis; known are %s", axis, strings.Join(axisNames, ", "))
				continue
			}
			elements, names = append(elements, e), append(names, name+"."+axis)
		}
	}
	if s.names == nil {
		c.fault(s.place, "name the %s", s.kind)
	}
	return elements, names
}
