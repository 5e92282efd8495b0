// Package par is the one worker pool of a run, with an explicit thread budget.
//
// It owns the workers: started once, asleep while idle. What walks in: a number
// of pieces and the function that does one. What walks out: nothing but the end
// of all of them; every piece writes to memory of its own. Work is cut into
// pieces by the caller, never by the number of workers, so results do not
// depend on how many workers there are.
package par
