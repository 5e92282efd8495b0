package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"demorl/clone"
	"demorl/env"
	"demorl/env/parity"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
	"demorl/sac"
)

var update = flag.Bool("update", false, "write the files of testdata that oracle/golden_export.py reads")

// tolerance is how far an exported policy may be from the learner's own action,
// in units of half the range of the joint.
const tolerance = 1e-5

var writers = map[string]func(*Policy, io.Writer) error{
	"onnx": (*Policy).WriteONNX, "npz": (*Policy).WriteNPZ, "safetensors": (*Policy).WriteSafetensors,
}

// task is a Spec with bounds that are neither symmetric nor alike.
func task(obs, act int) env.Spec {
	s := env.Spec{ID: "test/task", ObsDim: obs, ActDim: act, Dt: 0.02, Simulator: "none"}
	for j := range act {
		s.Low, s.High = append(s.Low, -1-float64(j)), append(s.High, 0.4+2*float64(j))
	}
	return s
}

func learner(t *testing.T, obs, act int, hidden ...int) *sac.Agent {
	t.Helper()
	s := sac.DefaultSettings()
	s.Hidden = hidden
	a, err := sac.New(s, obs, act, rng.Root(7), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// own is the action for obs of the policy that the learner deploys, in the units of spec.
func own(a *sac.Agent, spec env.Spec, obs []float32) []float64 {
	action := make([]float32, spec.ActDim)
	a.NewDeployed(1).Act(obs, 1, make([]float32, rollout.Stride(spec.ActDim)), nil, action)
	out := make([]float64, spec.ActDim)
	for j, u := range action {
		out[j] = (spec.Low[j]+spec.High[j])/2 + (spec.High[j]-spec.Low[j])/2*float64(u)
	}
	return out
}

// same compares actions in units of half the range of each joint.
func same(t *testing.T, what string, spec env.Spec, got, want []float64) {
	t.Helper()
	for j := range want {
		if d := math.Abs(got[j]-want[j]) / ((spec.High[j] - spec.Low[j]) / 2); !(d <= tolerance) {
			t.Errorf("%s: joint %d is %v, want %v", what, j, got[j], want[j])
		}
		if got[j] < spec.Low[j]-1e-6 || got[j] > spec.High[j]+1e-6 {
			t.Errorf("%s: joint %d is %v, outside [%v, %v]", what, j, got[j], spec.Low[j], spec.High[j])
		}
	}
}

func TestAPolicyActsAsItsLearner(t *testing.T) {
	for _, shape := range []struct {
		obs, act int
		hidden   []int
	}{{1, 1, []int{3}}, {17, 6, []int{256, 256}}, {45, 17, []int{64, 32, 16}}} {
		a, spec := learner(t, shape.obs, shape.act, shape.hidden...), task(shape.obs, shape.act)
		p, err := FromLearner(a, spec, About{})
		if err != nil {
			t.Fatal(err)
		}
		s := rng.NewStream(rng.Root(3))
		for i := range 50 {
			obs, wide := make([]float32, shape.obs), make([]float64, shape.obs)
			for j := range obs {
				obs[j] = float32(s.Normal() * float64(1+i))
				wide[j] = float64(obs[j])
			}
			same(t, fmt.Sprint(shape), spec, p.Act(wide), own(a, spec, obs))
		}
	}
}

// The arrays that NumPy reads out of the file give the learner's own actions.
func TestNumPyReadsAndEvaluatesAnNPZ(t *testing.T) {
	root, err := parity.Root()
	if err != nil {
		t.Fatal(err)
	}
	python := os.Getenv("DEMORL_ORACLE_PYTHON")
	if python == "" {
		python = filepath.Join(root, ".oracle", "bin", "python")
	}
	if _, err := os.Stat(python); err != nil {
		parity.Need(t, "no oracle's Python: run `make oracle-env`")
	}
	a, spec := learner(t, 17, 6, 64, 48), task(17, 6)
	p, err := FromLearner(a, spec, About{Algorithm: "sac", Step: 12})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := p.WriteNPZ(&file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "policy.npz")
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	s := rng.NewStream(rng.Root(5))
	obs := make([][]float32, 20)
	for i := range obs {
		for range spec.ObsDim {
			obs[i] = append(obs[i], float32(3*s.Normal()))
		}
	}
	rows, err := json.Marshal(obs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, filepath.Join(root, "oracle", "export_read.py"), path)
	cmd.Stdin = bytes.NewReader(rows)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		About   About
		Actions [][]float64
	}
	if err := json.Unmarshal(out, &read); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read.About, p.About) {
		t.Errorf("NumPy reads about %+v, want %+v", read.About, p.About)
	}
	for i := range obs {
		same(t, fmt.Sprint("row ", i), spec, read.Actions[i], own(a, spec, obs[i]))
	}
}

// golden are policies of every form whose numbers come from no random
// generator, with statistics of the observation and joints that saturate.
func golden() map[string]*Policy {
	wave := func(n int, from float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(0.6 * math.Sin(from+1.7*float64(i)))
		}
		return x
	}
	layer := func(in, out int, from float64, activation string) Layer {
		return Layer{In: in, Out: out, Weight: wave(in*out, from), Bias: wave(out, from+0.5), Activation: activation}
	}
	normed := func(l Layer) Layer { l.Normed = true; return l }
	adds := func(l Layer) Layer { l.Adds = true; return l }
	forms := map[string]*Policy{
		"policy": {Hidden: []Layer{layer(5, 12, 1, sac.ReLU), layer(12, 9, 2, sac.ReLU)}, Mean: layer(9, 3, 3, ""), LogStd: layer(9, 3, 4, "")},
		"silu":   {Hidden: []Layer{layer(5, 12, 1, sac.SiLU), layer(12, 9, 2, sac.SiLU)}, Mean: layer(9, 3, 3, ""), LogStd: layer(9, 3, 4, "")},
		"simba": {
			Hidden: []Layer{
				layer(5, 7, 1, ""), normed(layer(7, 28, 2, sac.ReLU)), adds(layer(28, 7, 3, "")), normed(layer(7, 28, 4, sac.ReLU)), adds(layer(28, 7, 5, "")),
			},
			Mean: normed(layer(7, 3, 6, "")), LogStd: normed(layer(7, 3, 7, "")),
		},
		"clone": {Hidden: []Layer{layer(5, 12, 1, tanh)}, Mean: layer(12, 3, 3, ""), Direct: true},
	}
	for _, p := range forms {
		p.ObsMean, p.ObsStd = []float32{0.5, -2, 0, 10, 1e-3}, []float32{1, 3, 0.1, 20, 0.5}
		p.Low, p.High = []float64{-1, -0.4, 2}, []float64{1, 1.6, 5}
		p.About = About{Env: "test/golden", Algorithm: "sac", Seed: 3, Step: 1234, Dt: 0.05, ObsNames: []string{"a", "b", "ü", "d", "e"}, Producer: "demorl test", Use: p.use(), Low: p.Low, High: p.High}
	}
	return forms
}

// What ONNX Runtime, NumPy and the safetensors library made of these very bytes
// is what the policy computes (oracle/golden_export.py).
func TestWrittenFilesAreReadByTheirLibraries(t *testing.T) {
	type reading struct {
		SHA256       map[string]string
		About        map[string]About
		Input        [3]any
		Output       [3]any
		Observations [][]float64
		Actions      map[string][][]float64
	}
	var read struct{ Forms map[string]reading }
	text, err := os.ReadFile("testdata/readers.json")
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	for form, p := range golden() {
		read, spec := read.Forms[form], env.Spec{Low: p.Low, High: p.High}
		for format, write := range writers {
			var file bytes.Buffer
			if err := write(p, &file); err != nil {
				t.Fatal(err)
			}
			name := form + "." + format
			if *update {
				if err := os.WriteFile(filepath.Join("testdata", name), file.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if digest := sha256.Sum256(file.Bytes()); hex.EncodeToString(digest[:]) != read.SHA256[format] {
				t.Errorf("%s is no longer the file that its library read: `go test ./export -run Written -update`, then oracle/golden_export.py", name)
			}
			if !reflect.DeepEqual(read.About[format], p.About) {
				t.Errorf("%s: about is %+v, want %+v", name, read.About[format], p.About)
			}
			if len(read.Actions[format]) != 20 {
				t.Errorf("%s: %d actions", name, len(read.Actions[format]))
				continue
			}
			for i, obs := range read.Observations {
				same(t, fmt.Sprint(name, " row ", i), spec, read.Actions[format][i], p.Act(obs))
			}
		}
		if got := fmt.Sprint(read.Input, read.Output); got != "[observation tensor(float) [N 5]] [action tensor(float) [N 3]]" {
			t.Errorf("%s: the model's ends are %s", form, got)
		}
	}
}

func TestWhatCannotBeExportedIsRefused(t *testing.T) {
	a := learner(t, 4, 2, 8)
	open := task(4, 2)
	open.High[1] = math.Inf(1)
	spoilt := learner(t, 4, 2, 8)
	spoilt.Actor().Params[3] = float32(math.NaN())
	for want, try := range map[string]func() (*Policy, error){
		"4 observations and 2 actions for test/task, which has 5 and 2": func() (*Policy, error) { return FromLearner(a, task(5, 2), About{}) },
		"joint 1 has bounds [-2, +Inf]":                                 func() (*Policy, error) { return FromLearner(a, open, About{}) },
		"of layers.0.weight is NaN":                                     func() (*Policy, error) { return FromLearner(spoilt, task(4, 2), About{}) },
	} {
		if _, err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// What a learner does to observations and, with batch renormalisation or
// residual blocks, to the inputs of its layers is inside the exported policy,
// and so are its activation and its average.
func TestEveryKindOfPolicyActsAsItsLearner(t *testing.T) {
	const obs, act, rows = 5, 2, 32
	for name, set := range map[string]func(*sac.Settings){
		"plain":    func(s *sac.Settings) {},
		"crossq":   func(s *sac.Settings) { s.Critic.Norm = sac.NormBatch },
		"average":  func(s *sac.Settings) { s.PolicyAverage = 0.05 },
		"silu":     func(s *sac.Settings) { s.Activation = sac.SiLU },
		"residual": func(s *sac.Settings) { s.Network, s.Hidden, s.Blocks = sac.NetworkSimBa, []int{8}, 2 },
	} {
		settings := sac.DefaultSettings()
		settings.Hidden, settings.Batch, settings.ObservationNorm = []int{16, 12}, rows, true
		set(&settings)
		a, err := sac.New(settings, obs, act, rng.Root(7), nil)
		if err != nil {
			t.Fatal(name, err)
		}
		b := replay.NewBatch(rows, obs, act)
		for i := range uint64(20) { // moves statistics, gains and offsets
			key := rng.Root(3).At(i)
			key.At(0).Normals(b.Obs, 0)
			key.At(1).Normals(b.Next, 0)
			key.At(2).Uniforms(b.Action, 0)
			key.At(3).Normals(b.Reward, 0)
			for r := range rows {
				b.Obs[r*obs] = 3 + 10*b.Obs[r*obs]
				b.Continue[r] = 1
				a.Observe(b.Obs[r*obs : (r+1)*obs])
			}
			a.Update(b, key)
		}
		spec := task(obs, act)
		p, err := FromLearner(a, spec, About{})
		if err != nil {
			t.Fatal(name, err)
		}
		if p.ObsStd[0] < 5 || p.ObsStd[1] > 2 {
			t.Errorf("%s: deviations of observations are %v, want about 10 and then 1", name, p.ObsStd)
		}
		s := rng.NewStream(rng.Root(9))
		for range 50 {
			x, wide := make([]float32, obs), make([]float64, obs)
			for j := range x {
				x[j] = float32(3 * s.Normal())
				wide[j] = float64(x[j])
			}
			same(t, name, spec, p.Act(wide), own(a, spec, x))
		}
	}
}

// A policy that follows a planner is exported as it acts without one.
func TestAClonedPolicyActsAsItsLearner(t *testing.T) {
	const obs, act = 4, 2
	a, err := clone.New(clone.DefaultSettings(), obs, act, rng.Root(7))
	if err != nil {
		t.Fatal(err)
	}
	s := rng.NewStream(rng.Root(9))
	draw := func() (x []float32, wide []float64) {
		for j := range obs {
			x = append(x, float32(float64(j)+3*s.Normal()))
			wide = append(wide, float64(x[j]))
		}
		return x, wide
	}
	rows := make([][]float32, 60)
	for i := range rows {
		rows[i], _ = draw()
		a.Observe(rows[i])
	}
	if _, err := a.Learn(len(rows), func(i int) (x, action []float32) { return rows[i], []float32{rows[i][0] / 3, -rows[i][1]} }, rng.Root(1)); err != nil {
		t.Fatal(err)
	}
	spec := task(obs, act)
	p, err := FromClone(a, spec, About{})
	if err != nil {
		t.Fatal(err)
	}
	lane, action := a.NewActor(1), make([]float32, act)
	for range 50 {
		x, wide := draw()
		lane.Act(x, 1, nil, nil, action)
		want := make([]float64, act)
		for j, u := range action {
			want[j] = (spec.Low[j]+spec.High[j])/2 + (spec.High[j]-spec.Low[j])/2*float64(u)
		}
		same(t, "clone", spec, p.Act(wide), want)
	}
}
