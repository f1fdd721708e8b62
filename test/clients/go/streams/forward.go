package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

func (p program) dialer(transport string) (httpstream.Dialer, error) {
	url := p.request("portforward").URL()
	roundTripper, upgrader, err := spdy.RoundTripperFor(p.config)
	if err != nil {
		return nil, err
	}
	overSpdy := spdy.NewDialer(upgrader, &http.Client{Transport: roundTripper}, "POST", url)
	if transport == "spdy" {
		return overSpdy, nil
	}
	if transport == "fallback" {
		url = p.elsewhere().URL()
	}
	tunnel, err := portforward.NewSPDYOverWebsocketDialer(url, p.config)
	if err != nil || transport == "websocket" {
		return tunnel, err
	}
	return portforward.NewFallbackDialer(tunnel, overSpdy, httpstream.IsUpgradeFailure), nil
}

// forwarded calls `use` with the address that leads to the port.
func (p program) forwarded(transport, port string, use func(address string) error) error {
	dialer, err := p.dialer(transport)
	if err != nil {
		return err
	}
	stop, ready := make(chan struct{}), make(chan struct{})
	ports := []string{"0:" + port}
	forwarder, err := portforward.New(dialer, ports, stop, ready, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- forwarder.ForwardPorts() }()
	select {
	case err := <-ended:
		return err
	case <-ready:
	}
	found, err := forwarder.GetPorts()
	if err == nil {
		err = use(fmt.Sprintf("127.0.0.1:%d", found[0].Local))
	}
	close(stop)
	<-ended
	return err
}

func post(address string, size int) error {
	body := bytes.NewReader(make([]byte, size))
	response, err := http.Post("http://"+address+"/go", "application/octet-stream", body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if wanted := fmt.Sprintf("POST /go %d", size); err != nil || string(answer) != wanted {
		return fmt.Errorf("%q instead of %q: %v", answer, wanted, err)
	}
	return nil
}

// forward: requests with bodies and without.
func (p program) forward(transport string) error {
	return p.forwarded(transport, p.http, func(address string) error {
		for _, size := range []int{0, 500_000} {
			if err := post(address, size); err != nil {
				return err
			}
		}
		return nil
	})
}

// forwardHalf: the end of what a client sends reaches the pod, whose answer comes after it.
func (p program) forwardHalf(transport string) error {
	return p.forwarded(transport, p.count, func(address string) error {
		return counted(address, 3_000_000)
	})
}

func counted(address string, size int) error {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := connection.Write(make([]byte, size)); err != nil {
		return err
	}
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	answer, err := io.ReadAll(connection)
	if err != nil || string(answer) != fmt.Sprint(size) {
		return fmt.Errorf("%q for %d bytes: %v", answer, size, err)
	}
	return nil
}

// forwardRefused: where nobody listens the client is told, and its connection ends.
func (p program) forwardRefused(transport string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	return p.forwarded(transport, fmt.Sprint(port), func(address string) error {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		defer connection.Close()
		if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		_, err = connection.Read(make([]byte, 1))
		if timeout, ok := err.(net.Error); err == nil || (ok && timeout.Timeout()) {
			return fmt.Errorf("it did not end: %v", err)
		}
		return nil
	})
}

// forwardMany: connections at the same time do not get into each other's way, though some of
// them break off and others are not read.
func (p program) forwardMany(transport string) error {
	return p.forwarded(transport, p.count, func(address string) error {
		var all sync.WaitGroup
		failed := make(chan error, 100)
		for i := range 100 {
			all.Add(1)
			go func() {
				defer all.Done()
				if i%4 == 0 {
					failed <- brokenOff(address)
				} else {
					failed <- counted(address, 1_000*i)
				}
			}()
		}
		all.Wait()
		close(failed)
		for err := range failed {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func brokenOff(address string) error {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	if _, err := connection.Write(make([]byte, 10_000)); err != nil {
		return err
	}
	if err := connection.(*net.TCPConn).SetLinger(0); err != nil {
		return err
	}
	return connection.Close()
}
