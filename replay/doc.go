// Package replay owns transitions: ring buffers with raw numbers (never
// normalised), and the sampler that mixes real and imagined rows. It does not
// know who made a row.
//
// What walks in: rows of (obs, action, reward, next obs, terminated,
// truncated), actions in [-1, 1]. What walks out: batches of them.
package replay
