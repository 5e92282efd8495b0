// Package words puts numbers into sentences: what train and the command line
// count is told in the singular and the plural by one rule.
package words
