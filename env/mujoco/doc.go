// Package mujoco owns the binding to libmujoco: where the library and the
// models lie, how they are fetched, and Sim, one simulation of one model.
//
// With the build tag "mujoco" (and cgo) the package is compiled against the
// headers in include/ and opens the library at run time; without it the
// package is pure Go, and everything that needs the library says what to do.
//
// What walks in: a model file, controls, saved states. What walks out: the
// simulator's own arrays, saved states, and MuJoCo's errors and warnings as
// Go errors. Tasks (observations, rewards, terminations) live in the packages
// below this one.
package mujoco
