// Command conformance speaks to a server as programs in Go do: typed clients that prefer protobuf,
// informers that stream their first state, leader election, server-side apply, paged lists.
// It prints one line per check, "ok <name>" or "FAIL <name>: <why>", and exits with 1 if one failed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	applyappsv1 "k8s.io/client-go/applyconfigurations/apps/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	applymetav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/ptr"
)

const namespace = "go-client"
const timeout = 20 * time.Second

type checker struct {
	ctx      context.Context
	config   *rest.Config
	json     kubernetes.Interface
	protobuf kubernetes.Interface
	failed   bool
}

// Runs a check, unless the command line names others.
func (c *checker) check(name string, run func() error) {
	if len(os.Args) > 1 && !slices.Contains(os.Args[1:], name) {
		return
	}
	if err := run(); err != nil {
		c.failed = true
		fmt.Printf("FAIL %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok %s\n", name)
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		panic(err)
	}
	config.QPS = -1
	streams := &recorder{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { streams.next = next; return streams })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := &checker{ctx: ctx, config: config}
	c.json = kubernetes.NewForConfigOrDie(withContentType(config, "application/json", ""))
	c.protobuf = kubernetes.NewForConfigOrDie(withContentType(config,
		"application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf,application/json"))

	c.check("namespace", c.namespace)
	c.check("crud", c.crud)
	c.check("populated", c.populated)
	c.check("lists", c.lists)
	c.check("watch", c.watch)
	c.check("metadata", c.metadata)
	c.check("informer", c.informer)
	c.check("apply", c.apply)
	c.check("scale", c.scale)
	c.check("election", c.election)
	c.check("errors", c.errors)
	// An informer that streams its first state is told so by KUBE_FEATURE_WatchListClient=true.
	c.check("streamed", func() error { return expect(streams.seen.Load(), true) })
	if c.failed {
		os.Exit(1)
	}
}

// A recorder notes if a watch asked for the first state as a stream.
type recorder struct {
	next http.RoundTripper
	seen atomic.Bool
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Query().Get("sendInitialEvents") == "true" {
		r.seen.Store(true)
	}
	return r.next.RoundTrip(request)
}

func withContentType(config *rest.Config, contentType, accept string) *rest.Config {
	copied := rest.CopyConfig(config)
	copied.ContentType = contentType
	copied.AcceptContentTypes = accept
	return copied
}

func (c *checker) namespace() error {
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	created, err := c.protobuf.CoreV1().Namespaces().Create(c.ctx, object, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return expect(created.Status.Phase, corev1.NamespaceActive)
}

func (c *checker) crud() error {
	maps := c.protobuf.CoreV1().ConfigMaps(namespace)
	sent := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "crud", Labels: map[string]string{"a": "b"}},
		Data:       map[string]string{"k": "v"},
		BinaryData: map[string][]byte{"b": {0, 255, 7}},
	}
	created, err := maps.Create(c.ctx, sent, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if created.UID == "" || created.CreationTimestamp.IsZero() || len(created.ManagedFields) != 1 {
		return fmt.Errorf("incomplete metadata: %+v", created.ObjectMeta)
	}
	created.Data["k"] = "w"
	updated, err := maps.Update(c.ctx, created, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if _, err := maps.Update(c.ctx, created, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("a stale update: %v", err)
	}
	patch := []byte(`{"data":{"l":"x"}}`)
	patched, err := maps.Patch(c.ctx, "crud", types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return err
	}
	if patched.ResourceVersion == updated.ResourceVersion {
		return fmt.Errorf("the patch changed nothing")
	}
	got, err := maps.Get(c.ctx, "crud", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect(got.Data, map[string]string{"k": "w", "l": "x"}); err != nil {
		return err
	}
	if err := expect(got.BinaryData, sent.BinaryData); err != nil {
		return err
	}
	if err := maps.Delete(c.ctx, "crud", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if _, err := maps.Get(c.ctx, "crud", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		return fmt.Errorf("after the deletion: %v", err)
	}
	return nil
}

// A pod with most of its fields reads the same in both encodings.
func (c *checker) populated() error {
	pod := &corev1.Pod{}
	if err := json.Unmarshal([]byte(populatedPod), pod); err != nil {
		return err
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	_, err := c.protobuf.CoreV1().ServiceAccounts(namespace).Create(c.ctx, account, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	if _, err := c.protobuf.CoreV1().Pods(namespace).Create(c.ctx, pod, metav1.CreateOptions{}); err != nil {
		return err
	}
	defer c.protobuf.CoreV1().Pods(namespace).Delete(c.ctx, pod.Name, *metav1.NewDeleteOptions(0))
	one, err := c.json.CoreV1().Pods(namespace).Get(c.ctx, pod.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	other, err := c.protobuf.CoreV1().Pods(namespace).Get(c.ctx, pod.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	// client-go sets these from JSON alone.
	one.TypeMeta, other.TypeMeta = metav1.TypeMeta{}, metav1.TypeMeta{}
	return sameJSON(one, other)
}

func (c *checker) lists() error {
	maps := c.protobuf.CoreV1().ConfigMaps(namespace)
	for i := range 7 {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("page-%d", i), Labels: map[string]string{"page": "yes"},
		}}
		if _, err := maps.Create(c.ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	options := metav1.ListOptions{LabelSelector: "page=yes", Limit: 3}
	found, pages := 0, 0
	for {
		list, err := maps.List(c.ctx, options)
		if err != nil {
			return err
		}
		found += len(list.Items)
		pages++
		if options.Continue = list.Continue; options.Continue == "" {
			break
		}
	}
	if err := expect([]int{found, pages}, []int{7, 3}); err != nil {
		return err
	}
	return maps.DeleteCollection(c.ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "page=yes"})
}

func (c *checker) watch() error {
	for name, client := range map[string]kubernetes.Interface{"json": c.json, "protobuf": c.protobuf} {
		maps := client.CoreV1().ConfigMaps(namespace)
		list, err := maps.List(c.ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		selector := "metadata.name=watched-" + name
		options := metav1.ListOptions{ResourceVersion: list.ResourceVersion, FieldSelector: selector}
		watcher, err := maps.Watch(c.ctx, options)
		if err != nil {
			return err
		}
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "watched-" + name}}
		if _, err := maps.Create(c.ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
		if err := maps.Delete(c.ctx, object.Name, metav1.DeleteOptions{}); err != nil {
			return err
		}
		for _, expected := range []watch.EventType{watch.Added, watch.Deleted} {
			select {
			case event := <-watcher.ResultChan():
				seen, isMap := event.Object.(*corev1.ConfigMap)
				if event.Type != expected || !isMap || seen.Name != object.Name {
					return fmt.Errorf("%s: %v %v", name, event.Type, event.Object)
				}
			case <-time.After(timeout):
				return fmt.Errorf("%s: no %s", name, expected)
			}
		}
		watcher.Stop()
	}
	return nil
}

func (c *checker) metadata() error {
	client := metadata.NewForConfigOrDie(c.config)
	resource := client.Resource(corev1.SchemeGroupVersion.WithResource("namespaces"))
	list, err := resource.List(c.ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, item := range list.Items {
		if item.Name == namespace {
			return nil
		}
	}
	return fmt.Errorf("%d namespaces without %s", len(list.Items), namespace)
}

func (c *checker) informer() error {
	factory := informers.NewSharedInformerFactoryWithOptions(c.protobuf, 0, informers.WithNamespace(namespace))
	informer := factory.Core().V1().ConfigMaps().Informer()
	var added, changed, deleted atomic.Int64
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { added.Add(1) },
		UpdateFunc: func(any, any) { changed.Add(1) },
		DeleteFunc: func(any) { deleted.Add(1) },
	}
	if _, err := informer.AddEventHandler(handler); err != nil {
		return err
	}
	maps := c.protobuf.CoreV1().ConfigMaps(namespace)
	for i := range 5 {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("informed-%d", i)}}
		if _, err := maps.Create(c.ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	stop := make(chan struct{})
	defer close(stop)
	factory.Start(stop)
	synced, cancel := context.WithTimeout(c.ctx, timeout)
	defer cancel()
	if !cache.WaitForCacheSync(synced.Done(), informer.HasSynced) {
		return fmt.Errorf("never synced")
	}
	patch := []byte(`{"data":{"k":"v"}}`)
	for i := range 5 {
		name := fmt.Sprintf("informed-%d", i)
		if _, err := maps.Patch(c.ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return err
		}
		if err := maps.Delete(c.ctx, name, metav1.DeleteOptions{}); err != nil {
			return err
		}
	}
	seen := func(context.Context) (bool, error) {
		return added.Load() >= 5 && changed.Load() >= 5 && deleted.Load() >= 5, nil
	}
	if err := wait.PollUntilContextTimeout(c.ctx, 5*time.Millisecond, timeout, true, seen); err != nil {
		return fmt.Errorf("%d added, %d changed, %d deleted", added.Load(), changed.Load(), deleted.Load())
	}
	return nil
}

func webConfiguration() *applyappsv1.DeploymentApplyConfiguration {
	labels := map[string]string{"app": "web"}
	template := applycorev1.PodTemplateSpec().WithLabels(labels).WithSpec(applycorev1.PodSpec().
		WithContainers(applycorev1.Container().WithName("c").WithImage("i").
			WithPorts(applycorev1.ContainerPort().WithContainerPort(80))))
	return applyappsv1.Deployment("web", namespace).WithSpec(applyappsv1.DeploymentSpec().
		WithSelector(applymetav1.LabelSelector().WithMatchLabels(labels)).WithTemplate(template))
}

func (c *checker) apply() error {
	deployments := c.protobuf.AppsV1().Deployments(namespace)
	one := webConfiguration()
	one.Spec.WithReplicas(2)
	if _, err := deployments.Apply(c.ctx, one, metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	two := applyappsv1.Deployment("web", namespace).WithLabels(map[string]string{"two": "yes"}).
		WithSpec(applyappsv1.DeploymentSpec().WithReplicas(3))
	_, err := deployments.Apply(c.ctx, two, metav1.ApplyOptions{FieldManager: "two"})
	if !apierrors.IsConflict(err) || !strings.Contains(err.Error(), `conflict with "one": .spec.replicas`) {
		return fmt.Errorf("no conflict: %v", err)
	}
	if !apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) {
		return fmt.Errorf("no cause: %v", err)
	}
	forced, err := deployments.Apply(c.ctx, two, metav1.ApplyOptions{FieldManager: "two", Force: true})
	if err != nil {
		return err
	}
	if err := expect(*forced.Spec.Replicas, int32(3)); err != nil {
		return err
	}
	// What client-go extracts as a manager's configuration is what the manager applied.
	extracted, err := applyappsv1.ExtractDeployment(forced, "two")
	if err != nil {
		return err
	}
	if err := sameJSON(extracted, two); err != nil {
		return err
	}
	ports := applyappsv1.Deployment("web", namespace).WithSpec(applyappsv1.DeploymentSpec().
		WithTemplate(applycorev1.PodTemplateSpec().WithSpec(applycorev1.PodSpec().
			WithContainers(applycorev1.Container().WithName("side").WithImage("s")))))
	if _, err := deployments.Apply(c.ctx, ports, metav1.ApplyOptions{FieldManager: "side"}); err != nil {
		return err
	}
	without, err := deployments.Apply(c.ctx, applyappsv1.Deployment("web", namespace),
		metav1.ApplyOptions{FieldManager: "side"})
	if err != nil {
		return err
	}
	if err := expect(len(without.Spec.Template.Spec.Containers), 1); err != nil {
		return err
	}
	status := applyappsv1.Deployment("web", namespace).WithStatus(applyappsv1.DeploymentStatus().
		WithConditions(applyappsv1.DeploymentCondition().WithType(appsv1.DeploymentAvailable).
			WithStatus(corev1.ConditionTrue)))
	with, err := deployments.ApplyStatus(c.ctx, status, metav1.ApplyOptions{FieldManager: "status"})
	if err != nil {
		return err
	}
	return expect(len(with.Status.Conditions), 1)
}

func (c *checker) scale() error {
	deployments := c.protobuf.AppsV1().Deployments(namespace)
	scale, err := deployments.GetScale(c.ctx, "web", metav1.GetOptions{})
	if err != nil {
		return err
	}
	scale.Spec.Replicas = 5
	if _, err := deployments.UpdateScale(c.ctx, "web", scale, metav1.UpdateOptions{}); err != nil {
		return err
	}
	web, err := deployments.Get(c.ctx, "web", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect(web.Spec.Replicas, ptr.To(int32(5))); err != nil {
		return err
	}
	for _, entry := range web.ManagedFields {
		if entry.Subresource == "scale" && entry.Operation == metav1.ManagedFieldsOperationUpdate {
			return nil
		}
	}
	return fmt.Errorf("nobody owns the scale")
}

func (c *checker) election() error {
	leads := make(chan string, 2)
	campaign := func(ctx context.Context, name string) {
		lock := &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: "leader", Namespace: namespace},
			Client:     c.protobuf.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		}
		leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock: lock, ReleaseOnCancel: true,
			LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 100 * time.Millisecond,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { leads <- name },
				OnStoppedLeading: func() {},
			},
		})
	}
	for _, name := range []string{"first", "second"} {
		ctx, resign := context.WithCancel(c.ctx)
		go campaign(ctx, name)
		select {
		case leader := <-leads:
			if err := expect(leader, name); err != nil {
				resign()
				return err
			}
		case <-time.After(timeout):
			resign()
			return fmt.Errorf("%s never led", name)
		}
		resign()
	}
	return nil
}

func (c *checker) errors() error {
	_, err := c.protobuf.CoreV1().Pods(namespace).Create(c.ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "No"},
	}, metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) {
		return fmt.Errorf("no validation: %v", err)
	}
	_, err = c.protobuf.CoreV1().ConfigMaps(namespace).List(c.ctx, metav1.ListOptions{
		ResourceVersion: "1", ResourceVersionMatch: metav1.ResourceVersionMatchExact, Limit: 1,
	})
	if err != nil && !apierrors.IsResourceExpired(err) {
		return fmt.Errorf("an old version: %v", err)
	}
	return nil
}

func expect(got, wanted any) error {
	if reflect.DeepEqual(got, wanted) {
		return nil
	}
	return fmt.Errorf("got %v instead of %v", got, wanted)
}

func sameJSON(a, b any) error {
	one, err := json.Marshal(a)
	if err != nil {
		return err
	}
	other, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if string(one) == string(other) {
		return nil
	}
	return fmt.Errorf("%s\n  differs from\n%s", one, other)
}

const populatedPod = `{
  "metadata": {"name": "populated", "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": []},
  "spec": {
    "nodeSelector": {"disk": "ssd"}, "priority": 0, "terminationGracePeriodSeconds": 7,
    "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 9}],
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms":
      [{"matchExpressions": [{"key": "z", "operator": "In", "values": ["a", "b"]}]}]}}},
    "securityContext": {"runAsUser": 1000, "fsGroup": 2000, "sysctls": [{"name": "net.x", "value": "1"}]},
    "volumes": [{"name": "e", "emptyDir": {"sizeLimit": "1Gi"}},
      {"name": "c", "configMap": {"name": "m", "optional": true, "items": [{"key": "k", "path": "p", "mode": 256}]}},
      {"name": "p", "projected": {"sources": [{"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}}]}}],
    "initContainers": [{"name": "i", "image": "i:1", "restartPolicy": "Always"}],
    "containers": [{"name": "c", "image": "c:1", "command": ["a"], "args": ["b", ""],
      "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
      "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}],
      "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}},
      "livenessProbe": {"httpGet": {"path": "/", "port": "http", "httpHeaders": [{"name": "h", "value": "v"}]}, "periodSeconds": 3},
      "readinessProbe": {"tcpSocket": {"port": 80}},
      "lifecycle": {"preStop": {"exec": {"command": ["sleep", "1"]}}},
      "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}, "readOnlyRootFilesystem": true},
      "volumeMounts": [{"name": "e", "mountPath": "/e", "readOnly": true}]}]
  }
}`
