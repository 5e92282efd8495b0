package mujoco

import (
	"fmt"
	"slices"
)

// Field names one array of a simulation. The order is that of DM_FIELDS in shim.h.
type Field int

// The arrays of mjData and mjModel that a task may read, with their shapes;
// sizes are those of the model. SinQpos and CosQpos are the C library's sine
// and cosine of Qpos, filled after Sim.Trigonometry.
const (
	Qpos               Field = iota // nq
	Qvel                            // nv
	Act                             // na
	Ctrl                            // nu
	MocapPos                        // nmocap x 3
	MocapQuat                       // nmocap x 4
	QaccWarmstart                   // nv
	Qacc                            // nv
	Xpos                            // nbody x 3
	Xquat                           // nbody x 4
	Xmat                            // nbody x 9
	Xipos                           // nbody x 3
	Ximat                           // nbody x 9
	GeomXpos                        // ngeom x 3
	GeomXmat                        // ngeom x 9
	SiteXpos                        // nsite x 3
	SiteXmat                        // nsite x 9
	SubtreeCom                      // nbody x 3
	Cinert                          // nbody x 10
	Cvel                            // nbody x 6
	Cacc                            // nbody x 6
	CfrcInt                         // nbody x 6
	CfrcExt                         // nbody x 6
	QfrcBias                        // nv
	QfrcPassive                     // nv
	QfrcActuator                    // nv
	QfrcSmooth                      // nv
	QaccSmooth                      // nv
	QfrcConstraint                  // nv
	ActuatorForce                   // nout
	ActuatorLength                  // nout
	ActuatorVelocity                // nout
	TenLength                       // ntendon
	TenVelocity                     // ntendon
	Sensordata                      // nsensordata
	QfrcApplied                     // nv
	XfrcApplied                     // nbody x 6, force then torque at the centre of mass, world axes
	Qpos0                           // nq, the model's reference pose
	BodyMass                        // nbody
	ActuatorCtrlrange               // nu x 2
	BodyPos                         // nbody x 3
	BodyQuat                        // nbody x 4
	BodyIpos                        // nbody x 3
	BodyInertia                     // nbody x 3
	JntPos                          // njnt x 3
	JntAxis                         // njnt x 3
	JntRange                        // njnt x 2
	DofDamping                      // nv
	DofArmature                     // nv
	DofFrictionloss                 // nv
	GeomSize                        // ngeom x 3
	GeomPos                         // ngeom x 3
	GeomQuat                        // ngeom x 4
	GeomFriction                    // ngeom x 3
	SiteSize                        // nsite x 3
	SitePos                         // nsite x 3
	SiteQuat                        // nsite x 4
	PairFriction                    // npair x 5
	ActuatorGear                    // nu x 6
	ActuatorForcerange              // nu x 2
	ActuatorGainprm                 // nu x 10
	ActuatorBiasprm                 // nu x 10
	KeyQpos                         // nkey x nq
	KeyQvel                         // nkey x nv
	SinQpos                         // nq
	CosQpos                         // nq

	numFields
	numNative = SinQpos // fields that are arrays of MuJoCo
	numData   = Qpos0   // fields of mjData, which come first
)

// String is the name of the array in MuJoCo.
func (f Field) String() string { return fieldNames[f] }

var fieldNames = [numFields]string{
	"qpos", "qvel", "act", "ctrl", "mocap_pos", "mocap_quat", "qacc_warmstart", "qacc", "xpos", "xquat", "xmat",
	"xipos", "ximat", "geom_xpos", "geom_xmat", "site_xpos", "site_xmat", "subtree_com", "cinert", "cvel", "cacc",
	"cfrc_int", "cfrc_ext", "qfrc_bias", "qfrc_passive", "qfrc_actuator", "qfrc_smooth", "qacc_smooth",
	"qfrc_constraint", "actuator_force", "actuator_length", "actuator_velocity", "ten_length", "ten_velocity",
	"sensordata", "qfrc_applied", "xfrc_applied",
	"qpos0", "body_mass", "actuator_ctrlrange", "body_pos", "body_quat", "body_ipos", "body_inertia", "jnt_pos",
	"jnt_axis", "jnt_range", "dof_damping", "dof_armature", "dof_frictionloss", "geom_size", "geom_pos", "geom_quat",
	"geom_friction", "site_size", "site_pos", "site_quat", "pair_friction", "actuator_gear", "actuator_forcerange",
	"actuator_gainprm", "actuator_biasprm", "key_qpos", "key_qvel", "sin_qpos", "cos_qpos",
}

// Index names one array of integers of a model. The order is that of DM_INDICES in shim.h.
type Index int

// The arrays of integers that a task may read, with their shapes.
const (
	JntType       Index = iota // njnt: 0 free, 1 ball, 2 slide, 3 hinge
	JntQposadr                 // njnt, first entry in qpos
	JntDofadr                  // njnt, first entry in qvel
	JntBodyid                  // njnt
	BodyParentid               // nbody
	GeomType                   // ngeom
	GeomBodyid                 // ngeom
	GeomGroup                  // ngeom
	SiteBodyid                 // nsite
	ActuatorTrnid              // nu x 2
	SensorAdr                  // nsensor, first entry in sensordata
	SensorDim                  // nsensor

	numIndices
)

// String is the name of the array in MuJoCo.
func (i Index) String() string { return indexNames[i] }

var indexNames = [numIndices]string{
	"jnt_type", "jnt_qposadr", "jnt_dofadr", "jnt_bodyid", "body_parentid", "geom_type", "geom_bodyid", "geom_group",
	"site_bodyid", "actuator_trnid", "sensor_adr", "sensor_dim",
}

// Kind is a kind of named object of a model, by MuJoCo's numbers (mjtObj).
type Kind int

// The kinds that a task may look up.
const (
	Body     Kind = 1
	Joint    Kind = 3
	Geom     Kind = 5
	Site     Kind = 6
	Tendon   Kind = 18
	Actuator Kind = 19
	Sensor   Kind = 20
)

func (k Kind) String() string {
	return map[Kind]string{Body: "body", Joint: "joint", Geom: "geom", Site: "site", Tendon: "tendon", Actuator: "actuator", Sensor: "sensor"}[k]
}

// Style is how a step calls MuJoCo (environments.md 0.3): what the originals
// do, bit for bit, down to which quantities lag one sub-step behind.
type Style int

// The order is that of the constants in shim.h.
const (
	Gymnasium Style = iota // mj_step for every sub-step, then mj_rnePostConstraint
	Plain                  // mj_step for every sub-step: Gymnasium-Robotics' hands
	Control                // dm_control: mj_step2 first and mj_step1 last, so that positions and velocities are fresh
)

// Contact is one pair of geoms that touch.
type Contact struct {
	Geom1, Geom2 int
	Distance     float64 // m, negative when they overlap
}

// SimError is a failure that MuJoCo reported while it simulated. The episode
// is lost; a reset makes the instance usable again.
type SimError struct {
	Model string  // the model's file name
	Time  float64 // simulation time in seconds when the failing call began
	Text  string  // MuJoCo's own words, with "error" or "warning" before them
}

func (e *SimError) Error() string {
	return fmt.Sprintf("MuJoCo %s in %s at simulation time %g s; reset the episode, and look at the actions and the model if it happens again", e.Text, e.Model, e.Time)
}

// FieldByName finds a field by the name that MuJoCo gives it.
func FieldByName(name string) (Field, bool) {
	for f, n := range fieldNames {
		if n == name {
			return Field(f), true
		}
	}
	return 0, false
}

// FieldNames are the names of all fields.
func FieldNames() []string { return slices.Clone(fieldNames[:]) }
