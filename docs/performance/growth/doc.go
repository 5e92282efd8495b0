// Command growth measures how the cost of a planning decision grows with its
// size and with threads, and draws it: one CSV and one SVG a quantity, beside
// docs/performance.md. `make growth` runs it.
package main
