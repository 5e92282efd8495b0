package hand

import (
	"math"
	"strings"
)

// dexterous is the family dext, from Dexterous Gym (environments.md section
// 4.2): two hands pass, throw or swap objects, and one hand spins a pen.
var dexterous = append(withSparse(twoHands()), penspin)

// scene is what the tasks with one arrangement of the hands have in common.
type scene struct {
	id, file, name string // of the task, of its model and of the original, with the object at the $
	what           string
	moving         bool
	objects        int
	boxes          []box // where goals are drawn: box 1, box 2
	pose           bool  // begins in overarmPose
	decay, weight  float64
}

var scenes = []scene{
	{
		id: "$-handover", file: "$_handover", name: "$HandOver", what: "hand a $ over to the other hand", objects: 1,
		boxes: []box{{{.96, 1.04}, {.81, .89}, {.2, .26}}, {{.96, 1.04}, {.60, .68}, {.2, .26}}},
		decay: 1, weight: 20,
	},
	{
		id: "$-catch-underarm", file: "$_catch_underarm", name: "$CatchUnderarm", what: "throw a $ underarm to the other hand",
		moving: true, objects: 1, decay: .2, weight: 50,
		boxes: []box{{{.9, 1.1}, {.33, .5}, {.1, .4}}, {{.9, 1.1}, {.85, 1.02}, {.1, .4}}},
	},
	{
		id: "$-catch-underarm-hard", file: "$_catch_underarm_hard", name: "$CatchUnderarmHard", what: "throw a $ underarm over a wide gap",
		moving: true, objects: 1, decay: .2, weight: 50,
		boxes: []box{{{.97, 1.03}, {.08, .15}, {.15, .35}}, {{.97, 1.03}, {1.20, 1.27}, {.15, .35}}},
	},
	{
		id: "$-catch-overarm", file: "$_catch_overarm", name: "$CatchOverarm", what: "throw a $ overarm to the other hand",
		moving: true, objects: 1, pose: true, decay: .2, weight: 50,
		boxes: []box{{{.9, 1.1}, {-.05, .05}, {.4, .5}}, {{.9, 1.1}, {1.25, 1.35}, {.4, .5}}},
	},
	{
		id: "two-$-catch-underarm", file: "two_$_catch_underarm", name: "Two$CatchUnderArm", what: "swap two objects ($) by throwing both at once",
		moving: true, objects: 2, decay: .2, weight: 50,
		boxes: []box{{{.97, 1.03}, {.38, .45}, {.15, .35}}, {{.97, 1.03}, {.9, .97}, {.15, .35}}},
	},
}

func twoHands() []task {
	var tasks []task
	for _, s := range scenes {
		for _, object := range []string{"Egg", "Block", "Pen"} {
			tasks = append(tasks, s.task(object))
		}
	}
	return tasks
}

func (s scene) task(object string) task {
	with := func(text, object string) string { return strings.ReplaceAll(text, "$", object) }
	name := with(s.name, object)
	t := task{
		id: "dext/" + with(s.id, lower(object)), names: []string{name + "-v0"}, sparse: []string{name + "Sparse-v0"},
		summary: with(s.what, lower(object)), limit: 75,
		source: dexterousGym, model: "hand/" + with(s.file, lower(object)) + ".xml",
		hands: 2, moving: s.moving, objects: s.objects,
		start: start{rotation: anyAxis, settle: 10},
		goal:  goal{boxes: s.boxes, rotation: anyAxis},
		score: score{
			positioned: true, near: .01, aligned: .1,
			dense: func(dp, dr float64) float64 { return math.Exp(-s.decay * (s.weight*dp + dr)) },
		},
	}
	if object == "Pen" {
		t.start.rotation = unturned
	}
	if s.pose {
		turn := []float64{1, 0, 0, 0}
		if object == "Pen" {
			turn = []float64{.5, .5, .5, .5} // 1 1 1 1 in the original, whose MuJoCo normalises it
		}
		t.start = start{pose: append(append(overarmPose[:len(overarmPose):len(overarmPose)], turn...), 1, .7, -24370.4, 1, 0, 0, 0)}
	}
	return t
}

// penspin turns the pen about its first body axis while it lies flat; the pen
// and its reset are those of hand/pen.
var penspin = func() task {
	t := manipulate("pen", "Pen", anyAxis, true)
	t.id, t.names = "dext/penspin", []string{"PenSpin-v0", "dext/spin", "spin"}
	t.summary, t.limit = "spin a pen in the hand", 250
	t.goal = goal{none: true}
	t.score = score{spin: true}
	return t
}()

func lower(object string) string { return strings.ToLower(object) }

// overarmPose is qpos at the start of the overarm throws up to the object's
// rotation: the joints of both hands, which hold the object ready, and its place.
var overarmPose = []float64{
	-1.69092e-16, 1.28969e-13, -.0983158, .00671436, 8.81387e-05, -6.18241e-07,
	.00953895, .00197672,
	.000177327, .00967983, .00965064, .0203301,
	.000178503, .0096801, .00965076, .0203529,
	.000178503, .00968019, .00965077, .0203259,
	.00969491, .000176805, .00967987, .00965127, .021756,
	-.000176283, .00969183, .000157871, .00720181, -.00959593,
	1.52536e-12, 2.07967e-12, -.0983158, -.438026, 6.86275e-06, 3.1689e-06,
	-.111061, -.688919,
	-.00154806, .0115532, .746703, .994549,
	-.0971119, .201292, .777997, .885088,
	-.0269409, .0686252, .903907, 1.11351,
	.00921815, -.00116265, .00948305, 1.32187, 1.56106,
	-.322045, .199435, .0400855, -.51436, -1.41563,
	1, -.2, .40267,
}
