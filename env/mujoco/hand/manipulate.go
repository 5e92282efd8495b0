package hand

// manipulation is the family hand, from Gymnasium-Robotics (environments.md
// section 4.1): one hand turns an object on its palm. Each task is dense, with a
// sparse variant.
var manipulation = withSparse([]task{
	manipulate("block-rotate-z", "Block", aboutZ, false, "BlockRotateZ"),
	manipulate("block-rotate-parallel", "Block", parallel, false, "BlockRotateParallel"),
	manipulate("block-rotate-xyz", "Block", anyAxis, false, "BlockRotateXYZ"),
	manipulate("block", "Block", anyAxis, true, "Block", "BlockFull"),
	manipulate("egg-rotate", "Egg", anyAxis, false, "EggRotate"),
	manipulate("egg", "Egg", anyAxis, true, "Egg", "EggFull"),
	manipulate("pen-rotate", "Pen", anyAxis, false, "PenRotate"),
	manipulate("pen", "Pen", anyAxis, true, "Pen", "PenFull"),
})

// manipulate makes one dense task. rotation is that of the goal and, for all
// but the pen, of the start; positioned asks for the goal's position too.
func manipulate(id, object string, rotation rotation, positioned bool, originals ...string) task {
	files := map[string]string{"Block": "manipulate_block.xml", "Egg": "manipulate_egg.xml", "Pen": "manipulate_pen.xml"}
	t := task{
		id: "hand/" + id, summary: "turn a " + lower(object) + " in the hand", limit: 100,
		source: robotics, model: "assets/hand/" + files[object],
		hands: 1, objects: 1, center: "object:center",
		start: start{rotation: rotation, noise: .005, settle: 10},
		goal:  goal{rotation: rotation},
		score: score{
			positioned: positioned, near: .01, aligned: .1,
			dense: func(dp, dr float64) float64 { return -(10*dp + dr) },
		},
	}
	for _, original := range originals {
		t.names = append(t.names, "HandManipulate"+original+"Dense-v1")
		t.sparse = append(t.sparse, "HandManipulate"+original+"-v1")
	}
	if positioned {
		t.goal.offset = box{{-.04, .04}, {-.06, .02}, {0, .06}}
		t.summary += " and bring it to a place"
	}
	if object == "Pen" {
		t.start.rotation = unturned
		t.score.near, t.score.rolls = .05, true
	}
	return t
}
