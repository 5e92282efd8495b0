package kern

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
)

// A tier is a set of kernels for one class of processor; of those of one
// architecture, the higher is the faster.
type tier int32

const (
	tierGeneric tier = iota
	tierNEON
	tierAVX2
	tierAVX512
)

// EnvVariable names the environment variable that selects the tier at start.
const EnvVariable = "DEMORL_KERNEL"

var tierNames = []string{tierGeneric: "generic", tierNEON: "neon", tierAVX2: "avx2", tierAVX512: "avx512"}

// active is process-wide on purpose: it says which machine this is, not what is
// computed.
var (
	active   atomic.Int32
	envError error
)

func init() {
	active.Store(int32(bestTier()))
	if name := os.Getenv(EnvVariable); name != "" {
		if err := SetTier(name); err != nil {
			envError = fmt.Errorf("environment variable %s: %w", EnvVariable, err)
		}
	}
}

func current() tier { return tier(active.Load()) }

// Tier returns the name of the tier in use.
func Tier() string { return tierNames[current()] }

// Tiers returns the names of the tiers that this processor and build have,
// slowest first.
func Tiers() []string {
	names := []string{tierNames[tierGeneric]}
	for _, t := range vectorTiers {
		if t <= bestTier() {
			names = append(names, tierNames[t])
		}
	}
	return names
}

// SetTier selects a tier by name. It is for start-up and tests: a change while
// kernels run is not seen by the calls under way.
func SetTier(name string) error {
	if !slices.Contains(Tiers(), name) {
		what := "unknown"
		if slices.Contains(tierNames, name) {
			what = "not on this machine or not in this build"
		}
		return fmt.Errorf("kernel tier %q is %s: choose one of %s", name, what, strings.Join(Tiers(), ", "))
	}
	active.Store(int32(slices.Index(tierNames, name)))
	return nil
}

// EnvError reports why the tier in the environment variable DEMORL_KERNEL was
// not taken; the best tier is in use then.
func EnvError() error { return envError }
