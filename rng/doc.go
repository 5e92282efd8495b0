// Package rng owns every random number in demorl: counter-based streams that
// are named, splittable and serialisable in a few bytes.
//
// A Key is the identity of a stream. Keys are derived from the run's seed by
// name and index, so adding a consumer never shifts another one's numbers, and
// a number is a pure function of (seed, names, index): any worker can draw any
// number in any order. A Stream walks along one key and remembers how far it
// went; its whole state is 24 bytes.
//
//	run := rng.Root(seed)
//	reset := rng.NewStream(run.Derive("env/reset"))
//	noise := run.Derive("plan/noise").At(round)
//	noise.Normals(dst, 0) // dst[i] is the i-th normal of that key
//
// The generator is Philox 4x32-10 (Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011).
package rng
