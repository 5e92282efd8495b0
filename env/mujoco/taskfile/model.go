package taskfile

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"demorl/env"
	"demorl/env/mujoco"
)

// The names in what a run keeps: the task file, and the model's files below a
// folder of their own.
const (
	taskName  = "task.yaml"
	modelRoot = "model/"
)

// assetPrefix begins the name of a model that demorl fetches.
const assetPrefix = "asset:"

// packages are those whose models a task file may name.
var packages = map[string]mujoco.Package{
	"gymnasium": mujoco.GymnasiumModels, "dm_control": mujoco.DMControl, "gymnasium_robotics": mujoco.GymnasiumRobotics,
	"dexterous_gym": mujoco.DexterousGym, "robel": mujoco.Robel,
}

// packageNames are the names of packages, sorted.
func packageNames() []string { return slices.Sorted(maps.Keys(packages)) }

// asset splits "asset:gymnasium/hopper.xml".
func asset(model string) (folder, name string, ok bool) {
	rest, ok := strings.CutPrefix(model, assetPrefix)
	folder, name, cut := strings.Cut(rest, "/")
	return folder, name, ok && cut && name != ""
}

// needs is what has to be installed before a model can be loaded, or "".
func needs(model string) string {
	folder, name, ok := asset(model)
	switch {
	case !ok:
		return mujoco.NeedsLibrary()
	case folder == "gymnasium":
		return mujoco.Needs(name)
	}
	return mujoco.NeedsAsset(packages[folder], name)
}

// checkModel finds faults in the model's name.
func (r *reader) checkModel(f *file) bool {
	if f.model == "" {
		return false
	}
	if !strings.HasPrefix(f.model, assetPrefix) {
		return true
	}
	folder, name, ok := asset(f.model)
	p, known := packages[folder]
	if !ok || !known {
		r.fault(f.modelAt, "%q is no fetched model; write asset:PACKAGE/FILE.xml with one of the packages %s", f.model, strings.Join(packageNames(), ", "))
		return false
	}
	if _, err := locate(folder, name); err == nil {
		return true
	}
	models, there := p.Installed()
	if there {
		r.fault(f.modelAt, "%s has no %s%s", models, name, nearestModel(models, name))
	}
	return !there // a package that is not there is told of where it is needed
}

// locate finds the file of a fetched model.
func locate(folder, name string) (string, error) {
	if folder == "gymnasium" {
		return mujoco.FindModel(name)
	}
	return mujoco.FindAsset(packages[folder], name)
}

// nearestModel suggests a file of a folder of models, where one has a name
// close to name.
func nearestModel(models, name string) string {
	best, least := "", max(3, len(name)/4)+1
	filepath.WalkDir(models, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".xml" {
			return nil
		}
		rel, err := filepath.Rel(models, file)
		if distance := env.EditDistance(name, filepath.ToSlash(rel)); err == nil && distance < least {
			best, least = filepath.ToSlash(rel), distance
		}
		return nil
	})
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// load compiles the model: a fetched one as it lies on the disk, one of the
// user's from files.
func load(f *file, files map[string][]byte) (*mujoco.Sim, error) {
	folder, name, ok := asset(f.model)
	if !ok {
		own := map[string][]byte{}
		for name, data := range files {
			if rest, ok := strings.CutPrefix(name, modelRoot); ok {
				own[rest] = data
			}
		}
		return mujoco.LoadFiles(path.Base(filepath.ToSlash(f.model)), own)
	}
	file, err := locate(folder, name)
	if err != nil {
		return nil, err
	}
	return mujoco.Load(file)
}

// gather reads a model of the user's and every file that it refers to, by
// their names below the model's folder.
func gather(model string, into map[string][]byte) error {
	g := gatherer{root: filepath.Dir(model), into: into, folders: []string{""}}
	if err := g.document(filepath.Base(model)); err != nil {
		return err
	}
	// The folders that one document names hold for those that it includes as well;
	// a file may also lie beside the document that names it.
	for _, ref := range g.refs {
		for _, folder := range append([]string{ref.beside}, g.folders...) {
			if _, _, err := g.add(path.Join(folder, ref.file)); err != nil {
				return err
			}
		}
	}
	return nil
}

type gatherer struct {
	root    string
	into    map[string][]byte
	folders []string // in which meshes and textures may lie
	refs    []reference
}

// reference is a file that a document refers to, as written, and the document's
// folder.
type reference struct{ file, beside string }

// add reads one file; false means that there is none of this name.
func (g *gatherer) add(name string) (data []byte, found bool, err error) {
	if name = path.Clean(name); !fs.ValidPath(name) {
		return nil, false, fmt.Errorf("it refers to %s, which lies outside its folder; a run keeps a copy of all files, so put them in or below %s", name, g.root)
	}
	if data, ok := g.into[modelRoot+name]; ok {
		return data, true, nil
	}
	data, err = os.ReadFile(filepath.Join(g.root, filepath.FromSlash(name)))
	if err != nil {
		return nil, false, nil // MuJoCo says what it misses, with its own search order
	}
	g.into[modelRoot+name] = data
	return data, true, nil
}

// document adds an MJCF file and those that it includes, and notes what else
// they refer to.
func (g *gatherer) document(name string) error {
	known := g.into[modelRoot+path.Clean(name)] != nil
	data, found, err := g.add(name)
	if err != nil || !found || known {
		return err
	}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	decoder.Strict = false
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil // the end, or what MuJoCo will say better
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			switch element, key := start.Name.Local, a.Name.Local; {
			case element == "compiler" && slices.Contains([]string{"meshdir", "texturedir", "assetdir"}, key):
				g.folders = append(g.folders, a.Value)
			case !strings.HasPrefix(key, "file"):
			case element == "include" || element == "model":
				if err := g.document(a.Value); err != nil {
					return err
				}
			default:
				g.refs = append(g.refs, reference{a.Value, path.Dir(name)})
			}
		}
	}
}
