package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"
)

type utility string

type plannerSettings struct {
	Horizon  int           `yaml:"horizon"`
	StepMean float64       // no tag: step_mean
	Utility  utility       `yaml:"utility"`
	Hidden   []int         `yaml:"hidden"`
	Deadline time.Duration `yaml:"deadline"`
}

type common struct {
	Seed  uint64 `yaml:"seed"`
	Steps int64  `yaml:"steps"`
}

type runSettings struct {
	common2 int             // unexported: no setting
	Common  common          `yaml:",inline"`
	Name    string          `yaml:"name"`
	Fast    bool            `yaml:"fast"`
	Planner plannerSettings `yaml:"planner"`
	SAC     struct {
		Gamma  float64   `yaml:"gamma"`
		Rate   float32   `yaml:"rate"`
		Sigmas []float64 `yaml:"sigmas"`
		Tags   []string  `yaml:"tags"`
		Range  [2]float64
		Small  int8
	} `yaml:"sac"`
	Hook func() `yaml:"-"`
}

func defaults() runSettings {
	s := runSettings{Name: "run", Fast: true}
	s.Planner = plannerSettings{Horizon: 4, StepMean: 0.9, Utility: "elite", Hidden: []int{200, 200}, Deadline: time.Second}
	s.SAC.Gamma, s.SAC.Rate, s.SAC.Sigmas = 0.99, 3e-4, []float64{1, 2, 3}
	return s
}

func faults(t *testing.T, err error) []Fault {
	t.Helper()
	var f *Faults
	if !errors.As(err, &f) {
		t.Fatalf("error is %T (%v), want *Faults", err, err)
	}
	return f.List
}

func TestExplicitZeroIsZeroAndTheRestKeepsItsDefault(t *testing.T) {
	s := defaults()
	_, err := Decode(&s, YAML("run.yaml", []byte("fast: false\nplanner:\n  horizon: 0\n  step_mean: 0\n  hidden: []\nsac: {gamma: 0}\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Fast, want.Planner.Horizon, want.Planner.StepMean, want.SAC.Gamma = false, 0, 0, 0
	want.Planner.Hidden = []int{}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("have %+v\nwant %+v", s, want)
	}
}

func TestListsAreReplacedNotExtended(t *testing.T) {
	s := defaults()
	shared := s.SAC.Sigmas
	if _, err := Decode(&s, YAML("f", []byte("sac: {sigmas: [9]}"))); err != nil {
		t.Fatal(err)
	}
	if len(s.SAC.Sigmas) != 1 || s.SAC.Sigmas[0] != 9 || shared[0] != 1 {
		t.Errorf("sigmas %v, the defaults' own list %v", s.SAC.Sigmas, shared)
	}
}

func TestEmptyDocumentsSetNothing(t *testing.T) {
	for _, text := range []string{"", "# only a comment\n", "---\n", "~", "{}"} {
		s := defaults()
		if _, err := Decode(&s, YAML("f", []byte(text))); err != nil || !reflect.DeepEqual(s, defaults()) {
			t.Errorf("%q: %v, %+v", text, err, s)
		}
	}
}

func TestEveryFaultIsNamedAtOnceWithItsPlace(t *testing.T) {
	s := defaults()
	_, err := Decode(&s,
		YAML("run.yaml", []byte("name: x\nfast: maybe\nplanner:\n  horizn: 5\n  horizon: 5.7\n  hidden: [64, big]\nsac:\n  gamma: 1\n  gamma: 2\nseed: -1\nplaner: {}\n")),
		Assign("--set", "planner.step", "1"), Assign("--set", "sac.small", "200"))
	want := []string{
		`run.yaml:2:7: fast: expected true or false, have "maybe"`,
		`run.yaml:4:3: planner.horizn is not a setting; did you mean planner.horizon?`,
		`run.yaml:5:12: planner.horizon: expected an integer, have "5.7"`,
		`run.yaml:6:16: planner.hidden[1]: expected an integer, have "big"`,
		`run.yaml:9:3: sac.gamma: is set twice, first at line 8; remove one`,
		`run.yaml:10:7: seed: expected an integer of at least 0, have "-1"`,
		`run.yaml:11:1: planer is not a setting; did you mean planner?`,
		`--set: planner.step is not a setting; did you mean planner.step_mean?`,
		`--set: sac.small: expected an integer, have "200", which is out of range`,
	}
	if have := err.Error(); have != strings.Join(want, "\n") {
		t.Errorf("have\n%s\nwant\n%s", have, strings.Join(want, "\n"))
	}
	for _, f := range faults(t, err) {
		if f.Path == "planner.horizon" && (f.Line != 5 || f.Column != 12 || f.Value != "5.7" || f.Expected != "an integer" || f.Source != "run.yaml") {
			t.Errorf("fields of the fault: %+v", f)
		}
	}
}

func TestUnknownNameInTheWrongGroupFindsItsGroup(t *testing.T) {
	s := defaults()
	f := faults(t, Set(&s, "deadline", "1s"))
	if f[0].Nearest != "planner.deadline" {
		t.Errorf("nearest is %q", f[0].Nearest)
	}
}

func TestNumbersAreReadAsYAMLSaysAndNeverRounded(t *testing.T) {
	for _, c := range []struct {
		path, value string
		want        any // nil: refused
	}{
		{"sac.gamma", "3e-4", 3e-4}, {"sac.gamma", "1", 1.0}, {"sac.gamma", ".5", 0.5}, {"sac.gamma", ".inf", math.Inf(1)},
		{"sac.gamma", "-.inf", math.Inf(-1)}, {"sac.gamma", "nan", nil}, {"sac.gamma", "inf", nil}, {"sac.gamma", "'1'", nil},
		{"sac.gamma", "", nil}, {"sac.gamma", "null", nil}, {"sac.gamma", "1e400", nil}, {"sac.gamma", "[1]", nil},
		{"steps", "1e6", int64(1e6)}, {"steps", "1.5e3", int64(1500)}, {"steps", "5.7", nil}, {"steps", "1e-1", nil},
		{"steps", "1_000", int64(1000)}, {"steps", "0x10", int64(16)}, {"steps", "010", nil}, {"steps", "true", nil}, {"steps", "yes", nil},
		{"steps", "9223372036854775807", int64(math.MaxInt64)}, {"steps", "9223372036854775808", nil}, {"steps", "-3", int64(-3)},
		{"seed", "18446744073709551615", uint64(math.MaxUint64)}, {"seed", "yes", nil}, {"fast", "yes", nil}, {"fast", "false", false},
		{"name", "5", "5"}, {"name", "a: b", "a: b"}, {"name", "", ""}, {"planner.utility", "exponential", utility("exponential")},
		{"planner.hidden", "64,32", []int{64, 32}}, {"planner.hidden", "[7]", []int{7}}, {"planner.hidden", "null", []int(nil)},
		{"planner.deadline", "50ms", 50 * time.Millisecond}, {"planner.deadline", "50", nil}, {"sac.range", "1,2", [2]float64{1, 2}}, {"sac.range", "1", nil},
	} {
		s := defaults()
		err := Set(&s, c.path, c.value)
		if c.want == nil {
			if err == nil {
				t.Errorf("%s=%s was taken", c.path, c.value)
			} else if len(faults(t, err)) != 1 {
				t.Errorf("%s=%s: %v", c.path, c.value, err)
			}
			continue
		}
		v, _ := find(reflect.ValueOf(&s).Elem(), c.path)
		if err != nil || !reflect.DeepEqual(v.Interface(), c.want) {
			t.Errorf("%s=%s: have %v, %v; want %v", c.path, c.value, v, err, c.want)
		}
	}
}

func TestTextThatIsNotYAMLIsAFaultWithItsPlace(t *testing.T) {
	for text, place := range map[string]string{
		"a: [1\n": "f:2:1", "name: a\n b: 2\n": "f:2:", "- 1\n": "f:1:1", "seed: 1\n---\nseed: 2\n": "f:2:1", "<<: {seed: 1}\n": "f:1:1", "planner: 3\n": "f:1:10",
	} {
		s := defaults()
		_, err := Decode(&s, YAML("f", []byte(text)))
		if err == nil || !strings.HasPrefix(err.Error(), place) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestOriginsTellTheLastWriter(t *testing.T) {
	s := defaults()
	before := s
	o := NewOrigins()
	s.Planner.Horizon = 3
	o.MarkChanged(before, s, "preset lite")
	err := o.Decode(&s, Preset("preset gate", []byte("sac: {gamma: 0.9}")),
		YAML("run.yaml", []byte("seed: 3\nplanner:\n  utility: x\n")), Assign("--set", "seed", "4"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"planner.horizon": "preset lite", "sac.gamma": "preset gate",
		"planner.utility": "run.yaml:3:12", "seed": "--set", "name": "default"} {
		if have := o.Of(path); have != want {
			t.Errorf("%s: %q, want %q", path, have, want)
		}
	}
	text, err := Encode(s, o)
	if err != nil || !strings.Contains(string(text), "  utility: x  # run.yaml:3:12\n") || !strings.Contains(string(text), "name: run\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestExplainAddsThePlaceToEveryValidateError(t *testing.T) {
	s := defaults()
	o, err := Decode(&s, YAML("run.yaml", []byte("planner:\n  horizon: 0\n  step_mean: 2\n")))
	if err != nil {
		t.Fatal(err)
	}
	inner := errors.Join(errors.New("planner.horizon = 0: must be at least 1"), errors.New("Planner.StepMean = 2: must be in [0, 1]"))
	err = Explain(errors.Join(inner, errors.New("sac.gamma = 1: must be below 1")), o)
	want := "run.yaml:2:12: planner.horizon = 0: must be at least 1\nrun.yaml:3:14: planner.step_mean: Planner.StepMean = 2: must be in [0, 1]\nsac.gamma = 1: must be below 1"
	if err.Error() != want {
		t.Errorf("have\n%v\nwant\n%s", err, want)
	}
	err = Explain(fmt.Errorf("run: %w", inner), o)
	if len(faults(t, err)) != 2 || Explain(nil, o) != nil {
		t.Errorf("wrapped: %v", err)
	}
}

func TestDecodingTheEncodedSettingsGivesTheSameBits(t *testing.T) {
	same := func(x runSettings) bool {
		x.common2, x.Hook = 0, nil
		if !utf8.ValidString(x.Name) || !utf8.ValidString(string(x.Planner.Utility)) {
			return true
		}
		for _, tag := range x.SAC.Tags {
			if !utf8.ValidString(tag) {
				return true
			}
		}
		text, err := Encode(&x, nil)
		if err != nil {
			t.Log(err)
			return false
		}
		y := defaults()
		if _, err := Decode(&y, YAML("f", text)); err != nil {
			t.Logf("%v\n%s", err, text)
			return false
		}
		again, _ := Encode(y, nil)
		return string(text) == string(again) && reflect.DeepEqual(x, y)
	}
	fill := func(values []reflect.Value, r *rand.Rand) {
		v, ok := quick.Value(reflect.TypeFor[struct {
			Common  common
			Planner plannerSettings
			Name    string
			Fast    bool
			Gamma   float64
			Rate    float32
			Sigmas  []float64
			Tags    []string
			Range   [2]float64
			Small   int8
		}](), r)
		if !ok {
			t.Fatal("no value")
		}
		var x runSettings
		x.Common, x.Planner = v.Field(0).Interface().(common), v.Field(1).Interface().(plannerSettings)
		x.Name, x.Fast, x.SAC.Gamma = v.Field(2).String(), v.Field(3).Bool(), v.Field(4).Float()
		x.SAC.Rate, x.SAC.Sigmas = float32(v.Field(5).Float()), v.Field(6).Interface().([]float64)
		x.SAC.Tags, x.SAC.Range, x.SAC.Small = v.Field(7).Interface().([]string), v.Field(8).Interface().([2]float64), int8(v.Field(9).Int())
		if r.Intn(3) == 0 {
			x.Planner.Hidden, x.SAC.Range[0] = nil, math.Copysign(0, -1)
		}
		values[0] = reflect.ValueOf(x)
	}
	if err := quick.Check(same, &quick.Config{MaxCount: 500, Values: fill}); err != nil {
		t.Error(err)
	}
}

func TestHardTextsAndNumbersSurviveEncoding(t *testing.T) {
	texts := []string{"", " ", "true", "null", "~", "y", "1e3", "0x1", "- a", "a: b", "a #b", "#", "'", `"`, `\`, "\n", "\t", "\r\n", "\x00", "\x7f", "\u0085",
		"\u2028", "\ufeff", "é", "日本", "😀", "%", "@", "`", "{", "[", ",", "?", ":", "...", "---", "=", "<<", "2020-01-01", ".inf", "-", "a\nb: c", "|", ">", "&a", "*a", "!t"}
	for _, x := range texts {
		s := defaults()
		s.Name, s.SAC.Tags = x, []string{x, "b"}
		text, err := Encode(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := defaults()
		if _, err := Decode(&r, YAML("f", text)); err != nil || !reflect.DeepEqual(r, s) {
			t.Errorf("%q became %q, %v\n%s", x, r.Name, err, text)
		}
	}
	for _, x := range []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, 1e21, 123456789012345680} {
		s, r := defaults(), defaults()
		s.SAC.Gamma = x
		text, _ := Encode(s, nil)
		_, err := Decode(&r, YAML("f", text))
		if err != nil || math.Float64bits(r.SAC.Gamma) != math.Float64bits(x) {
			t.Errorf("%v became %v, %v", x, r.SAC.Gamma, err)
		}
	}
	bad := defaults()
	bad.Name = "\xff"
	if _, err := Encode(bad, nil); err == nil || !strings.Contains(err.Error(), "name") {
		t.Errorf("text that is not UTF-8: %v", err)
	}
}

func TestTheCommentThatNamesAFileOfAnyBytesIsReadOver(t *testing.T) {
	s, r := defaults(), defaults()
	origins, err := Decode(&s, YAML("a\xff\x1b\x00\nname: b.yaml", []byte("name: x\n")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Encode(s, origins)
	if err == nil {
		_, err = Decode(&r, YAML("f", text))
	}
	if err != nil || !reflect.DeepEqual(r, s) {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestJSONIsOneObjectInDeclarationOrder(t *testing.T) {
	s := defaults()
	s.SAC.Gamma = math.NaN()
	text := JSON(s)
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), `{"seed":0,"steps":0,"name":"run","fast":true,"planner":{"horizon":4,"step_mean":0.9,`) ||
		m["sac"].(map[string]any)["gamma"] != "NaN" {
		t.Errorf("%s", text)
	}
	want := "seed steps name fast planner.horizon planner.step_mean planner.utility planner.hidden planner.deadline sac.gamma sac.rate sac.sigmas sac.tags sac.range sac.small"
	if have := strings.Join(Paths(&s), " "); have != want {
		t.Errorf("paths %s", have)
	}
}

func FuzzDecodeNeverPanicsAndSaysWhatIsWrong(f *testing.F) {
	f.Add("planner: {horizon: 5}")
	f.Add("a: &a [*a]")
	f.Add("planner: &p {horizon: *p}")
	f.Fuzz(func(t *testing.T, text string) {
		s := defaults()
		_, err := Decode(&s, YAML("f", []byte(text)))
		var list *Faults
		if err != nil && !errors.As(err, &list) {
			t.Errorf("%T", err)
		}
	})
}
