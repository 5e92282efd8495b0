package pddm

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"demorl/env/mujoco"
)

// scene is where a model comes from.
type scene struct {
	name   string // for Spec.Simulator
	source mujoco.Package
	main   string                   // the model's file below the package's folder, or, of a scene of demorl's own, a file beside which it stands
	own    string                   // the text of a scene of demorl's own
	mend   func(text string) string // applied to every XML file of the model
}

var (
	//go:embed scenes/cube.xml
	cubeText string
	//go:embed scenes/baoding.xml
	baodingText string

	robelClaw = scene{name: "ROBEL 0.1.2", source: mujoco.Robel, main: "dclaw/assets/dclaw3xh_valve3_v0.xml", mend: mendRobel}

	ownCube    = scene{name: "demorl", source: mujoco.GymnasiumRobotics, main: "assets/adroit_hand/adroit_model.xml", own: cubeText}
	ownBaoding = scene{name: "demorl", source: mujoco.GymnasiumRobotics, main: "assets/adroit_hand/adroit_model.xml", own: baodingText, mend: addTargets}

	originalCube    = scene{name: "PDDM", source: mujoco.PDDM, main: "envs/cube/assets/shadowhand_hand_cube.xml", mend: mendPDDM}
	originalBaoding = scene{name: "PDDM", source: mujoco.PDDM, main: "envs/baoding/assets/shadowhand_baoding_2.xml", mend: mendPDDM}
)

func (s *scene) needs() string { return mujoco.NeedsAsset(s.source, s.main) }

// load compiles the model. Its XML files are mended in memory and found by
// MuJoCo under their full names; meshes and textures are read from disk.
func (s *scene) load() (*mujoco.Sim, error) {
	path, err := mujoco.FindAsset(s.source, s.main)
	if err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("pddm: %w", err)
	}
	files := map[string][]byte{}
	if s.own != "" {
		path = filepath.Join(filepath.Dir(path), "demorl-scene.xml")
		err = s.take(files, path, path, s.own)
	} else {
		err = s.read(files, path, path)
	}
	if err != nil {
		return nil, err
	}
	return mujoco.LoadFiles(path, files)
}

func (s *scene) read(files map[string][]byte, main, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("pddm: a model's file: %w", err)
	}
	return s.take(files, main, path, string(text))
}

var (
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	include = regexp.MustCompile(`<include\s+file\s*=\s*["']([^"']+)["']`)
)

// take puts a file among files, and those that it includes: MuJoCo looks for
// them from the main file's folder.
func (s *scene) take(files map[string][]byte, main, path, text string) error {
	if s.mend != nil {
		text = s.mend(text)
	}
	files[path] = []byte(text)
	for _, match := range include.FindAllStringSubmatch(comment.ReplaceAllString(text, ""), -1) {
		next := filepath.Join(filepath.Dir(main), match[1])
		if _, have := files[next]; have {
			continue
		}
		if err := s.read(files, main, next); err != nil {
			return err
		}
	}
	return nil
}

var (
	declaration = regexp.MustCompile(`<\?xml[^>]*\?>`)
	picture     = regexp.MustCompile(`<texture name="texplane"[^>]*/>`)
	sky         = regexp.MustCompile(`(<texture name="skybox"[^>]*) width="800" height="800"`)
)

// mendRobel deletes the XML declaration, which may not follow the licence's
// comment, and puts a small chequerboard and sky in the place of pictures that
// would take 14 MB of every instance's memory.
func mendRobel(text string) string {
	text = declaration.ReplaceAllString(text, "")
	text = comment.ReplaceAllString(text, "") // two of them hold further textures
	text = picture.ReplaceAllString(text, `<texture name="texplane" type="2d" builtin="checker" rgb1=".85 .85 .85" rgb2=".75 .75 .75" width="64" height="64"/>`)
	return sky.ReplaceAllString(text, `$1 width="32" height="32"`)
}

var apiRate = regexp.MustCompile(`apirate\s*=\s*"[^"]*"`)

// mendPDDM deletes an attribute that MuJoCo no longer knows and an extra ">"
// at the end of a file.
func mendPDDM(text string) string {
	return strings.Replace(apiRate.ReplaceAllString(text, ""), "</mujocoinclude>>", "</mujocoinclude>", 1)
}

var palm = regexp.MustCompile(`<body\s+name="palm"[^>]*>`)

// addTargets puts the two sites that the baoding task moves on the palm. Their
// first place is that of the original's scene.
func addTargets(text string) string {
	return palm.ReplaceAllString(text, `$0
		<site name="target1_site" type="sphere" size=".007" rgba="1 .8 .3 1" pos="-.07 0 .24"/>
		<site name="target2_site" type="sphere" size=".007" rgba=".85 .55 .5 1" pos=".07 0 .24"/>`)
}
