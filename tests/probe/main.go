// The program of the terminal tests: it does what its arguments (or STEPS, when it is a
// test) say, one after the other.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func ioctl(fd int, request uintptr, argument unsafe.Pointer) bool {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(argument))
	return errno == 0
}

func isTerminal(fd int) bool {
	var modes syscall.Termios
	return ioctl(fd, syscall.TCGETS, unsafe.Pointer(&modes))
}

func appendTo(file, text string) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0666)
	if err != nil {
		panic(err)
	}
	f.WriteString(text)
	f.Close()
}

func size() string {
	var rowsAndColumns [4]uint16
	ioctl(0, syscall.TIOCGWINSZ, unsafe.Pointer(&rowsAndColumns))
	return fmt.Sprintf("%dx%d", rowsAndColumns[0], rowsAndColumns[1])
}

// Reads single keys in raw mode on the alternate screen, until q; tells each, and each new size.
func fullScreen() {
	var before, raw syscall.Termios
	ioctl(0, syscall.TCGETS, unsafe.Pointer(&before))
	raw = before
	raw.Lflag &^= syscall.ICANON | syscall.ECHO | syscall.ISIG
	raw.Iflag &^= syscall.IXON | syscall.ICRNL
	raw.Oflag &^= syscall.OPOST
	ioctl(0, syscall.TCSETS, unsafe.Pointer(&raw))
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	fmt.Printf("\x1b[?1049h%s", size())
	keys := make(chan byte)
	go func() {
		for {
			var key [1]byte
			if n, _ := os.Stdin.Read(key[:]); n == 1 {
				keys <- key[0]
			}
		}
	}()
	for key := byte(0); key != 'q'; {
		select {
		case key = <-keys:
			fmt.Printf("<%02x>", key)
		case <-resized:
			fmt.Printf("[%s]", size())
		}
	}
	ioctl(0, syscall.TCSETS, unsafe.Pointer(&before))
	fmt.Printf("\x1b[?1049l")
}

func catch(number syscall.Signal) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, number)
	go func() {
		<-caught
		fmt.Println("caught", number)
		os.Exit(3)
	}()
}

// Leaves a daemon that says its word on stderr when the file is there.
func leaveDaemon(file string) {
	self, _ := os.Executable()
	daemon := exec.Command(self, "await:"+file, "err:late")
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	daemon.Stderr = os.Stderr
	daemon.Start()
}

func await(file string) {
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func run(words ...string) {
	command := exec.Command(words[0], words[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		fmt.Println(err)
	}
}

func do(step string) {
	name, rest, _ := strings.Cut(step, ":")
	switch name {
	case "say":
		fmt.Println(rest)
	case "err":
		fmt.Fprintln(os.Stderr, rest)
	case "exit":
		os.Exit(int(rest[0] - '0'))
	case "terminals": // adds to the file which of 0, 1, 2 are terminals
		for fd := 0; fd <= 2; fd++ {
			appendTo(rest, fmt.Sprint(isTerminal(fd), " "))
		}
		appendTo(rest, "\n")
	case "streams": // adds to the file what 0, 1, 2 are
		for fd := 0; fd <= 2; fd++ {
			to, _ := os.Readlink(fmt.Sprint("/proc/self/fd/", fd))
			appendTo(rest, to+"\n")
		}
	case "catch":
		catch(map[string]syscall.Signal{"INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT}[rest])
	case "pause":
		time.Sleep(time.Hour)
	case "await":
		await(rest)
	case "create":
		appendTo(rest, "x\n")
	case "read":
		var line string
		fmt.Scanln(&line)
		fmt.Println("read", line)
	case "cat":
		text, err := os.ReadFile(rest)
		fmt.Println(string(text), err)
	case "full-screen":
		fullScreen()
	case "daemon":
		leaveDaemon(rest)
	case "run":
		run(strings.Fields(rest)...)
	default:
		panic(step)
	}
}

func main() {
	for _, step := range os.Args[1:] {
		do(step)
	}
}
