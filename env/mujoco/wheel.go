package mujoco

import (
	"path"
	"strings"
)

// Package is a Python package whose files some tasks need.
type Package int

// The packages, all optional; libmujoco itself comes from another one.
const (
	GymnasiumModels Package = iota
	DMControl
	GymnasiumRobotics
	DexterousGym
	Robel
	PDDM
)

func (p Package) wheel() wheel {
	return [...]wheel{gymnasiumWheel, dmControlWheel, gymnasiumRoboticsWheel, dexterousGymWheel, robelWheel, pddmClone}[p]
}

// wheel is one package of the Python package index, with the hashes of all
// files that may stand for it.
type wheel struct {
	name, version string
	folder        string // where its files go, below the root
	hashes        map[string]string
	trees         []tree // the files that are kept
	whole         string // a file that a complete folder has
	models        string // what users call its files, and the family whose fetch brings them
	family        string
	// oldMetadata tells that pip 24.1 and newer do not take the wheel: a
	// requirement in it is written as was once allowed.
	oldMetadata bool
	// clone, where set, is a GitHub repository that no package index has: name
	// and version are the folder's, and users clone it themselves.
	clone string
}

// tree is a folder of the wheel, from ("" for its root), whose files are kept below to.
type tree struct {
	from, to string
	ending   string // of the names that are kept; "" keeps all
	flat     bool   // leave deeper folders out
}

// keep tells under which name a file of the wheel is kept; "" leaves it out.
// Names are cleaned first, so that nothing leaves the folder.
func (w wheel) keep(name string) string {
	name = path.Clean("/" + name)[1:]
	for _, t := range w.trees {
		rest, ok := name, true
		if t.from != "" {
			rest, ok = strings.CutPrefix(name, t.from+"/")
		}
		if ok && rest != "" && strings.HasSuffix(rest, t.ending) && !(t.flat && strings.Contains(rest, "/")) {
			return path.Join(t.to, rest)
		}
	}
	if rest, ok := strings.CutPrefix(name, w.licences()+"/"); ok && rest != "" {
		return path.Base(rest)
	}
	return ""
}

// files is the pattern of its file's name.
func (w wheel) files() string { return w.stem() + "-*.whl" }

func (w wheel) stem() string { return strings.ReplaceAll(w.name, "-", "_") + "-" + w.version }

// licences is the wheel's folder of licence texts.
func (w wheel) licences() string { return w.stem() + ".dist-info/licenses" }

// inside is the path of whole within the wheel.
func (w wheel) inside() string {
	for _, t := range w.trees {
		if t.to == "" && !strings.Contains(w.whole, "/") {
			return t.from + "/" + w.whole
		}
		if rest, ok := strings.CutPrefix(w.whole, t.to+"/"); ok && t.to != "" {
			return t.from + "/" + rest
		}
	}
	return w.whole
}

// The hashes are those of the wheels for CPython 3.10 to 3.13 on Linux; all of
// one architecture hold the same library, and pip is asked for the 3.11 one.
var mujocoWheel = wheel{
	name: "mujoco", version: Version, folder: libraryFolder, whole: libraryFile,
	hashes: map[string]string{
		"0fa2b5731e2bee273e52e93fd3349d0b2651d2cb95ee30da0e7c5c1af1e6f125": "cp310 amd64",
		"d66928d86a2d1b601bbaa4dc11db50214d17d5301bb8afd84721313b67ff0874": "cp311 amd64",
		"42371356efe53a5f5f73ed03fcb967bdf04048017f80e2fca01e71a360e42da2": "cp312 amd64",
		"83856dd75b8d32468f9189d92d1e09ceae8312d8f795a79cba9778a76e4e9b7c": "cp313 amd64",
		"116e8ba08010bd7a5c761ff17073cadd2dd0475c55a93c484d72c83e5e802d1d": "cp310 arm64",
		"91a70ed9979c383ff1f5c03f25cc2e1280a8254c1a8e558d5dd7f4184f01efc9": "cp311 arm64",
		"525e09a00ecd964f06582773d9eeb03bb0e5a1675edf296a6868024759b3b235": "cp312 arm64",
		"0b399238a95c2a32167210ccacb82e16eaf39ca94676862a05f7c16ca313680a": "cp313 arm64",
	},
	trees: []tree{{from: "mujoco", ending: libraryFile, flat: true}},
}

var gymnasiumWheel = wheel{
	name: "gymnasium", version: GymnasiumVersion, folder: gymnasiumFolder, whole: "assets/half_cheetah.xml",
	hashes: map[string]string{"1cb947c59e7c72d8eabb2c2274c00cd20948e69f8452a9ef4092223be24fdf0e": "any"},
	trees:  []tree{{from: "gymnasium/envs/mujoco/assets", to: "assets", ending: ".xml", flat: true}},
	models: "the Gymnasium models", family: "gym",
}

var dmControlWheel = wheel{
	name: "dm-control", version: "1.0.50", folder: "dm_control-1.0.50", whole: "suite/cheetah.xml",
	hashes: map[string]string{"5434e1e51ff69016867426da7df6064b18d140e4d0a628f879bbcf0e7d0a586d": "any"},
	trees: []tree{
		{from: "dm_control/suite/common", to: "suite/common", ending: ".xml", flat: true},
		{from: "dm_control/suite", to: "suite", ending: ".xml", flat: true},
	},
	models: "the dm_control models", family: "dmc",
}

var gymnasiumRoboticsWheel = wheel{
	name: "gymnasium-robotics", version: "1.4.2", folder: "gymnasium_robotics-1.4.2", whole: "assets/adroit_hand/adroit_door.xml",
	hashes: map[string]string{"a1743530431cb377e6b3b956d284bc96436fc68bac1648ef205054c178e7dc4b": "any"},
	trees: []tree{
		{from: "gymnasium_robotics/envs/assets/adroit_hand", to: "assets/adroit_hand"},
		{from: "gymnasium_robotics/envs/assets/hand", to: "assets/hand"},
		{from: "gymnasium_robotics/envs/assets/stls/hand", to: "assets/stls/hand"},
		{from: "gymnasium_robotics/envs/assets/textures", to: "assets/textures"},
		{from: "gymnasium_robotics/envs/assets", to: "assets", ending: "LICENSE.md", flat: true},
	},
	models: "the Gymnasium-Robotics models", family: "hand",
}

// dexterousGymWheel states no licence: it is fetched by the user and never
// handed on.
var dexterousGymWheel = wheel{
	name: "dexterous-gym", version: "0.1.7", folder: "dexterous_gym-0.1.7", whole: "hand/egg_handover.xml",
	hashes: map[string]string{"b71e851d437b2af23be71063446e5b15b9121cd74ea471563dc147a2c93fdc97": "any"},
	trees: []tree{
		{from: "dexterous_gym/envs/hand", to: "hand"},
		{from: "dexterous_gym/envs/stls", to: "stls"},
		{from: "dexterous_gym/envs/textures", to: "textures"},
	},
	models: "the Dexterous Gym models", family: "dext",
}

var robelWheel = wheel{
	name: "robel", version: "0.1.2", folder: "robel-0.1.2", whole: "robel-scenes/dclaw_stations/assets/valve3.xml",
	hashes: map[string]string{"6f14db7ce37e00e2b9a6ea792fcd5af23e857dea905033531699edb03a86edcc": "any"},
	trees: []tree{
		{from: "robel/dclaw/assets", to: "dclaw/assets"},
		{from: "robel/robel-scenes/dclaw", to: "robel-scenes/dclaw"},
		{from: "robel/robel-scenes/dclaw_stations", to: "robel-scenes/dclaw_stations"},
		{from: "robel/robel-scenes/scenes", to: "robel-scenes/scenes"},
		{from: "robel/robel-scenes", to: "robel-scenes", ending: "LICENSE", flat: true},
	},
	models: "the ROBEL models", family: "pddm", oldMetadata: true,
}

// pipWheel is the last pip that takes old metadata.
var pipWheel = wheel{
	name: "pip", version: "24.0",
	hashes: map[string]string{"ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc": "any"},
}

// pddmClone keeps the programs beside the scenes: they are what the tasks are
// compared with.
var pddmClone = wheel{
	name: "pddm", version: "06b88cd", folder: "pddm-06b88cd", whole: "envs/cube/assets/shadowhand_hand_cube.xml",
	trees: []tree{
		{from: "pddm/envs", to: "envs"},
		{from: "pddm/env_models", to: "env_models"},
		{from: "pddm/utils", to: "utils", ending: "helper_funcs.py", flat: true},
		{from: "", ending: "LICENSE", flat: true},
	},
	models: "the PDDM scenes", family: "pddm-original", clone: "google-research/pddm",
}
