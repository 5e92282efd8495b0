package words

import "strconv"

// Count is n with what it counts, in the singular where it is one: 1 action, 2
// actions.
func Count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
