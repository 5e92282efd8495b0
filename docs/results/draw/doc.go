// Command draw makes the pictures of docs/results from the stored evaluations:
// each argument after the title and the file is name=eval.csv,eval.csv,... with
// one file a seed. What walks out is an SVG with the mean over seeds and the
// range from the smallest to the largest seed's mean return.
package main
