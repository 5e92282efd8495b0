package sac

import (
	"math"
	"slices"
)

// Quantile critics (Kuznetsov et al. 2020, TQC): critic c's answer number i is
// the return's quantile at the level (i + 1/2) / quantiles, and a row's targets
// are the quantiles of all critics at the next state but the largest ones.

// quantileTargets fills a.y, kept numbers a row, from the targets' answers w.q.
func (a *Agent) quantileTargets(w *workspace, lo, n int) {
	b, gamma := a.batch, float32(a.settings.Gamma)
	quantiles, kept := a.settings.Critic.Quantiles, a.settings.Critic.kept()
	for r := range n {
		all := w.pool[:0]
		for _, c := range a.subset {
			all = append(all, w.q[c][r*quantiles:(r+1)*quantiles]...)
		}
		slices.Sort(all) // a NaN comes first and so stays
		keep, reward := b.Continue[lo+r], float32(b.Reward[lo+r]*a.rewardScale)
		to := a.y[(lo+r)*kept : (lo+r+1)*kept]
		for j := range to {
			to[j] = reward
			if keep != 0 {
				to[j] += gamma * keep * (all[j] - a.temperature*w.policy.logPi[r])
			}
		}
	}
}

// quantileErrors writes to dq the gradient of the quantile Huber loss of one
// critic's answers q at the n rows from lo: the mean over quantiles, targets
// and rows of |level - [y < q]| times the Huber loss of y - q with threshold 1.
func (a *Agent) quantileErrors(dq, q []float32, lo, n int) (total criticSums) {
	quantiles, kept := a.settings.Critic.Quantiles, a.settings.Critic.kept()
	share := 1 / (float64(quantiles) * float64(kept) * float64(a.critics.Members))
	scale := float32(share / float64(a.batch.Rows))
	for r := range n {
		targets := a.y[(lo+r)*kept : (lo+r+1)*kept]
		sum := 0.0
		for i, answer := range q[r*quantiles : (r+1)*quantiles] {
			level := (float32(i) + 0.5) / float32(quantiles)
			var loss, slope float32
			for _, y := range targets {
				e := answer - y
				weight := level
				if e > 0 {
					weight = 1 - level
				}
				if size := abs(e); size > 1 {
					loss += weight * (size - 0.5)
					slope += signed(weight, e)
				} else { // also where e is NaN, which so reaches the loss
					loss += weight * 0.5 * e * e
					slope += weight * e
				}
			}
			dq[r*quantiles+i] = slope * scale
			total.loss += float64(loss) * share
			sum += float64(answer)
			total.qMax = max(total.qMax, math.Abs(float64(answer)))
		}
		total.q += sum / float64(quantiles)
	}
	return total
}
