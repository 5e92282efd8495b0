// Package kern holds the float32 kernels: matrix products with packed weights
// and the elementwise loops around them. Every kernel has a plain Go twin that
// defines it; vector tiers (AVX2+FMA, AVX-512) are generated assembly, chosen
// at run time. Results of one tier do not depend on how rows are split.
package kern
