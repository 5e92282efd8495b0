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

// golden is a policy whose numbers come from no random generator, with
// statistics of the observation and joints that saturate.
func golden() *Policy {
	wave := func(n int, from float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(0.6 * math.Sin(from+1.7*float64(i)))
		}
		return x
	}
	layer := func(in, out int, from float64) Layer {
		return Layer{In: in, Out: out, Weight: wave(in*out, from), Bias: wave(out, from+0.5)}
	}
	p := &Policy{
		ObsMean: []float32{0.5, -2, 0, 10, 1e-3}, ObsStd: []float32{1, 3, 0.1, 20, 0.5},
		Hidden: []Layer{layer(5, 12, 1), layer(12, 9, 2)}, Mean: layer(9, 3, 3), LogStd: layer(9, 3, 4),
		Low: []float64{-1, -0.4, 2}, High: []float64{1, 1.6, 5},
	}
	p.About = About{Env: "test/golden", Algorithm: "sac", Seed: 3, Step: 1234, Dt: 0.05, ObsNames: []string{"a", "b", "ü", "d", "e"}, Producer: "demorl test", Use: use, Low: p.Low, High: p.High}
	return p
}

// What ONNX Runtime, NumPy and the safetensors library made of these very bytes
// is what the policy computes (oracle/golden_export.py).
func TestWrittenFilesAreReadByTheirLibraries(t *testing.T) {
	p := golden()
	files := map[string][]byte{}
	for name, write := range writers {
		var file bytes.Buffer
		if err := write(p, &file); err != nil {
			t.Fatal(err)
		}
		files[name] = file.Bytes()
		if *update {
			if err := os.WriteFile(filepath.Join("testdata", "policy."+name), file.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	var read struct {
		SHA256       map[string]string
		About        map[string]About
		Input        [3]any
		Output       [3]any
		Observations [][]float64
		Actions      map[string][][]float64
	}
	text, err := os.ReadFile("testdata/readers.json")
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	spec := env.Spec{Low: p.Low, High: p.High}
	for name, data := range files {
		if digest := sha256.Sum256(data); hex.EncodeToString(digest[:]) != read.SHA256[name] {
			t.Errorf("policy.%s is no longer the file that its library read: `go test ./export -run Written -update`, then oracle/golden_export.py", name)
		}
		if !reflect.DeepEqual(read.About[name], p.About) {
			t.Errorf("%s: about is %+v, want %+v", name, read.About[name], p.About)
		}
		if len(read.Actions[name]) != 20 {
			t.Fatalf("%s: %d actions", name, len(read.Actions[name]))
		}
		for i, obs := range read.Observations {
			same(t, fmt.Sprint(name, " row ", i), spec, read.Actions[name][i], p.Act(obs))
		}
	}
	if got := fmt.Sprint(read.Input, read.Output); got != "[observation tensor(float) [N 5]] [action tensor(float) [N 3]]" {
		t.Errorf("the model's ends are %s", got)
	}
}

func TestWhatCannotBeExportedIsRefused(t *testing.T) {
	a := learner(t, 4, 2, 8)
	open := task(4, 2)
	open.High[1] = math.Inf(1)
	spoilt := learner(t, 4, 2, 8)
	spoilt.Actor().Params[3] = float32(math.NaN())
	blocks := sac.DefaultSettings()
	blocks.Network, blocks.Hidden, blocks.Critic.Hidden = sac.NetworkSimBa, []int{8}, []int{8}
	residual, err := sac.New(blocks, 4, 2, rng.Root(7), nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, try := range map[string]func() (*Policy, error){
		"the policy has residual blocks":                                func() (*Policy, error) { return FromLearner(residual, task(4, 2), About{}) },
		"4 observations and 2 actions for test/task, which has 5 and 2": func() (*Policy, error) { return FromLearner(a, task(5, 2), About{}) },
		"joint 1 has bounds [-2, +Inf]":                                 func() (*Policy, error) { return FromLearner(a, open, About{}) },
		"of layers.0.weight is NaN":                                     func() (*Policy, error) { return FromLearner(spoilt, task(4, 2), About{}) },
	} {
		if _, err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// What a learner does to observations and, with batch renormalisation, to the
// inputs of every layer is inside the exported policy, and so is its average.
func TestNormalisationAndAverageAreInsideThePolicy(t *testing.T) {
	const obs, act, rows = 5, 2, 32
	for _, c := range []struct {
		norm    string
		average float64
	}{{sac.NormNone, 0}, {sac.NormBatch, 0}, {sac.NormNone, 0.05}} {
		norm := c.norm
		settings := sac.DefaultSettings()
		settings.Hidden, settings.Batch, settings.Critic.Norm, settings.ObservationNorm = []int{16, 12}, rows, norm, true
		settings.PolicyAverage = c.average
		a, err := sac.New(settings, obs, act, rng.Root(7), nil)
		if err != nil {
			t.Fatal(err)
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
			t.Fatal(err)
		}
		if p.ObsStd[0] < 5 || p.ObsStd[1] > 2 {
			t.Errorf("deviations of observations are %v, want about 10 and then 1", p.ObsStd)
		}
		s := rng.NewStream(rng.Root(9))
		for range 50 {
			x, wide := make([]float32, obs), make([]float64, obs)
			for j := range x {
				x[j] = float32(3 * s.Normal())
				wide[j] = float64(x[j])
			}
			same(t, norm, spec, p.Act(wide), own(a, spec, x))
		}
	}
}

func TestAPolicyThatTheFormsCannotTellIsRefused(t *testing.T) {
	settings := sac.DefaultSettings()
	settings.Hidden, settings.Activation = []int{8}, sac.SiLU
	a, err := sac.New(settings, 3, 1, rng.Root(7), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FromLearner(a, task(3, 1), About{}); err == nil || !strings.Contains(err.Error(), "activation") {
		t.Errorf("got %v", err)
	}
}
