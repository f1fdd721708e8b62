// Exec, attach and port-forward through client-go. Arguments: "spdy", "websocket", or "fallback"
// for SPDY after WebSockets were refused; the pod's name; the port where its container main serves
// HTTP; the one where another counts what it is sent. Prints "ok <name>" for what works.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"
)

type program struct {
	config *rest.Config
	client *kubernetes.Clientset
	pod    string
	http   string
	count  string
}

// patience is far more than anything here takes.
const patience = 30 * time.Second

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

// until waits for the text to be there.
func (c *collected) until(wanted string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if strings.Contains(c.String(), wanted) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%q instead of %q", c.String(), wanted)
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		panic(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	transport := os.Args[1]
	p := program{config, client, os.Args[2], os.Args[3], os.Args[4]}
	report("exec", p.exec(transport))
	report("half", p.half(transport))
	report("terminal", p.terminal(transport))
	report("flood", p.flood(transport))
	report("attach", p.attach(transport))
	report("forward", p.forward(transport))
	report("forward half", p.forwardHalf(transport))
	report("forward refused", p.forwardRefused(transport))
	report("forward many", p.forwardMany(transport))
}

func report(name string, err error) {
	if err != nil {
		fmt.Printf("FAILED %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok %s\n", name)
}

func (p program) request(subresource string) *rest.Request {
	request := p.client.CoreV1().RESTClient().Post()
	return request.Namespace("default").Resource("pods").Name(p.pod).SubResource(subresource)
}

// elsewhere is where WebSockets are refused, as by a proxy that knows none.
func (p program) elsewhere() *rest.Request {
	return p.client.CoreV1().RESTClient().Get().AbsPath("/version")
}

func (p program) executor(transport string, request *rest.Request) (remotecommand.Executor, error) {
	overSpdy, err := remotecommand.NewSPDYExecutor(p.config, "POST", request.URL())
	if err != nil || transport == "spdy" {
		return overSpdy, err
	}
	url := request.URL()
	if transport == "fallback" {
		url = p.elsewhere().URL()
	}
	overWebSocket, err := remotecommand.NewWebSocketExecutor(p.config, "GET", url.String())
	if err != nil || transport == "websocket" {
		return overWebSocket, err
	}
	return remotecommand.NewFallbackExecutor(overWebSocket, overSpdy, httpstream.IsUpgradeFailure)
}
