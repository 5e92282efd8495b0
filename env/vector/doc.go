// Package vector steps many instances of one task in one call, shared among the
// workers of a pool.
//
// What walks in: a function that makes instances, one row of actions an
// instance, and a key. What walks out: one row of observations, a reward and
// two flags an instance. Where an episode ends the instance is reset in the same
// call: Next holds the observation that the step led to, and Obs the first one
// of the new episode, so that a transition is (Obs before the call, action,
// Reward, Next) whether an episode ended or not, and the next action is chosen
// for Obs.
//
//	set, err := vector.New(task.ForLearning, 64, rng.Root(0), pool)
//	err = set.Reset()
//	for range 1000 {
//		policy(set.Obs, actions)
//		err = set.Step(actions)
//	}
//
// The start of episode e of instance i is a function of (key, i, e): results do
// not depend on the number of workers. A Step allocates nothing.
//
// With simulators in C set runtime.GOMAXPROCS to one more than the pool's
// workers. Go's scheduler takes the processor of a goroutine whose call into C
// lasts longer than some 20 us, and without one to spare the worker waits for
// another when it returns: on two cores the spare one is the difference between
// 1.6 and 1.9 times the speed of one (docs/performance.md).
package vector
