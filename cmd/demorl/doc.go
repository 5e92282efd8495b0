// Command demorl trains robots by M-DeMoRL and its relatives.
//
// It owns the command line: one file a subcommand, parsing and printing only.
// What walks in: arguments, standard input, settings files, run directories,
// signals. What walks out: run directories, lines for people, JSON for scripts
// and one of four exit codes (exit.go). It computes nothing itself; docs/cli.md
// is what it promises to scripts.
package main
