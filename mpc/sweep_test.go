package mpc
import ("fmt";"testing";"demorl/env/classic")
func TestSweep(t *testing.T) {
	value, _ := classic.LQR2Optimum()
	cost := func(x []float64) float64 { c := 0.0; for i := range x { for j := range x { c += x[i]*value[i][j]*x[j] } }; return c }
	run := func(name string, s Settings) {
		total, path := drive(t, "classic/lqr2", s, []float64{0.1, -0.05, 0, 0}, 3, 40)
		t.Logf("%s %.4f", name, (-total+cost(path[len(path)-1]))/cost(path[0]))
	}
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Gamma, s.Sigma, s.MinStd = 40, 300, 20, 8, 1, 0.2, 1e-4

	for _, h := range []int{25, 30} { for _, it := range []int{8, 16} { for _, n := range []int{400} { for _, k := range []int{15, 40} { for _, sg := range []float64{0.2, 0.4} { for _, st := range []float64{1, 0.5} {
	c := s; c.ShiftCovariance = CovInflate; c.Inflate = 0.01
	c.Horizon, c.Iterations, c.Samples, c.Elites, c.Sigma, c.StepCov = h, it, n, k, sg, st
	run(fmt.Sprint(h, it, n, k, sg, st), c)
	}}}}}}
}
