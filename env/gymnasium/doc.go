// Package gymnasium steps any Gymnasium environment of the user's, in a Python
// process of its own: docs/gymnasium.md.
//
// It owns the names of such tasks (gymnasium:MODULE:ENV?ARGUMENTS#OPTIONS), the
// processes, the memory that they share with this program, and what is said
// when one of them fails. What walks in: a name and actions. What walks out:
// env.Task for the registry's resolver, and env.Env.
//
// An instance is one process. A request is a few words in shared memory and one
// byte on a socket, at which the other side sleeps. Nobody polls the memory: a
// sleeper can be woken on the waker's own core, so that a step takes 10 us,
// against 35 to 87 us on two busy cores where both sides first watch the memory
// for 50 us.
package gymnasium
