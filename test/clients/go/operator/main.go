// A controller-runtime operator in plain envtest: a custom resource, a defaulting and a validating
// webhook, a reconciler and leader election. Only KUBEBUILDER_ASSETS says what API it meets.
// Prints "ok <check>" per check, or what went wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const patience = 20 * time.Second

var group = schema.GroupVersion{Group: "harbour.example.com", Version: "v1"}

type BoatSpec struct {
	Seats int    `json:"seats"`
	Color string `json:"color,omitempty"`
}

type BoatStatus struct {
	Ready bool `json:"ready"`
}

type Boat struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              BoatSpec   `json:"spec"`
	Status            BoatStatus `json:"status,omitempty"`
}

type BoatList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Boat `json:"items"`
}

func (b *Boat) DeepCopyObject() runtime.Object {
	copied := *b
	b.ObjectMeta.DeepCopyInto(&copied.ObjectMeta)
	return &copied
}

func (l *BoatList) DeepCopyObject() runtime.Object {
	copied := *l
	l.ListMeta.DeepCopyInto(&copied.ListMeta)
	copied.Items = make([]Boat, len(l.Items))
	for i := range l.Items {
		copied.Items[i] = *l.Items[i].DeepCopyObject().(*Boat)
	}
	return &copied
}

// Each boat has a ConfigMap of its name, and is ready once that is there.
type reconciler struct{ client.Client }

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var boat Boat
	if err := r.Get(ctx, request.NamespacedName, &boat); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	log := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: boat.Name, Namespace: boat.Namespace}}
	if _, err := controllerutil.CreateOrUpdate(ctx, r, log, func() error {
		log.Data = map[string]string{"color": boat.Spec.Color}
		return controllerutil.SetControllerReference(&boat, log, r.Scheme())
	}); err != nil {
		return ctrl.Result{}, err
	}
	if boat.Status.Ready {
		return ctrl.Result{}, nil
	}
	boat.Status.Ready = true
	return ctrl.Result{}, r.Status().Update(ctx, &boat)
}

type rules struct{}

func (rules) Default(_ context.Context, object runtime.Object) error {
	if boat := object.(*Boat); boat.Spec.Color == "" {
		boat.Spec.Color = "blue"
	}
	return nil
}

func (rules) ValidateCreate(_ context.Context, object runtime.Object) (admission.Warnings, error) {
	boat := object.(*Boat)
	if boat.Spec.Color == "invisible" {
		return nil, errors.New("nobody would see it")
	}
	if boat.Spec.Seats > 100 {
		return admission.Warnings{"that is a ship"}, nil
	}
	return nil, nil
}

func (r rules) ValidateUpdate(ctx context.Context, _, object runtime.Object) (admission.Warnings, error) {
	return r.ValidateCreate(ctx, object)
}

func (rules) ValidateDelete(context.Context, runtime.Object) (admission.Warnings, error) {
	return nil, nil
}

func hooks() envtest.WebhookInstallOptions {
	rule := []admissionv1.RuleWithOperations{{
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
		Rule: admissionv1.Rule{
			APIGroups: []string{group.Group}, APIVersions: []string{group.Version}, Resources: []string{"boats"},
		},
	}}
	config := func(path string) admissionv1.WebhookClientConfig {
		return admissionv1.WebhookClientConfig{
			Service: &admissionv1.ServiceReference{Name: "unused", Namespace: "default", Path: ptr.To(path)},
		}
	}
	none := ptr.To(admissionv1.SideEffectClassNone)
	return envtest.WebhookInstallOptions{
		MutatingWebhooks: []*admissionv1.MutatingWebhookConfiguration{{
			ObjectMeta: metav1.ObjectMeta{Name: "boats"},
			Webhooks: []admissionv1.MutatingWebhook{{
				Name: "default.harbour.example.com", Rules: rule, SideEffects: none,
				AdmissionReviewVersions: []string{"v1"},
				ClientConfig:            config("/mutate-harbour-example-com-v1-boat"),
			}},
		}},
		ValidatingWebhooks: []*admissionv1.ValidatingWebhookConfiguration{{
			ObjectMeta: metav1.ObjectMeta{Name: "boats"},
			Webhooks: []admissionv1.ValidatingWebhook{{
				Name: "validate.harbour.example.com", Rules: rule, SideEffects: none,
				AdmissionReviewVersions: []string{"v1"},
				ClientConfig:            config("/validate-harbour-example-com-v1-boat"),
			}},
		}},
	}
}

func check(name string, err error) {
	if err != nil {
		fmt.Printf("failed %s: %v\n", name, err)
		os.Exit(1)
	}
	fmt.Println("ok", name)
}

func eventually(probe func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := probe()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(group, &Boat{}, &BoatList{})
	metav1.AddToGroupVersion(scheme, group)
	_ = corev1.AddToScheme(scheme)
	_ = coordinationv1.AddToScheme(scheme)
	environment := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Clean(os.Args[1])},
		ErrorIfCRDPathMissing: true,
		Scheme:                scheme,
		WebhookInstallOptions: hooks(),
	}
	if os.Getenv("SHOW") != "" {
		environment.ControlPlane.GetAPIServer().Err = os.Stderr
		environment.ControlPlane.GetAPIServer().Out = os.Stderr
	}
	config, err := environment.Start()
	check("start", err)
	failure := run(ctx, environment, ctrlConfig{config: config, scheme: scheme})
	cancel()
	if failure != nil {
		fmt.Println("failed", failure)
	}
	check("stop", environment.Stop())
	if failure != nil {
		os.Exit(1)
	}
}
