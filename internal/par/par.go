package par

import (
	"sync"
	"sync/atomic"
)

// Pool runs pieces of work on a fixed number of workers. The goroutine that
// calls Do is worker 0. A Pool is for one caller at a time.
type Pool struct {
	workers int
	wake    []chan struct{}
	next    atomic.Int64
	total   int64
	piece   func(worker, i int)
	done    sync.WaitGroup
}

// New returns a pool of the given number of workers (at least 1), the caller
// included: New(1) starts no goroutine.
func New(workers int) *Pool {
	p := &Pool{workers: max(1, workers)}
	for w := 1; w < p.workers; w++ {
		c := make(chan struct{}, 1)
		p.wake = append(p.wake, c)
		go func() {
			for range c {
				p.run(w)
				p.done.Done()
			}
		}()
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
	helpers := min(n, p.workers) - 1
	p.done.Add(helpers)
	for w := range helpers {
		p.wake[w] <- struct{}{}
	}
	p.run(0)
	p.done.Wait()
	p.piece = nil
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
	for _, c := range p.wake {
		close(c)
	}
	p.wake = nil
	p.workers = 1
}
