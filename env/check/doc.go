// Package check tells whether a task keeps the contract of package env.
//
// What walks in: a function that makes instances of the task, and what the task
// says of itself. What walks out: a Report with one Finding for each rule that
// is broken, in a sentence that names what was seen and what to do. An error is
// a broken promise: runs would be wrong, not repeatable, or would end early. A
// warning is something that is allowed and usually a mistake.
//
//	task, _ := env.Lookup("own/lift")
//	report := check.Check(task.New, task.Describe, check.Options{})
//	for _, f := range report.Findings {
//		fmt.Println(f)
//	}
//
// The package prints nothing. It gives the task only actions within its bounds,
// but for the rule Actions, which comes last: a simulator outside Go that ends
// the process on a wrong action does so there.
package check
