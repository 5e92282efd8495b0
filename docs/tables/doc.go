// Command tables writes the tables of docs/algorithms.md from the values of the
// algorithms and their presets; equal values give equal bytes:
//
//	tables PAGE
//
// Every table stands between two lines that name it,
//
//	<!-- table NAME: made by make tables -->
//	<!-- table NAME: end -->
//
// and nothing else of the page is touched.
package main
