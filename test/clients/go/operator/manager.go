package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

type ctrlConfig struct {
	config *rest.Config
	scheme *runtime.Scheme
}

// Runs the manager and meets it as a user would; the first check that fails is the error.
func run(ctx context.Context, environment *envtest.Environment, given ctrlConfig) error {
	local := environment.WebhookInstallOptions
	manager, err := ctrl.NewManager(given.config, ctrl.Options{
		Scheme:                  given.scheme,
		Metrics:                 server.Options{BindAddress: "0"},
		LeaderElection:          true,
		LeaderElectionID:        "harbour",
		LeaderElectionNamespace: "default",
		WebhookServer: webhook.NewServer(webhook.Options{
			Host: local.LocalServingHost, Port: local.LocalServingPort, CertDir: local.LocalServingCertDir,
		}),
	})
	if err != nil {
		return err
	}
	if err := ctrl.NewWebhookManagedBy(manager).For(&Boat{}).
		WithDefaulter(rules{}).WithValidator(rules{}).Complete(); err != nil {
		return err
	}
	if err := ctrl.NewControllerManagedBy(manager).For(&Boat{}).Owns(&corev1.ConfigMap{}).
		Complete(&reconciler{manager.GetClient()}); err != nil {
		return err
	}
	stopped := make(chan error, 1)
	go func() { stopped <- manager.Start(ctx) }()
	address := net.JoinHostPort(local.LocalServingHost, strconv.Itoa(local.LocalServingPort))
	if err := eventually(func() error {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = connection.Close()
		}
		return err
	}); err != nil {
		return err
	}
	user, err := client.New(given.config, client.Options{Scheme: given.scheme})
	if err != nil {
		return err
	}
	return meet(ctx, user)
}

func meet(ctx context.Context, user client.Client) error {
	boat := &Boat{ObjectMeta: metav1.ObjectMeta{Name: "one", Namespace: "default"}, Spec: BoatSpec{Seats: 2}}
	if err := user.Create(ctx, boat); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if boat.Spec.Color != "blue" {
		return fmt.Errorf("the webhook set no colour: %+v", boat.Spec)
	}
	fmt.Println("ok defaulted")

	bad := &Boat{ObjectMeta: metav1.ObjectMeta{Name: "two", Namespace: "default"},
		Spec: BoatSpec{Seats: 2, Color: "invisible"}}
	err := user.Create(ctx, bad)
	want := `admission webhook "validate.harbour.example.com" denied the request: nobody would see it`
	if !apierrors.IsForbidden(err) || err.Error() != want {
		return fmt.Errorf("not denied as it should be: %v", err)
	}
	none := &Boat{ObjectMeta: metav1.ObjectMeta{Name: "three", Namespace: "default"}}
	if err := user.Create(ctx, none); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "spec.seats") {
		return fmt.Errorf("the schema let no seats pass: %v", err)
	}
	fmt.Println("ok validated")

	key := client.ObjectKeyFromObject(boat)
	if err := eventually(func() error {
		var log corev1.ConfigMap
		if err := user.Get(ctx, key, &log); err != nil {
			return err
		}
		if log.Data["color"] != "blue" || !metav1.IsControlledBy(&log, boat) {
			return fmt.Errorf("unexpected log %+v", log)
		}
		if err := user.Get(ctx, key, boat); err != nil {
			return err
		}
		if !boat.Status.Ready {
			return errors.New("not ready")
		}
		return nil
	}); err != nil {
		return fmt.Errorf("reconciled: %w", err)
	}
	fmt.Println("ok reconciled")

	boat.Spec.Color = "red"
	if err := user.Update(ctx, boat); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if err := eventually(func() error {
		var log corev1.ConfigMap
		if err := user.Get(ctx, key, &log); err != nil {
			return err
		}
		if log.Data["color"] != "red" {
			return fmt.Errorf("the log says %q", log.Data["color"])
		}
		return nil
	}); err != nil {
		return fmt.Errorf("updated: %w", err)
	}
	fmt.Println("ok updated")

	var lease coordinationv1.Lease
	if err := user.Get(ctx, client.ObjectKey{Namespace: "default", Name: "harbour"}, &lease); err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" {
		return errors.New("nobody leads")
	}
	fmt.Println("ok elected")
	return nil
}
