// Command gen writes the vector kernels: Go assembly and its stubs, for
// internal/kern and for rng. Run it in its own folder; without -out it
// overwrites the committed files, with -out it writes the same tree elsewhere.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// file is one pair of generated files: path.s and path_stubs.go, relative to
// the module's root.
type file struct {
	path, pkg string
	write     func(*build.Context)
}

var files = []file{
	{"internal/kern/gemm_avx512_amd64", "kern", gemm512},
	{"internal/kern/gemm_avx2_amd64", "kern", gemm256},
	{"internal/kern/column_avx512_amd64", "kern", column512},
	{"internal/kern/pack_avx512_amd64", "kern", pack512},
	{"internal/kern/pack_avx2_amd64", "kern", pack256},
	{"internal/kern/elementwise_avx512_amd64", "kern", elementwise(true)},
	{"internal/kern/elementwise_avx2_amd64", "kern", elementwise(false)},
	{"internal/kern/layernorm_avx512_amd64", "kern", layerNorms(true)},
	{"internal/kern/layernorm_avx2_amd64", "kern", layerNorms(false)},
	{"internal/kern/peak_avx512_amd64", "kern", peak(true)},
	{"internal/kern/peak_avx2_amd64", "kern", peak(false)},
	{"rng/normals_avx512_amd64", "rng", random(true)},
	{"rng/normals_avx2_amd64", "rng", random(false)},
	{"internal/kern/bf16_avx512_amd64", "kern", bf16AVX512},
	{"internal/kern/bf16_avx2_amd64", "kern", bf16AVX2},
	{"internal/kern/bf16_amx_amd64", "kern", amx},
}

func main() {
	// avo's build package takes names of the default flag set.
	flags := flag.NewFlagSet("gen", flag.ExitOnError)
	out := flags.String("out", filepath.Join("..", "..", ".."), "root folder to write under")
	flags.Parse(os.Args[1:])
	for _, f := range files {
		if err := generate(*out, f); err != nil {
			log.Fatalf("gen: %s: %v", f.path, err)
		}
	}
	for _, f := range armFiles {
		if err := f.generate(*out); err != nil {
			log.Fatalf("gen: %s: %v", f.path, err)
		}
	}
}

func generate(root string, f file) error {
	c := build.NewContext()
	c.ConstraintExpr("amd64,!noasm")
	f.write(c)
	ir, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(ir); err != nil {
		return err
	}
	cfg := printer.Config{Name: "internal/kern/gen", Pkg: f.pkg}
	base := filepath.Join(root, filepath.FromSlash(f.path))
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return err
	}
	for suffix, builder := range map[string]printer.Builder{".s": printer.NewGoAsm, "_stubs.go": printer.NewStubs} {
		text, err := builder(cfg).Print(ir)
		if err != nil {
			return err
		}
		name := base + suffix
		if suffix == "_stubs.go" {
			name = stubName(base)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// stubName keeps the architecture at the end of the file's name.
func stubName(base string) string {
	const arch = "_amd64"
	return base[:len(base)-len(arch)] + "_stubs" + arch + ".go"
}
