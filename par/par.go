package par

import (
	"runtime"
	"sync/atomic"
)

// Pool runs pieces of work on a fixed number of workers. The goroutine that
// calls Do is worker 0. A Pool is for one caller at a time.
type Pool struct {
	workers int
	seats   []*seat // of the workers beside the caller
	next    atomic.Int64
	total   int64
	piece   func(worker, i int)
	caller  gate
	idle    func() bool // whether no worker is at work, made once: a method value allocates
	patient bool        // whether waiting may spin for a moment
}

// seat is one worker's place in a call of Do.
type seat struct {
	gate
	state atomic.Int32
	_     [64]byte // keeps seats out of each other's cache line
}

// The states of a seat. A worker takes an offer; the caller withdraws offers
// that nobody took by the time all pieces are begun, so that a worker whose
// processor is busy with something else holds nobody up.
const (
	free int32 = iota
	offered
	taken
	closed
)

// spins is how often a waiting goroutine looks before it sleeps: about half a
// millisecond. The calls of one gradient step or decision follow each other in
// less, and a sleeper that is woken often begins on the processor of whoever
// woke it and works only when that one is done; a pool without work for longer
// costs nothing.
const spins = 400_000

// gate is where one goroutine waits for what others bring about.
type gate struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// wait returns when ready does; open must be called after every change of what
// ready looks at.
func (g *gate) wait(patient bool, ready func() bool) {
	if patient {
		for range spins {
			if ready() {
				return
			}
		}
	}
	for !ready() {
		// Swap and not Store, here and where a seat changes: emulators of arm64 let
		// the load after a store go first, and then both sides sleep.
		g.asleep.Swap(true)
		// What came between the look and the flag would wake nobody.
		if ready() && g.asleep.CompareAndSwap(true, false) {
			return
		}
		<-g.wake
	}
}

// open wakes the goroutine that waits, if it sleeps.
func (g *gate) open() {
	if g.asleep.Load() && g.asleep.CompareAndSwap(true, false) {
		g.wake <- struct{}{}
	}
}

// New returns a pool of the given number of workers (at least 1), the caller
// included: New(1) starts no goroutine.
func New(workers int) *Pool {
	p := &Pool{workers: max(1, workers), caller: gate{wake: make(chan struct{}, 1)}}
	// A goroutine that spins on the only processor keeps the others from working.
	p.patient = runtime.GOMAXPROCS(0) >= p.workers
	p.idle = func() bool {
		for _, s := range p.seats {
			if s.state.Load() == taken {
				return false
			}
		}
		return true
	}
	for w := 1; w < p.workers; w++ {
		s := &seat{gate: gate{wake: make(chan struct{}, 1)}}
		p.seats = append(p.seats, s)
		go p.work(w, s)
	}
	return p
}

// Workers returns the number of workers; a piece sees worker in [0, Workers).
func (p *Pool) Workers() int { return p.workers }

// Do calls piece(worker, i) once for every i in [0, n) and returns when all
// are done. The order is not defined. piece must not call Do of the same pool.
func (p *Pool) Do(n int, piece func(worker, i int)) {
	if p.workers == 1 || n <= 1 {
		for i := range n {
			piece(0, i)
		}
		return
	}
	p.next.Store(0)
	p.total, p.piece = int64(n), piece
	for _, s := range p.seats[:min(n, p.workers)-1] {
		s.state.Swap(offered)
		s.open()
	}
	p.run(0)
	for _, s := range p.seats {
		s.state.CompareAndSwap(offered, free)
	}
	p.caller.wait(p.patient, p.idle)
	p.piece = nil
}

// work serves calls until the pool is closed.
func (p *Pool) work(worker int, s *seat) {
	called := func() bool { return s.state.Load() != free }
	for {
		s.wait(p.patient, called)
		if s.state.CompareAndSwap(offered, taken) {
			p.run(worker)
			s.state.Swap(free)
			p.caller.open()
		} else if s.state.Load() == closed {
			return
		}
	}
}

func (p *Pool) run(worker int) {
	for {
		i := p.next.Add(1) - 1
		if i >= p.total {
			return
		}
		p.piece(worker, int(i))
	}
}

// Close stops the workers. The pool must be idle and is not usable afterwards.
func (p *Pool) Close() {
	for _, s := range p.seats {
		s.state.Store(closed)
		s.open()
	}
	p.seats = nil
	p.workers = 1
}
