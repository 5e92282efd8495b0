package mujoco

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// layOut writes empty-handed stand-ins for the files of an installed Python environment.
func layOut(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"mujoco/" + libraryFile:                          "library",
		"mujoco/plugin/other.so":                         "plugin",
		"mujoco/mujoco_licence.txt":                      "no",
		"mujoco-3.17.0.dist-info/licenses/LICENSE":       "Apache",
		"gymnasium/envs/mujoco/assets/half_cheetah.xml":  "<cheetah/>",
		"gymnasium/envs/mujoco/assets/ant.xml":           "<ant/>",
		"gymnasium/envs/mujoco/assets/texture.png":       "no",
		"gymnasium-1.4.0.dist-info/licenses/LICENSE":     "MIT",
		"numpy-2.0.0.dist-info/licenses/LICENSE":         "no",
		"gymnasium/envs/mujoco/half_cheetah_v5.py":       "no",
		"gymnasium/envs/mujoco/assets/deeper/hidden.xml": "no",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			names = append(names, name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

const complete = "gymnasium-1.4.0/LICENSE gymnasium-1.4.0/assets/ant.xml gymnasium-1.4.0/assets/half_cheetah.xml mujoco-3.17.0/LICENSE mujoco-3.17.0/libmujoco.so.3.17.0"

func TestFetchFromTakesAnInstalledEnvironmentAndItsOwnOutput(t *testing.T) {
	source, dir := layOut(t), filepath.Join(t.TempDir(), "third_party")
	var said strings.Builder
	if err := FetchFrom(source, []string{"gym"}, dir, &said); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, dir); got != complete {
		t.Errorf("installed %s", got)
	}
	if strings.Count(said.String(), " installed: ") != 2 {
		t.Errorf("said %q", &said)
	}
	again := t.TempDir()
	if err := FetchFrom(dir, []string{"mujoco"}, again, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, again); got != complete {
		t.Errorf("the second copy has %s", got)
	}
	said.Reset()
	if err := Fetch([]string{"gym"}, dir, &said); err != nil || strings.Count(said.String(), "already there") != 2 {
		t.Errorf("a second fetch: %v, said %q", err, &said)
	}
}

func TestAFailedFetchLeavesNothingBehind(t *testing.T) {
	source, dir := layOut(t), t.TempDir()
	if err := os.Remove(filepath.Join(source, "gymnasium/envs/mujoco/assets/half_cheetah.xml")); err != nil {
		t.Fatal(err)
	}
	err := FetchFrom(source, []string{"gym"}, dir, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "gymnasium 1.4.0") {
		t.Errorf("got %v", err)
	}
	if got := listing(t, dir); strings.Contains(got, "gymnasium") || strings.Contains(got, ".fetch") {
		t.Errorf("left %s", got)
	}
}

func TestAWheelWithAnotherHashIsRefused(t *testing.T) {
	source := t.TempDir()
	f, err := os.Create(filepath.Join(source, "mujoco-3.17.0-cp311-cp311-manylinux_2_28_x86_64.whl"))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	if _, err := w.Create("mujoco/" + libraryFile); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := FetchFrom(source, []string{"gym"}, t.TempDir(), io.Discard); err == nil || !strings.Contains(err.Error(), "unknown SHA-256") {
		t.Errorf("got %v", err)
	}
}

func TestUnpackTakesTheKeptFilesOfAWheel(t *testing.T) {
	path, dir := filepath.Join(t.TempDir(), "w.whl"), t.TempDir()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for _, name := range []string{"gymnasium/envs/mujoco/assets/ant.xml", "gymnasium/envs/mujoco/assets/../../../../evil.xml", "gymnasium-1.4.0.dist-info/licenses/", "gymnasium-1.4.0.dist-info/licenses/LICENSE", "other.py"} {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := unpack(gymnasiumWheel, path, dir); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, dir); got != "LICENSE assets/ant.xml" { // what would leave dir is no file of a kept folder
		t.Errorf("unpacked %s", got)
	}
}

func TestAnUnknownFamilyIsNamed(t *testing.T) {
	if err := Fetch([]string{"gim"}, t.TempDir(), io.Discard); err == nil || !strings.Contains(err.Error(), `"gim"`) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsMissingIsSaidInOneLine(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("MUJOCO_DIR", "")
	t.Setenv("DEMORL_ASSETS", "")
	t.Setenv("DEMORL_THIRD_PARTY", "")
	want := "MuJoCo 3.17.0 and the Gymnasium models: run `demorl env fetch gym`"
	if !Built {
		want = "a build with MuJoCo support: run `make build` where a C compiler is installed"
	}
	if got := Needs("ant.xml"); got != want {
		t.Errorf("Needs is %q, want %q", got, want)
	}
	if !Built {
		return
	}
	if err := FetchFrom(layOut(t), []string{"gym"}, InstallRoot(), io.Discard); err == nil {
		if got := Needs("ant.xml"); got != "" {
			t.Errorf("after a fetch into %s: %q", InstallRoot(), got)
		}
	} else {
		t.Error(err)
	}
	t.Setenv("MUJOCO_DIR", t.TempDir())
	if got := Needs("ant.xml"); !strings.Contains(got, "MUJOCO_DIR") {
		t.Errorf("with a wrong MUJOCO_DIR: %q", got)
	}
}

// What any of the places in which tasks look has complete is not fetched again,
// unless the user names the place.
func TestWhatAnotherRootHasIsNotFetchedAgain(t *testing.T) {
	there := t.TempDir()
	if err := FetchFrom(layOut(t), []string{"gym"}, filepath.Join(there, "third_party"), io.Discard); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DEMORL_THIRD_PARTY", "")
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	if err := os.Rename(there, filepath.Join(os.Getenv("XDG_DATA_HOME"), "demorl")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write(t, ".", "go.mod", "module own\n", 0o644) // so that the place to install is here
	var said strings.Builder
	if err := FetchFrom(t.TempDir(), []string{"gym"}, InstallRoot(), &said); err != nil {
		t.Fatal(err)
	}
	if want := "is already there: " + filepath.Join(os.Getenv("XDG_DATA_HOME"), "demorl", "third_party"); strings.Count(said.String(), want) != 2 {
		t.Errorf("it said %q, want %q twice", said.String(), want)
	}
	if _, err := os.Stat("third_party"); err == nil {
		t.Error("a folder was made for nothing")
	}
	t.Setenv("DEMORL_THIRD_PARTY", filepath.Join(t.TempDir(), "own"))
	if err := FetchFrom(layOut(t), []string{"gym"}, InstallRoot(), io.Discard); err != nil || listing(t, InstallRoot()) != complete {
		t.Errorf("%v; it holds %s", err, listing(t, InstallRoot()))
	}
}

// write puts a file with some text below dir.
func write(t *testing.T, dir, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestPDDMsScenesComeFromACloneAndTakeTheRoomOfAnIncompleteFolder(t *testing.T) {
	clone, dir := t.TempDir(), filepath.Join(t.TempDir(), "third_party")
	write(t, dir, mujocoWheel.folder+"/"+libraryFile, "library", 0o644)
	for _, name := range []string{"LICENSE", "README.md", ".git/HEAD", "pddm/envs/cube/assets/shadowhand_hand_cube.xml", "pddm/env_models/scenes/basic_scene.xml", "pddm/utils/helper_funcs.py", "pddm/utils/other.py", "pddm/config/cube.txt"} {
		write(t, clone, name, name, 0o644)
	}
	if err := Fetch([]string{"pddm-original"}, dir, io.Discard); err == nil || !strings.Contains(err.Error(), "clone google-research/pddm") {
		t.Errorf("without a clone: %v", err)
	}
	write(t, dir, pddmClone.folder+"/envs/left.xml", "of an earlier version", 0o644)
	if err := FetchFrom(clone, []string{"pddm-original"}, dir, io.Discard); err != nil {
		t.Fatal(err)
	}
	want := "LICENSE env_models/scenes/basic_scene.xml envs/cube/assets/shadowhand_hand_cube.xml utils/helper_funcs.py"
	if got := listing(t, filepath.Join(dir, pddmClone.folder)); got != want {
		t.Errorf("installed %s", got)
	}
	again := filepath.Join(t.TempDir(), "third_party")
	if err := FetchFrom(dir, []string{"pddm-original"}, again, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, filepath.Join(again, pddmClone.folder)); got != want {
		t.Errorf("the second copy has %s", got)
	}
}

// A stand-in for python3 whose pip refuses ROBEL as pip 24.1 does, and hands
// out an older pip that takes it.
const refusingPip = `#!/bin/sh
program="$1"; [ "$1" = -m ] && program="$2"
while [ "$1" != --dest ]; do shift; done
dest="$2"; wanted=$(cut -d' ' -f1 "$4")
case "$program $wanted" in
"pip robel=="*) echo "Please use pip<24.1 if you need to use this version." >&2; exit 1;;
"pip pip=="*) : > "$dest/pip-24.0-py3-none-any.whl";;
*"/pip-24.0-py3-none-any.whl/pip robel=="*) cp "$STAND_IN" "$dest/robel-0.1.2-py3-none-any.whl";;
*) echo "unexpected: $program $wanted" >&2; exit 2;;
esac
`

func TestAWheelThatTheNewestPipRefusesComesThroughAnOlderOne(t *testing.T) {
	if machine() == "" {
		t.Skip("this processor has no pinned wheels, so nothing is downloaded")
	}
	bin, dir := t.TempDir(), t.TempDir()
	write(t, bin, "python3", refusingPip, 0o755)
	stand := filepath.Join(bin, "stand-in.whl")
	f, err := os.Create(stand)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for _, name := range []string{"robel/dclaw/assets/dclaw3xh_valve3_v0.xml", "robel/robel-scenes/dclaw_stations/assets/valve3.xml", "robel/robel-scenes/dkitty/kitty.xml"} {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	t.Setenv("STAND_IN", stand)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	write(t, dir, mujocoWheel.folder+"/"+libraryFile, "library", 0o644)
	write(t, dir, gymnasiumRoboticsWheel.folder+"/"+gymnasiumRoboticsWheel.whole, "door", 0o644)
	var said strings.Builder
	if err := Fetch([]string{"pddm"}, dir, &said); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, filepath.Join(dir, robelWheel.folder)); got != "dclaw/assets/dclaw3xh_valve3_v0.xml robel-scenes/dclaw_stations/assets/valve3.xml" {
		t.Errorf("installed %s", got)
	}
	if !strings.Contains(said.String(), "trying again with pip 24.0") {
		t.Errorf("said %q", &said)
	}
	write(t, bin, "python3", "#!/bin/sh\necho no network >&2\nexit 1\n", 0o755)
	if err := Fetch([]string{"pddm"}, t.TempDir(), io.Discard); err == nil || strings.Contains(err.Error(), "older") {
		t.Errorf("a first wheel that cannot be had: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, robelWheel.folder)); err != nil {
		t.Fatal(err)
	}
	if err := Fetch([]string{"pddm"}, dir, io.Discard); err == nil || !strings.Contains(err.Error(), "no network") || !strings.Contains(err.Error(), "--assets DIR") {
		t.Errorf("neither pip: %v", err)
	}
}
