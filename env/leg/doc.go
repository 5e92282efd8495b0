// Package leg owns the planar two-link leg of the M-DeMoRL paper as a pure-Go
// task family, leg2r/*: its dynamics, its reference foot paths, its reward and
// the Cartesian PD controller that later comparisons refer to.
//
// What walks in: two motor torques as fractions of 2 N m and a random stream.
// What walks out: the ten-number observation, a reward in [0, 1] a step, and
// the foot and target positions for plots. The paper gives no numbers of the
// hardware; every number here is environments.md section 7.
//
// Importing the package registers its tasks: leg2r/{ellipse,semi} at 500 Hz and
// with suffix -100hz at 100 Hz, each with any of the variants paper, randphase
// and hw, joined by a plus sign: leg2r/semi-100hz:randphase+hw.
package leg
