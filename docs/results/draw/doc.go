// Command draw makes the pictures and tables of docs/results from the stored
// evaluations; equal files give equal bytes.
//
//	draw all ROOT              every ROOT/TASK/ALGORITHM: curve.svg and table.md, and the same for every TASK
//	draw add [-as NAME] ROOT RUN...
//	                           take the evaluations and settings of finished runs into ROOT/TASK/ALGORITHM; with
//	                           other settings than the runs that are there they need a name: ROOT/TASK/NAME
//	draw elites [-threshold RETURN] ROOT RUN...
//	                           take runs that differ in planner.elite_frac or planner.elites, and in their seeds, into
//	                           ROOT/TASK/elites/FRACTION, with what plans gained in gain-SEED.csv
//	draw curve TITLE FILE.svg NAME=EVAL.csv,EVAL.csv ...
//
// An algorithm's folder holds eval-SEED.csv, settings.yaml where it was kept, and
// meta.yaml: what was run where. A task's folder may hold published.yaml:
// figures to stand beside (docs/baselines.md), and shown.yaml: further thresholds
// (returns) and steps for its tables. An ablation's folder, TASK/elites,
// has ablation.yaml: the threshold, and what was published by fraction.
package main
