// SPDX-License-Identifier: Apache-2.0

// Load of Go: net/http under parallel load, goroutines that only a signal can preempt, garbage
// collection, children, signals, timers, files mapped into memory.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func say(name string, value any) { fmt.Printf("%s: %v\n", name, value) }

func web() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%x", sha256.Sum256(body))
	})}
	go server.Serve(listener)
	body := bytes.Repeat([]byte("x"), 1000)
	wanted := fmt.Sprintf("%x", sha256.Sum256(body))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	var good int64
	var group sync.WaitGroup
	for worker := 0; worker < 16; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < 250; i++ {
				answer, err := client.Post("http://"+listener.Addr().String(), "text/plain", bytes.NewReader(body))
				must(err)
				text, err := io.ReadAll(answer.Body)
				must(err)
				answer.Body.Close()
				if string(text) == wanted {
					atomic.AddInt64(&good, 1)
				}
			}
		}()
	}
	group.Wait()
	must(server.Close())
	say("requests", good)
}

// Loops without calls yield only because the runtime sends SIGURG to their threads.
func preempted() {
	var stop int32
	for i := 0; i < 2*runtime.GOMAXPROCS(0); i++ {
		go func() {
			for n := 0; atomic.LoadInt32(&stop) == 0; n++ {
			}
		}()
	}
	for i := 0; i < 10; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	atomic.StoreInt32(&stop, 1)
	say("preempted", true)
}

func memory() {
	var kept [][]byte
	for i := 0; i < 20000; i++ {
		kept = append(kept, make([]byte, 4096))
		if len(kept) > 1000 {
			kept = kept[500:]
		}
	}
	debug.FreeOSMemory()
	var numbers runtime.MemStats
	runtime.ReadMemStats(&numbers)
	say("collected", numbers.NumGC > 5 && len(kept) > 0)
	file, err := os.CreateTemp("/work", "map")
	must(err)
	must(file.Truncate(1 << 20))
	mapped, err := syscall.Mmap(int(file.Fd()), 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must(err)
	copy(mapped[1<<19:], "written")
	must(syscall.Munmap(mapped))
	text := make([]byte, 7)
	_, err = file.ReadAt(text, 1<<19)
	must(err)
	must(os.Remove(file.Name()))
	say("mapped", string(text))
}

func children() {
	var group sync.WaitGroup
	var good int64
	for i := 0; i < 50; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			command := exec.Command("cat")
			command.Stdin = bytes.NewReader([]byte(fmt.Sprint(i)))
			command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
			if out, err := command.Output(); err == nil && string(out) == fmt.Sprint(i) {
				atomic.AddInt64(&good, 1)
			}
		}(i)
	}
	group.Wait()
	say("children", good)
	ended := exec.Command("sh", "-c", "kill -9 $$").Run()
	say("ended by", ended)
}

func others() {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	must(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	say("signal", <-got)
	addresses, err := net.LookupHost("localhost")
	must(err)
	say("localhost found", len(addresses) > 0)
	_, err = net.Interfaces()
	must(err)
	me, err := user.Current()
	must(err)
	say("user", me.Username)
}

func main() {
	web()
	preempted()
	memory()
	children()
	others()
}
