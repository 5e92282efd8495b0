package main

import (
	"fmt"
	"runtime/debug"

	"demorl/internal/kern"
)

// Set by the linker (see Makefile).
var version, commit string

// build returns version and commit of this program.
func build() (program, revision string) {
	program, revision = version, commit
	info, ok := debug.ReadBuildInfo()
	if program == "" && ok {
		program = info.Main.Version
	}
	if revision == "" && ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	if program == "" {
		program = "(devel)"
	}
	if revision == "" {
		revision = "unknown"
	}
	return program, revision
}

type versionCommand struct{}

func (*versionCommand) Run(c *console) error {
	program, revision := build()
	_, err := fmt.Fprintf(c.out, "demorl %s\ncommit %s\nkernel %s\n", program, revision, kern.Tier())
	return err
}
