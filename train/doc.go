// Package train is one run. Loop is its pure core, a step machine: Step makes
// one real step and the work due with it and ends with nothing in flight, and
// between two steps the whole state is one serialisable value. Run stands
// around it and owns the run directory: logs, checkpoints and exact resume.
//
// What walks in: settings and a task. What walks out: a run directory and
// events that whoever waits may show. It knows neither flags nor plots.
package train
