// Package rollout is the one engine that imagines: blocks of rows walk through
// a World under a Decoder of actions and are scored with a Terminal value at
// the end. Planners, branched rollouts and the k-step model error all use it.
//
// What walks in: starts, a world, a decoder. What walks out: blocks whose
// transitions a visitor reads step by step. A world, decoder or terminal used
// here is a lane: one worker's private view with memory of its own, so that
// nothing is allocated while imagining and no result depends on which worker
// walked a block.
package rollout
