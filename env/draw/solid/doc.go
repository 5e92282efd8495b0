// Package solid draws shaded bodies with a depth buffer, in plain Go: what
// frames of a simulation look like where no OpenGL is installed.
//
// What walks in: a camera and shapes (spheres, capsules, boxes, meshes,
// planes) in world coordinates, z up, m. What walks out: pixels. The picture is
// a function of these alone. It knows no simulator.
package solid
