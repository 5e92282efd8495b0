package mujoco

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Families are the names that Fetch knows, with what each needs besides
// libmujoco.
func Families() []string {
	return []string{"adroit", "dext", "dmc", "gym", "hand", "mujoco", "pddm", "pddm-original", "stoch"}
}

var familyPackages = map[string][]Package{
	"adroit": {GymnasiumRobotics}, "dext": {GymnasiumRobotics, DexterousGym}, "dmc": {DMControl}, "gym": {GymnasiumModels},
	"hand": {GymnasiumRobotics}, "mujoco": {GymnasiumModels}, "pddm": {GymnasiumRobotics, Robel}, "pddm-original": {PDDM}, "stoch": {},
}

// Fetch installs what the families need below dir (see InstallRoot), through
// pip with pinned versions and hashes, and tells its progress, one line a
// thing. What is there already, be it in another one of Roots, is left alone; a
// thing appears whole or not at all. "gym" and "mujoco" name the same: libmujoco and Gymnasium's models.
func Fetch(families []string, dir string, progress io.Writer) error {
	return install(families, dir, progress, func(w wheel, work string) (string, error) {
		return download(w, work, progress)
	})
}

// FetchFrom does as Fetch does, but takes everything from the folder assets:
// the wheel files themselves, an installed Python environment's
// site-packages, or folders as Fetch leaves them.
func FetchFrom(assets string, families []string, dir string, progress io.Writer) error {
	return install(families, dir, progress, func(w wheel, work string) (string, error) {
		return local(w, assets)
	})
}

// install puts each missing folder in place; get returns a wheel file or a
// folder that holds the wheel's files.
func install(families []string, dir string, progress io.Writer, get func(w wheel, work string) (string, error)) error {
	if len(families) == 0 {
		return fmt.Errorf("fetch: no family named; known are %s", strings.Join(Families(), ", "))
	}
	wanted := []wheel{mujocoWheel}
	for _, f := range families {
		packages, ok := familyPackages[f]
		if !ok {
			return fmt.Errorf("fetch: unknown family %q; known are %s", f, strings.Join(Families(), ", "))
		}
		for _, p := range packages {
			if w := p.wheel(); !slices.ContainsFunc(wanted, func(have wheel) bool { return have.name == w.name }) {
				wanted = append(wanted, w)
			}
		}
	}
	for _, w := range wanted {
		target := filepath.Join(dir, w.folder)
		if there := w.present(dir); there != "" {
			fmt.Fprintf(progress, "%s %s is already there: %s\n", w.name, w.version, there)
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		if err := place(w, target, get); err != nil {
			return fmt.Errorf("fetch: %s %s: %w", w.name, w.version, err)
		}
		fmt.Fprintf(progress, "%s %s installed: %s\n", w.name, w.version, target)
	}
	return nil
}

// present is the folder that has w complete already, or "": below dir, and where
// dir is InstallRoot and not the user's word, below any of Roots, since tasks
// find it there.
func (w wheel) present(dir string) string {
	if path := filepath.Join(dir, w.folder); isFile(filepath.Join(path, w.whole)) {
		return path
	}
	if dir != InstallRoot() || os.Getenv("DEMORL_THIRD_PARTY") != "" {
		return ""
	}
	root, ok := w.root()
	if !ok {
		return ""
	}
	return filepath.Join(root, w.folder)
}

// place fills a new folder beside target and renames it. An incomplete target,
// which an earlier version of this program may have left, makes room first.
func place(w wheel, target string, get func(w wheel, work string) (string, error)) error {
	work, err := os.MkdirTemp(filepath.Dir(target), ".fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	source, err := get(w, work)
	if err != nil {
		return err
	}
	fresh := filepath.Join(work, "fresh")
	if err := unpack(w, source, fresh); err != nil {
		return err
	}
	if !isFile(filepath.Join(fresh, w.whole)) {
		return fmt.Errorf("%s holds no %s", source, w.whole)
	}
	if _, err := os.Stat(target); err == nil && !isFile(filepath.Join(target, w.whole)) {
		if err := os.Rename(target, filepath.Join(work, "incomplete")); err != nil {
			return err
		}
	}
	err = os.Rename(fresh, target)
	if err != nil && isFile(filepath.Join(target, w.whole)) {
		return nil // another process was faster
	}
	return err
}

// download lets pip fetch the wheel into work.
func download(w wheel, work string, progress io.Writer) (string, error) {
	if w.clone != "" {
		return "", fmt.Errorf("no package index has it; clone %s from GitHub and name the clone with --assets DIR", w.clone)
	}
	if runtime.GOOS != "linux" || machine() == "" {
		return "", fmt.Errorf("there is no pinned wheel for %s/%s; unpack one yourself and name its folder with --assets DIR", runtime.GOOS, runtime.GOARCH)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		return "", errors.New("python3 with pip is needed to download it, and there is none in PATH; install it, or name a folder that holds the wheels with --assets DIR")
	}
	fmt.Fprintf(progress, "downloading %s %s through pip\n", w.name, w.version)
	path, err := pip(w, work, python, "-m", "pip")
	if err == nil || !w.oldMetadata {
		return path, err
	}
	// A pip is a program that its own wheel file holds, so an older one needs no installation.
	fmt.Fprintf(progress, "this pip refuses the metadata of %s %s; trying again with pip %s\n", w.name, w.version, pipWheel.version)
	older, second := pip(pipWheel, work, python, "-m", "pip")
	if second == nil {
		path, second = pip(w, work, python, filepath.Join(older, "pip"))
	}
	if second != nil {
		return "", fmt.Errorf("%w; with pip %s: %w; download %s by a pip older than 24.1 and name its folder with --assets DIR", err, pipWheel.version, second, w.files())
	}
	return path, nil
}

// machine is the processor's name in the names of wheels, "" for one without
// pinned wheels.
func machine() string {
	return map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
}

// pip runs a program, which is pip, for one wheel; it leaves the file in work.
func pip(w wheel, work string, program ...string) (string, error) {
	line := w.name + "==" + w.version
	for _, hash := range sortedKeys(w.hashes) {
		line += " --hash=sha256:" + hash
	}
	requirements := filepath.Join(work, "requirements.txt")
	if err := os.WriteFile(requirements, []byte(line+"\n"), 0o644); err != nil {
		return "", err
	}
	args := append(program[1:], "download", "--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check", "--progress-bar", "off",
		"--implementation", "cp", "--python-version", "3.11", "--abi", "cp311", "--abi", "none",
		"--platform", "manylinux_2_28_"+machine(), "--platform", "manylinux_2_27_"+machine(), "--platform", "any",
		"--dest", work, "-r", requirements)
	command := exec.CommandContext(context.Background(), program[0], args...)
	var out strings.Builder
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("pip download failed (%w): %s", err, lastLines(out.String(), 3))
	}
	found, err := filepath.Glob(filepath.Join(work, w.files()))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("pip left %d wheels where one was expected", len(found))
	}
	return found[0], nil
}

// local finds the wheel file, or a folder with its files, below assets.
func local(w wheel, assets string) (string, error) {
	found, err := filepath.Glob(filepath.Join(assets, w.files()))
	if err != nil {
		return "", err
	}
	for _, path := range found {
		hash, err := fileHash(path)
		if err != nil {
			return "", err
		}
		build, ok := w.hashes[hash]
		if !ok {
			return "", fmt.Errorf("%s has the unknown SHA-256 %s: it is not the published wheel", path, hash)
		}
		if build == "any" || strings.HasSuffix(build, " "+runtime.GOARCH) {
			return path, nil
		}
	}
	for _, folder := range []string{filepath.Join(assets, w.folder), assets} {
		if isFile(filepath.Join(folder, w.whole)) {
			return folder, nil
		}
		if isFile(filepath.Join(folder, w.inside())) {
			return folder, nil
		}
	}
	return "", fmt.Errorf("%s holds neither a wheel %s for this machine nor its files (%s)", assets, w.files(), w.whole)
}

// unpack copies what w keeps from source, a zip file or a folder, into dir.
func unpack(w wheel, source, dir string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		archive, err := zip.OpenReader(source)
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		defer archive.Close()
		for _, f := range archive.File {
			if name := w.keep(f.Name); name != "" && !f.FileInfo().IsDir() {
				if err := copyTo(filepath.Join(dir, name), f.Open); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return unpackFolder(w, os.DirFS(source), dir)
}

// unpackFolder takes a folder that is laid out as the wheel or as Fetch left it.
func unpackFolder(w wheel, source fs.FS, dir string) error {
	below, keep := []string{"."}, func(name string) string { return name }
	if _, err := fs.Stat(source, w.whole); err != nil {
		below, keep = nil, w.keep
		for _, t := range append(w.trees, tree{from: w.licences()}) {
			if t.from == "" {
				t.from = "."
			}
			below = append(below, t.from)
		}
	}
	for _, root := range below {
		if _, err := fs.Stat(source, root); err != nil {
			continue
		}
		err := fs.WalkDir(source, root, func(from string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && root == "." && len(below) > 1 && from != root {
				return fs.SkipDir // a kept root means its own files
			}
			if err != nil || d.IsDir() {
				return err
			}
			name := keep(from)
			if name == "" {
				return nil
			}
			return copyTo(filepath.Join(dir, name), func() (io.ReadCloser, error) { return source.Open(from) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func copyTo(path string, open func() (io.ReadCloser, error)) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	from, err := open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	return to.Sync()
}

func fileHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}
