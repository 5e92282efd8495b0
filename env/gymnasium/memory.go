package gymnasium

import "unsafe"

// Words of the shared memory, 8 bytes each, before the action and the
// observation.
const (
	wordCommand  = iota // one of the commands below
	wordArgument        // a seed, or the length of what follows the request on the socket
	wordStatus          // of the answer: 0 for success
	wordFlags           // flagTerminated, flagTruncated
	wordReward          // float64
	wordLength          // of what follows the answer on the socket
	words        = 8
)

const (
	commandStep = 1 + iota
	commandReset
	commandSave
	commandRestore
)

const (
	flagTerminated = 1 << iota
	flagTruncated
)

// shared is the memory shared with a process.
type shared struct {
	bytes  []byte
	words  []uint64
	reward *float64
	action []float64
	obs    []float64
}

// sharedSize is the size in bytes for a task's dimensions.
func sharedSize(joints, numbers int) int { return 8 * (words + joints + numbers) }

// share lays the words over mapped bytes.
func share(bytes []byte, joints, numbers int) shared {
	base := unsafe.Pointer(&bytes[0])
	reals := unsafe.Slice((*float64)(base), words+joints+numbers)
	return shared{
		bytes: bytes, words: unsafe.Slice((*uint64)(base), words), reward: &reals[wordReward],
		action: reals[words : words+joints], obs: reals[words+joints:],
	}
}
