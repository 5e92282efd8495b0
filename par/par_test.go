package par_test

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"demorl/par"
)

func TestEveryPieceRunsExactlyOnceOnAKnownWorker(t *testing.T) {
	for _, workers := range []int{-1, 0, 1, 2, 3, 8} {
		p := par.New(workers)
		if p.Workers() != max(1, workers) {
			t.Fatalf("New(%d) has %d workers", workers, p.Workers())
		}
		for _, n := range []int{0, 1, 2, 3, 7, 64, 1000} {
			ran := make([]atomic.Int32, n)
			p.Do(n, func(worker, i int) {
				if worker < 0 || worker >= p.Workers() {
					t.Errorf("worker %d of %d", worker, p.Workers())
				}
				ran[i].Add(1)
			})
			for i := range ran {
				if got := ran[i].Load(); got != 1 {
					t.Errorf("%d workers, piece %d of %d ran %d times", workers, i, n, got)
				}
			}
		}
		p.Close()
	}
}

// A worker's memory is its own: two pieces of one worker never overlap. The
// race detector says the same of what Do's caller reads afterwards.
func TestAWorkerRunsOnePieceAtATime(t *testing.T) {
	p := par.New(4)
	defer p.Close()
	busy := make([]atomic.Bool, p.Workers())
	sum := make([]int, p.Workers()) // without locks
	for range 200 {
		p.Do(50, func(worker, i int) {
			if !busy[worker].CompareAndSwap(false, true) {
				t.Errorf("worker %d has two pieces at once", worker)
			}
			sum[worker] += i
			busy[worker].Store(false)
		})
	}
	total := 0
	for _, s := range sum {
		total += s
	}
	if total != 200*50*49/2 {
		t.Errorf("the pieces' numbers sum to %d", total)
	}
}

func TestPiecesReallyRunAtTheSameTime(t *testing.T) {
	p := par.New(3)
	defer p.Close()
	var waiting atomic.Int32
	p.Do(3, func(int, int) {
		waiting.Add(1)
		for start := time.Now(); waiting.Load() < 3; runtime.Gosched() {
			if time.Since(start) > 10*time.Second {
				t.Error("a piece waited alone")
				return
			}
		}
	})
}

func TestTheCallerIsTheOnlyWorkerOfASmallPool(t *testing.T) {
	before := runtime.NumGoroutine()
	p := par.New(1)
	defer p.Close()
	if n := runtime.NumGoroutine(); n != before {
		t.Errorf("New(1) started %d goroutines", n-before)
	}
	order := []int{}
	p.Do(5, func(worker, i int) { order = append(order, worker*100+i) })
	for i, x := range order {
		if i != x {
			t.Errorf("pieces ran as %v", order)
		}
	}
}

func TestCloseEndsTheWorkers(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		p := par.New(4)
		p.Do(8, func(int, int) {})
		p.Close()
	}
	for start := time.Now(); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%d goroutines are left of closed pools", runtime.NumGoroutine()-before)
		}
	}
}

func TestDoAllocatesNothing(t *testing.T) {
	p := par.New(2)
	defer p.Close()
	piece := func(int, int) {}
	if n := testing.AllocsPerRun(50, func() { p.Do(10, piece) }); n != 0 {
		t.Errorf("Do allocates %g times", n)
	}
}

// processorTime is how long this process has kept processors busy.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestIdleWorkersDoNotBurnAProcessor(t *testing.T) {
	p := par.New(4)
	defer p.Close()
	p.Do(8, func(int, int) {})
	time.Sleep(20 * time.Millisecond)
	before := processorTime(t)
	const idle = 500 * time.Millisecond
	time.Sleep(idle)
	if used := processorTime(t) - before; used > idle/10 {
		t.Errorf("a pool without work used %v of a processor in %v", used, idle)
	}
}

func TestDoStartsNoGoroutine(t *testing.T) {
	p := par.New(3)
	defer p.Close()
	before := runtime.NumGoroutine()
	most := before
	for range 100 {
		p.Do(9, func(worker, _ int) {
			if worker == 0 {
				most = max(most, runtime.NumGoroutine())
			}
		})
	}
	if most != before {
		t.Errorf("%d goroutines during calls, %d before them", most, before)
	}
}

// The pause between calls decides whether a worker spins, is about to sleep or
// sleeps; a call must reach it in all three.
func TestCallsReachWorkersAtEveryMomentOfTheirSleep(t *testing.T) {
	p := par.New(3)
	defer p.Close()
	var ran atomic.Int64
	piece := func(int, int) { ran.Add(1) }
	total := int64(0)
	for i := range 3000 {
		p.Do(3, piece)
		total += 3
		for start := time.Now(); time.Since(start) < time.Duration(i%100)*time.Microsecond; {
		}
	}
	if got := ran.Load(); got != total {
		t.Errorf("%d pieces ran, want %d", got, total)
	}
}

func BenchmarkDo(b *testing.B) {
	p := par.New(2)
	defer p.Close()
	piece := func(int, int) {}
	for b.Loop() {
		p.Do(2, piece)
	}
}
