package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
)

// run carries out a shell's script in the container main. It has the streams that are there.
func (p program) run(
	ctx context.Context, transport, script string, streams remotecommand.StreamOptions,
) error {
	options := &corev1.PodExecOptions{
		Container: "main", Command: []string{"sh", "-c", script}, TTY: streams.Tty,
		Stdin: streams.Stdin != nil, Stdout: streams.Stdout != nil, Stderr: streams.Stderr != nil,
	}
	request := p.request("exec").VersionedParams(options, scheme.ParameterCodec)
	executor, err := p.executor(transport, request)
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, streams)
}

func exitsWith(code int, err error) error {
	var exit exec.CodeExitError
	if !errors.As(err, &exit) || exit.Code != code {
		return fmt.Errorf("it ended with %v", err)
	}
	return nil
}

// exec: what goes in comes out, errors are told apart, and so is the exit code.
func (p program) exec(transport string) error {
	input := strings.Repeat("typed\n", 100_000)
	var out, stderr collected
	err := p.run(context.Background(), transport, "cat; echo err >&2; exit 3",
		remotecommand.StreamOptions{Stdin: strings.NewReader(input), Stdout: &out, Stderr: &stderr})
	if out.String() != input || stderr.String() != "err\n" {
		return fmt.Errorf("%d bytes came back, and %q", len(out.String()), stderr.String())
	}
	return exitsWith(3, err)
}

// half: the end of the input is told, and outputs come after it.
func (p program) half(transport string) error {
	var out collected
	err := p.run(context.Background(), transport, "wc -c; sleep 0.2; echo late",
		remotecommand.StreamOptions{Stdin: strings.NewReader("12345"), Stdout: &out})
	if text := out.String(); text != "5\nlate\n" {
		return fmt.Errorf("it said %q", text)
	}
	return err
}

// sizes is a terminal whose size changes when it is told to.
type sizes chan remotecommand.TerminalSize

func (s sizes) Next() *remotecommand.TerminalSize {
	size, more := <-s
	if !more {
		return nil
	}
	return &size
}

// terminal: has a size, hears of another, and takes Ctrl-C and Ctrl-D as such.
func (p program) terminal(transport string) error {
	queue := make(sizes, 2)
	defer close(queue)
	queue <- remotecommand.TerminalSize{Width: 101, Height: 41}
	reader, writer := io.Pipe()
	var out collected
	script := "trap 'echo interrupted; stty size' INT; stty size; " +
		"while ! read line; do :; done; cat; exit 7"
	ended := make(chan error, 1)
	go func() {
		ended <- p.run(context.Background(), transport, script, remotecommand.StreamOptions{
			Stdin: reader, Stdout: &out, Tty: true, TerminalSizeQueue: queue,
		})
	}()
	if err := out.until("41 101\r\n"); err != nil {
		return err
	}
	queue <- remotecommand.TerminalSize{Width: 102, Height: 42}
	// A size and what is typed go different ways: it is asked until it has come.
	for end := time.Now().Add(patience); !strings.Contains(out.String(), "42 102\r\n"); {
		if time.Now().After(end) {
			return fmt.Errorf("it said %q", out.String())
		}
		fmt.Fprint(writer, "\x03")
		time.Sleep(50 * time.Millisecond)
	}
	fmt.Fprint(writer, "word\n\x04")
	return exitsWith(7, <-ended)
}

// slow takes the first bytes, and then nothing until it is let go.
type slow struct {
	began chan struct{}
	goOn  chan struct{}
}

func (s *slow) Write(bytes []byte) (int, error) {
	select {
	case <-s.began:
		<-s.goOn
	default:
		close(s.began)
	}
	return len(bytes), nil
}

// flood: who leaves a command that prints without end, or reads it slowly, ends it.
func (p program) flood(transport string) error {
	mark := "flood-" + transport
	reader := &slow{began: make(chan struct{}), goOn: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- p.run(ctx, transport, "exec yes "+mark, remotecommand.StreamOptions{Stdout: reader})
	}()
	<-reader.began
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		return fmt.Errorf("it ended with %v", err)
	}
	close(reader.goOn)
	script := "for i in $(seq 300); do grep -qs '[f]lood-" + transport +
		"' /proc/[0-9]*/cmdline || exit 0; sleep 0.1; done; exit 1"
	streams := remotecommand.StreamOptions{Stdout: io.Discard}
	if err := p.run(context.Background(), transport, script, streams); err != nil {
		return fmt.Errorf("it goes on: %w", err)
	}
	return nil
}

type attached struct {
	out   collected
	input *io.PipeWriter
	ended chan error
}

func (p program) join(ctx context.Context, transport string, talks bool) (*attached, error) {
	options := &corev1.PodAttachOptions{Container: "side", Stdin: talks, Stdout: true}
	request := p.request("attach").VersionedParams(options, scheme.ParameterCodec)
	executor, err := p.executor(transport, request)
	if err != nil {
		return nil, err
	}
	one := &attached{ended: make(chan error, 1)}
	streams := remotecommand.StreamOptions{Stdout: &one.out}
	if talks {
		streams.Stdin, one.input = io.Pipe()
	}
	go func() { one.ended <- executor.StreamWithContext(ctx, streams) }()
	return one, nil
}

// attach: what one says all hear; who leaves, even abruptly, takes nobody along.
func (p program) attach(transport string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	talker, err := p.join(ctx, transport, true)
	if err != nil {
		return err
	}
	brief, leave := context.WithCancel(ctx)
	leaver, err := p.join(brief, transport, true)
	if err != nil {
		leave()
		return err
	}
	listener, err := p.join(ctx, transport, false)
	if err != nil {
		leave()
		return err
	}
	say := func(to *attached, word string, heardBy ...*attached) error {
		// Who has just come may have missed it.
		for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
			if _, err := fmt.Fprintln(to.input, word); err != nil {
				return err
			}
			missed := 0
			for _, one := range heardBy {
				if !strings.Contains(one.out.String(), "got "+word+"\n") {
					missed++
				}
			}
			if missed == 0 {
				return nil
			}
			if time.Now().After(end) {
				return fmt.Errorf("%d of %d heard nothing of %s", missed, len(heardBy), word)
			}
		}
	}
	if err := say(leaver, "all-"+transport, talker, leaver, listener); err != nil {
		leave()
		return err
	}
	leave()
	<-leaver.ended
	return say(talker, "two-"+transport, talker, listener)
}
