// Package rotations is the arithmetic of unit quaternions and Euler angles that
// the hand tasks share, in the conventions of Gymnasium-Robotics
// (environments.md sections 3 and 4.1): quaternions are w, x, y, z; Euler angles
// are radians about the rotating axes x, y, z.
//
// Products are rounded one by one, never fused with sums, so that a result has
// the same bits on every machine, and those of the originals.
package rotations
