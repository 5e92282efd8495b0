package mujoco

import "fmt"

// Field names one array of a simulation. The order is that of DM_FIELDS in shim.h.
type Field int

// The arrays of mjData and mjModel that a task may read, with their shapes;
// sizes are those of the model. SinQpos and CosQpos are the C library's sine
// and cosine of Qpos, filled after Sim.Trigonometry.
const (
	Qpos              Field = iota // nq
	Qvel                           // nv
	Act                            // na
	Ctrl                           // nu
	MocapPos                       // nmocap x 3
	MocapQuat                      // nmocap x 4
	QaccWarmstart                  // nv
	Qacc                           // nv
	Xpos                           // nbody x 3
	Xquat                          // nbody x 4
	Xmat                           // nbody x 9
	Xipos                          // nbody x 3
	Ximat                          // nbody x 9
	GeomXpos                       // ngeom x 3
	GeomXmat                       // ngeom x 9
	SiteXpos                       // nsite x 3
	SiteXmat                       // nsite x 9
	SubtreeCom                     // nbody x 3
	Cinert                         // nbody x 10
	Cvel                           // nbody x 6
	Cacc                           // nbody x 6
	CfrcInt                        // nbody x 6
	CfrcExt                        // nbody x 6
	QfrcBias                       // nv
	QfrcPassive                    // nv
	QfrcActuator                   // nv
	QfrcSmooth                     // nv
	QaccSmooth                     // nv
	QfrcConstraint                 // nv
	ActuatorForce                  // nout
	ActuatorLength                 // nout
	ActuatorVelocity               // nout
	TenLength                      // ntendon
	TenVelocity                    // ntendon
	Sensordata                     // nsensordata
	Qpos0                          // nq, the model's reference pose
	BodyMass                       // nbody
	ActuatorCtrlrange              // nu x 2
	SinQpos                        // nq
	CosQpos                        // nq

	numFields
	numNative = SinQpos // fields that are arrays of MuJoCo
)

// String is the name of the array in MuJoCo.
func (f Field) String() string { return fieldNames[f] }

var fieldNames = [numFields]string{
	"qpos", "qvel", "act", "ctrl", "mocap_pos", "mocap_quat", "qacc_warmstart", "qacc", "xpos", "xquat", "xmat",
	"xipos", "ximat", "geom_xpos", "geom_xmat", "site_xpos", "site_xmat", "subtree_com", "cinert", "cvel", "cacc",
	"cfrc_int", "cfrc_ext", "qfrc_bias", "qfrc_passive", "qfrc_actuator", "qfrc_smooth", "qacc_smooth",
	"qfrc_constraint", "actuator_force", "actuator_length", "actuator_velocity", "ten_length", "ten_velocity",
	"sensordata", "qpos0", "body_mass", "actuator_ctrlrange", "sin_qpos", "cos_qpos",
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
