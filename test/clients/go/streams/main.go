// Exec, attach and port-forward through client-go, over SPDY and over WebSockets. Arguments:
// the pod's name and the port its container main listens on. Prints "ok <name>" for what works.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
)

type program struct {
	config *rest.Config
	client *kubernetes.Clientset
	pod    string
	port   string
}

// collected is a buffer that is written and read at the same time.
type collected struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (c *collected) Write(bytes []byte) (int, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.text.Write(bytes)
}

func (c *collected) String() string {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.text.String()
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		panic(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	p := program{config: config, client: client, pod: os.Args[1], port: os.Args[2]}
	for _, transport := range []string{"spdy", "websocket"} {
		for name, run := range map[string]func(string) error{
			"exec":        p.exec,
			"attach":      p.attach,
			"portforward": p.portForward,
		} {
			if err := run(transport); err != nil {
				fmt.Printf("FAILED %s %s: %v\n", transport, name, err)
				continue
			}
			fmt.Printf("ok %s %s\n", transport, name)
		}
	}
}

func (p program) request(subresource string) *rest.Request {
	request := p.client.CoreV1().RESTClient().Post()
	return request.Namespace("default").Resource("pods").Name(p.pod).SubResource(subresource)
}

func (p program) executor(transport string, request *rest.Request) (remotecommand.Executor, error) {
	if transport == "spdy" {
		return remotecommand.NewSPDYExecutor(p.config, "POST", request.URL())
	}
	return remotecommand.NewWebSocketExecutor(p.config, "GET", request.URL().String())
}

func (p program) exec(transport string) error {
	command := []string{"sh", "-c", "cat; echo err >&2; exit 3"}
	options := &corev1.PodExecOptions{
		Container: "main", Command: command, Stdin: true, Stdout: true, Stderr: true,
	}
	request := p.request("exec").VersionedParams(options, scheme.ParameterCodec)
	executor, err := p.executor(transport, request)
	if err != nil {
		return err
	}
	input := strings.Repeat("typed\n", 100_000)
	var out, stderr collected
	err = executor.StreamWithContext(context.Background(), remotecommand.StreamOptions{
		Stdin: strings.NewReader(input), Stdout: &out, Stderr: &stderr,
	})
	var exit exec.CodeExitError
	if !errors.As(err, &exit) || exit.Code != 3 {
		return fmt.Errorf("it ended with %v", err)
	}
	if out.String() != input || stderr.String() != "err\n" {
		return fmt.Errorf("%d bytes came back, and %q", len(out.String()), stderr.String())
	}
	return nil
}

func (p program) attach(transport string) error {
	options := &corev1.PodAttachOptions{Container: "side", Stdin: true, Stdout: true}
	request := p.request("attach").VersionedParams(options, scheme.ParameterCodec)
	executor, err := p.executor(transport, request)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reader, writer := io.Pipe()
	var out collected
	go func() {
		streams := remotecommand.StreamOptions{Stdin: reader, Stdout: &out}
		_ = executor.StreamWithContext(ctx, streams)
	}()
	word := "go-" + transport
	if _, err := fmt.Fprintln(writer, word); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if strings.Contains(out.String(), "got "+word+"\n") {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("it said %q", out.String())
}

func (p program) dialer(transport string) (httpstream.Dialer, error) {
	url := p.request("portforward").URL()
	if transport == "websocket" {
		return portforward.NewSPDYOverWebsocketDialer(url, p.config)
	}
	roundTripper, upgrader, err := spdy.RoundTripperFor(p.config)
	if err != nil {
		return nil, err
	}
	return spdy.NewDialer(upgrader, &http.Client{Transport: roundTripper}, "POST", url), nil
}

func (p program) portForward(transport string) error {
	dialer, err := p.dialer(transport)
	if err != nil {
		return err
	}
	stop, ready := make(chan struct{}), make(chan struct{})
	defer close(stop)
	ports := []string{"0:" + p.port}
	forwarder, err := portforward.New(dialer, ports, stop, ready, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- forwarder.ForwardPorts() }()
	select {
	case err := <-failed:
		return err
	case <-ready:
	}
	forwarded, err := forwarder.GetPorts()
	if err != nil {
		return err
	}
	for _, size := range []int{0, 500_000} {
		body := bytes.NewReader(make([]byte, size))
		url := fmt.Sprintf("http://127.0.0.1:%d/go", forwarded[0].Local)
		response, err := http.Post(url, "application/octet-stream", body)
		if err != nil {
			return err
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		if wanted := fmt.Sprintf("POST /go %d", size); err != nil || string(answer) != wanted {
			return fmt.Errorf("%q instead of %q: %v", answer, wanted, err)
		}
	}
	return nil
}
