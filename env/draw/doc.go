// Package draw owns flat pictures of tasks: antialiased lines, discs and
// polygons in a task's own coordinates. Package solid below it draws bodies in
// space.
//
// What walks in: shapes in m with y up, colours. What walks out: pixels of an
// image.RGBA. It knows no task.
package draw
