package mujoco

import (
	"fmt"
	"os"
	"path/filepath"
)

// The versions that this program is compiled for and whose tasks it mirrors.
const (
	Version          = "3.17.0"
	GymnasiumVersion = "1.4.0"

	libraryFile     = "libmujoco.so." + Version
	libraryFolder   = "mujoco-" + Version
	gymnasiumFolder = "gymnasium-" + GymnasiumVersion

	needsBuild = "a build with MuJoCo support: run `make build` where a C compiler is installed"
	needsFetch = "MuJoCo " + Version + " and the Gymnasium models: run `demorl env fetch gym`"
)

// Roots are the folders in which fetched things are looked for, in order:
// DEMORL_THIRD_PARTY if that is set, third_party in the current directory,
// beside the program, in the parent of the program's folder, and in the user's
// data folder.
func Roots() []string {
	var roots []string
	if dir := os.Getenv("DEMORL_THIRD_PARTY"); dir != "" {
		roots = append(roots, dir)
	}
	roots = append(roots, "third_party")
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		roots = append(roots, filepath.Join(dir, "third_party"), filepath.Join(filepath.Dir(dir), "third_party"))
	}
	if data := dataFolder(); data != "" {
		roots = append(roots, filepath.Join(data, "third_party"))
	}
	return roots
}

// InstallRoot is where Fetch should put things: DEMORL_THIRD_PARTY if that is
// set, third_party of the current directory if that is there or this is a
// source tree, else the user's data folder.
func InstallRoot() string {
	if dir := os.Getenv("DEMORL_THIRD_PARTY"); dir != "" {
		return dir
	}
	for _, mark := range []string{"third_party", "go.mod"} {
		if _, err := os.Stat(mark); err == nil {
			return "third_party"
		}
	}
	if data := dataFolder(); data != "" {
		return filepath.Join(data, "third_party")
	}
	return "third_party"
}

// dataFolder is $XDG_DATA_HOME/demorl or its default, or "" without a home.
func dataFolder() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "demorl")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "share", "demorl")
}

// FindLibrary returns the absolute path of libmujoco: in MUJOCO_DIR if that is
// set, else in a Roots folder.
func FindLibrary() (string, error) {
	if dir := os.Getenv("MUJOCO_DIR"); dir != "" {
		for _, path := range []string{filepath.Join(dir, libraryFile), filepath.Join(dir, "lib", libraryFile)} {
			if isFile(path) {
				return filepath.Abs(path)
			}
		}
		return "", fmt.Errorf("mujoco: MUJOCO_DIR is %q, which holds no %s: correct it, or unset it and run `demorl env fetch gym`", dir, libraryFile)
	}
	for _, root := range Roots() {
		if path := filepath.Join(root, libraryFolder, libraryFile); isFile(path) {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("mujoco: %s is not installed; needed is %s", libraryFile, needsFetch)
}

// FindModel returns the path of one of Gymnasium's models, such as
// "half_cheetah.xml": in DEMORL_ASSETS if that is set, else in a Roots folder.
func FindModel(name string) (string, error) {
	if dir := os.Getenv("DEMORL_ASSETS"); dir != "" {
		if path := filepath.Join(dir, name); isFile(path) {
			return path, nil
		}
		return "", fmt.Errorf("mujoco: DEMORL_ASSETS is %q, which holds no %s: correct it, or unset it and run `demorl env fetch gym`", dir, name)
	}
	for _, root := range Roots() {
		if path := filepath.Join(root, gymnasiumFolder, "assets", name); isFile(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("mujoco: the model %s is not installed; needed is %s", name, needsFetch)
}

// FindAsset returns the path of a package's file, such as "suite/cheetah.xml"
// of DMControl, in a Roots folder. Names are those below the package's folder.
func FindAsset(p Package, name string) (string, error) {
	w := p.wheel()
	for _, root := range Roots() {
		if path := filepath.Join(root, w.folder, name); isFile(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("mujoco: the file %s of %s %s is not installed; needed is %s", name, w.name, w.version, w.needs())
}

// Installed returns the folder below which FindModel and FindAsset name the
// files of a package, and whether the package is there, complete.
func (p Package) Installed() (folder string, ok bool) {
	dir := os.Getenv("DEMORL_ASSETS")
	if p == GymnasiumModels && dir != "" {
		return dir, isFile(filepath.Join(dir, filepath.Base(gymnasiumWheel.whole)))
	}
	root, ok := p.wheel().root()
	if p == GymnasiumModels {
		return filepath.Join(root, gymnasiumFolder, "assets"), ok
	}
	return filepath.Join(root, p.wheel().folder), ok
}

// root is the first of Roots that has w complete.
func (w wheel) root() (string, bool) {
	for _, root := range Roots() {
		if isFile(filepath.Join(root, w.folder, w.whole)) {
			return root, true
		}
	}
	return "", false
}

func (w wheel) needs() string {
	if w.clone != "" {
		return "MuJoCo " + Version + " and " + w.models + ": clone " + w.clone + " from GitHub and run `demorl env fetch " + w.family + " --assets CLONE`"
	}
	return "MuJoCo " + Version + " and " + w.models + ": run `demorl env fetch " + w.family + "`"
}

// NeedsAsset returns "" when tasks with the given file of a package can run
// here, else the one line that mends it.
func NeedsAsset(p Package, name string) string {
	if needs := NeedsLibrary(); needs != "" {
		if needs == needsFetch {
			return p.wheel().needs()
		}
		return needs
	}
	if _, err := FindAsset(p, name); err != nil {
		return p.wheel().needs()
	}
	return ""
}

// Needs returns "" when tasks with the given Gymnasium model can run here,
// else the one line that mends it.
func Needs(model string) string {
	if needs := NeedsLibrary(); needs != "" {
		return needs
	}
	if _, err := FindModel(model); err != nil {
		if os.Getenv("DEMORL_ASSETS") != "" {
			return fmt.Sprintf("%s in DEMORL_ASSETS: correct that variable, or unset it and run `demorl env fetch gym`", model)
		}
		return needsFetch
	}
	return ""
}

// NeedsLibrary returns "" when libmujoco can be opened here, else the one line
// that mends it.
func NeedsLibrary() string {
	if !Built {
		return needsBuild
	}
	if _, err := FindLibrary(); err != nil {
		if os.Getenv("MUJOCO_DIR") != "" {
			return fmt.Sprintf("%s in MUJOCO_DIR: correct that variable, or unset it and run `demorl env fetch gym`", libraryFile)
		}
		return needsFetch
	}
	return ""
}

// NeedsLibraryFor is NeedsLibrary for a family that needs nothing else.
func NeedsLibraryFor(family string) string {
	needs := NeedsLibrary()
	if needs == needsFetch {
		return "MuJoCo " + Version + ": run `demorl env fetch " + family + "`"
	}
	return needs
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
