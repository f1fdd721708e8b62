import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Speaks to a cluster as programs in Java do; prints one line per check. */
public class Fabric8 {
  private static final String NAMESPACE = "fabric8";
  private static final long PATIENCE_SECONDS = 120;
  private static KubernetesClient client;

  interface Check {
    void run() throws Exception;
  }

  @Group("fabric8.example.com")
  @Version("v1")
  @Plural("boats")
  public static class Boat extends CustomResource<Boat.Spec, Boat.Status> implements Namespaced {
    public static class Spec {
      public int length;
    }

    public static class Status {
      public String phase;
    }
  }

  public static void main(String[] args) throws Exception {
    try (KubernetesClient made = new KubernetesClientBuilder().build()) {
      client = made;
      client.namespaces().resource(new io.fabric8.kubernetes.api.model.NamespaceBuilder()
          .withNewMetadata().withName(NAMESPACE).endMetadata().build()).create();
      check("crud", Fabric8::crud);
      check("patches", Fabric8::patches);
      check("informs", Fabric8::informs);
      check("applies", Fabric8::applies);
      check("custom resources", Fabric8::customResources);
      check("elects", Fabric8::elects);
      check("pods", Fabric8::pods);
      check("evicts", Fabric8::evicts);
    }
    System.exit(0);
  }

  private static void check(String name, Check body) throws Exception {
    body.run();
    System.out.println("ok " + name);
  }

  private static void expect(boolean holds, Object seen) {
    if (!holds) throw new AssertionError(String.valueOf(seen));
  }

  private static void refused(int code, Runnable call) {
    try {
      call.run();
    } catch (KubernetesClientException error) {
      expect(error.getCode() == code, error);
      return;
    }
    throw new AssertionError("not refused with " + code);
  }

  private static void eventually(Callable<Boolean> probe, Object seen) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!probe.call()) {
      expect(System.nanoTime() < deadline, seen);
      Thread.sleep(50);
    }
  }

  private static ConfigMap map(String name, Map<String, String> data) {
    return new ConfigMapBuilder().withNewMetadata().withName(name).withNamespace(NAMESPACE)
        .addToLabels("of", "java").endMetadata().withData(data).build();
  }

  private static void crud() {
    var maps = client.configMaps().inNamespace(NAMESPACE);
    ConfigMap made = maps.resource(map("a", Map.of("k", "v"))).create();
    maps.withName("a").edit(was -> new ConfigMapBuilder(was).addToData("k", "w").build());
    expect(maps.withName("a").get().getData().equals(Map.of("k", "w")), "edited");
    refused(409, () -> maps.resource(map("a", Map.of())).create());
    String old = made.getMetadata().getResourceVersion();
    refused(409, () -> maps.resource(made).lockResourceVersion(old).update());
    refused(422, () -> maps.resource(map("A", Map.of())).create());
    expect(maps.withLabel("of", "java").list().getItems().size() == 1, "listed");
    maps.withName("a").delete();
    maps.withName("a").waitUntilCondition(Objects::isNull, PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static void patches() {
    var patched = client.resource(map("patched", Map.of("a", "1")));
    patched.create();
    patched.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"a\":null,\"b\":\"2\"}}");
    patched.patch(PatchContext.of(PatchType.STRATEGIC_MERGE), "{\"data\":{\"c\":\"3\"}}");
    String add = "[{\"op\":\"add\",\"path\":\"/data/d\",\"value\":\"4\"}]";
    patched.patch(PatchContext.of(PatchType.JSON), add);
    expect(patched.get().getData().equals(Map.of("b", "2", "c", "3", "d", "4")), "patched");
  }

  private static void informs() throws Exception {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    var maps = client.configMaps().inNamespace(NAMESPACE);
    for (String name : new String[] {"i1", "i2", "i3"}) maps.resource(map(name, Map.of())).create();
    SharedIndexInformer<ConfigMap> informer =
        maps.withLabel("of", "java").withLimit(2L).runnableInformer(0);
    informer.addEventHandler(new ResourceEventHandler<>() {
      public void onAdd(ConfigMap each) {
        seen.add("added " + each.getMetadata().getName());
      }

      public void onUpdate(ConfigMap was, ConfigMap each) {
        seen.add("updated " + each.getMetadata().getName());
      }

      public void onDelete(ConfigMap each, boolean unknown) {
        seen.add("deleted " + each.getMetadata().getName());
      }
    });
    informer.start().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    eventually(() -> seen.containsAll(Set.of("added i1", "added i2", "added i3")), seen);
    maps.withName("i1").edit(was -> new ConfigMapBuilder(was).addToData("k", "v").build());
    maps.withName("i2").delete();
    // It no longer matches the informer's selector.
    maps.withName("i3").edit(was -> new ConfigMapBuilder(was).editMetadata()
        .removeFromLabels("of").endMetadata().build());
    eventually(() -> seen.containsAll(Set.of("updated i1", "deleted i2", "deleted i3")), seen);
    informer.stop();
  }

  private static Deployment web(int replicas) {
    return new DeploymentBuilder().withNewMetadata().withName("web").withNamespace(NAMESPACE)
        .endMetadata().withNewSpec().withReplicas(replicas)
        .withNewSelector().addToMatchLabels("app", "web").endSelector()
        .withNewTemplate().withNewMetadata().addToLabels("app", "web").endMetadata()
        .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec()
        .endTemplate().endSpec().build();
  }

  private static void applies() {
    client.resource(web(1)).fieldManager("one").serverSideApply();
    var other = new PatchContext.Builder().withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager("two").withForce(false).build();
    refused(409, () -> client.resource(web(2)).patch(other));
    client.resource(web(2)).fieldManager("two").forceConflicts().serverSideApply();
    client.resource(web(2)).waitUntilReady(PATIENCE_SECONDS, TimeUnit.SECONDS);
    var deployment = client.apps().deployments().inNamespace(NAMESPACE).withName("web");
    deployment.scale(3);
    deployment.rolling().restart();
    deployment.waitUntilCondition(each -> Objects.equals(each.getStatus().getObservedGeneration(),
        each.getMetadata().getGeneration()) && Objects.equals(each.getStatus().getReplicas(), 3)
        && Objects.equals(each.getStatus().getUpdatedReplicas(), 3), PATIENCE_SECONDS,
        TimeUnit.SECONDS);
  }

  private static void customResources() {
    String definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: { name: boats.fabric8.example.com }
        spec:
          group: fabric8.example.com
          scope: Namespaced
          names: { plural: boats, singular: boat, kind: Boat }
          versions:
            - name: v1
              served: true
              storage: true
              subresources: { status: {} }
              schema:
                openAPIV3Schema:
                  type: object
                  properties:
                    spec:
                      type: object
                      properties: { length: { type: integer, minimum: 1 } }
                    status:
                      type: object
                      properties: { phase: { type: string } }
        """;
    client.load(new java.io.ByteArrayInputStream(definition.getBytes())).serverSideApply();
    var boats = client.resources(Boat.class).inNamespace(NAMESPACE);
    Boat boat = new Boat();
    boat.setMetadata(new ObjectMetaBuilder().withName("argo").build());
    boat.setSpec(new Boat.Spec());
    refused(422, () -> boats.resource(boat).create());
    boat.getSpec().length = 30;
    Boat made = boats.resource(boat).create();
    made.getSpec().length = 40;
    made.setStatus(new Boat.Status());
    made.getStatus().phase = "afloat";
    Boat updated = boats.resource(made).updateStatus();
    expect(updated.getStatus().phase.equals("afloat") && updated.getSpec().length == 30, updated);
  }

  private static void elects() throws Exception {
    CountDownLatch leads = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    var election = client.leaderElector().withConfig(new LeaderElectionConfigBuilder()
        .withName("election").withLock(new LeaseLock(NAMESPACE, "election", "me"))
        .withLeaseDuration(Duration.ofSeconds(60)).withRenewDeadline(Duration.ofSeconds(50))
        .withRetryPeriod(Duration.ofMillis(200)).withReleaseOnCancel(true)
        .withLeaderCallbacks(new LeaderCallbacks(leads::countDown, ended::countDown, who -> {}))
        .build()).build().start();
    expect(leads.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "leads");
    election.cancel(true);
    expect(ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "ended");
  }

  private static void pods() throws Exception {
    Pod shell = new PodBuilder().withNewMetadata().withName("shell").withNamespace(NAMESPACE)
        .endMetadata().withNewSpec().addNewContainer().withName("shell").withImage("busybox")
        .withCommand("sh", "-c", "echo hello; sleep 3600").endContainer().endSpec().build();
    client.resource(shell).create();
    var pod = client.pods().inNamespace(NAMESPACE).withName("shell");
    pod.waitUntilReady(PATIENCE_SECONDS, TimeUnit.SECONDS);
    eventually(() -> pod.getLog().equals("hello\n"), "log");
    var output = new ByteArrayOutputStream();
    var errors = new ByteArrayOutputStream();
    String script = "echo out; echo err >&2; exit 3";
    try (ExecWatch exec =
        pod.writingOutput(output).writingError(errors).exec("sh", "-c", script)) {
      expect(exec.exitCode().get(PATIENCE_SECONDS, TimeUnit.SECONDS) == 3, "exit code");
    }
    expect(output.toString().equals("out\n") && errors.toString().equals("err\n"), output);
  }

  /** It sends the Eviction in policy/v1beta1 first. */
  private static void evicts() {
    var pod = client.pods().inNamespace(NAMESPACE).withName("shell");
    expect(pod.evict(), "evicted");
    pod.waitUntilCondition(
        each -> each == null || each.getMetadata().getDeletionTimestamp() != null,
        PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
