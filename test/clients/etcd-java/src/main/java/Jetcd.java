import static java.nio.charset.StandardCharsets.UTF_8;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Election;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Response;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.auth.Permission;
import io.etcd.jetcd.common.exception.CompactedException;
import io.etcd.jetcd.common.exception.ErrorCode;
import io.etcd.jetcd.common.exception.EtcdException;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.election.LeaderResponse;
import io.etcd.jetcd.election.NoLeaderException;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.support.Observers;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Speaks to a store as programs in Java do, with jetcd; prints one line per check. */
public class Jetcd {
  private static final long PATIENCE_SECONDS = 60;
  private static final String ENDPOINT = "http://" + System.getenv("ENDPOINT");
  private static Client client;

  interface Check {
    void run() throws Exception;
  }

  public static void main(String[] args) throws Exception {
    try (Client made = Client.builder().endpoints(ENDPOINT).build()) {
      client = made;
      check("kv", Jetcd::kv);
      check("txn", Jetcd::txn);
      check("lease", Jetcd::lease);
      check("watch", Jetcd::watch);
      check("compacted", Jetcd::compacted);
      check("lock", Jetcd::lock);
      check("election", Jetcd::election);
      check("namespace", Jetcd::namespace);
      check("maintenance", Jetcd::maintenance);
      check("cluster", Jetcd::cluster);
      check("auth", Jetcd::auth);
    }
    System.exit(0);
  }

  private static void check(String name, Check check) {
    try {
      check.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      System.out.println("FAIL " + name + ": " + error);
      error.printStackTrace();
    }
  }

  private static void same(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError("expected " + expected + ", not " + actual);
    }
  }

  private static <T> T got(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** The refusal that a call must end with. */
  private static Throwable refusal(CompletableFuture<?> future) throws Exception {
    try {
      got(future);
    } catch (ExecutionException error) {
      return error.getCause();
    }
    throw new AssertionError("not refused");
  }

  /** jetcd wraps some refusals in exceptions of its own, and others not. */
  private static void refused(CompletableFuture<?> future, String why) throws Exception {
    Status status = Status.fromThrowable(refusal(future));
    same(status.getCode() + ": " + status.getDescription(), why);
  }

  private static <T> T next(BlockingQueue<T> queue) throws Exception {
    T found = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (found == null) {
      throw new AssertionError("nothing came");
    }
    return found;
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, UTF_8);
  }

  private static Response.Header put(String key, String value) throws Exception {
    return got(client.getKVClient().put(bytes(key), bytes(value))).getHeader();
  }

  private static String value(String key) throws Exception {
    List<KeyValue> found = got(client.getKVClient().get(bytes(key))).getKvs();
    return found.isEmpty() ? null : found.get(0).getValue().toString(UTF_8);
  }

  private static List<String> keys(List<KeyValue> pairs) {
    return pairs.stream().map(each -> each.getKey().toString(UTF_8)).toList();
  }

  private static void kv() throws Exception {
    var kv = client.getKVClient();
    put("kv/b", "3");
    put("kv/a", "1");
    Response.Header before = put("kv/c", "2");
    var prefix = GetOption.builder().isPrefix(true);
    same(keys(got(kv.get(bytes("kv/"), prefix.build())).getKvs()), List.of("kv/a", "kv/b", "kv/c"));
    var byValue = prefix.withSortField(GetOption.SortTarget.VALUE)
        .withSortOrder(GetOption.SortOrder.DESCEND).withLimit(2).build();
    var limited = got(kv.get(bytes("kv/"), byValue));
    same(keys(limited.getKvs()), List.of("kv/b", "kv/c"));
    same(limited.getCount(), 3L);
    same(limited.isMore(), true);
    var previous = got(kv.put(bytes("kv/a"), bytes("x"), PutOption.builder().withPrevKV().build()));
    same(previous.getPrevKv().getValue().toString(UTF_8), "1");
    var old = GetOption.builder().withRevision(before.getRevision()).build();
    same(got(kv.get(bytes("kv/a"), old)).getKvs().get(0).getValue().toString(UTF_8), "1");
    var deleted = got(kv.delete(bytes("kv/"),
        DeleteOption.builder().isPrefix(true).withPrevKV(true).build()));
    same(deleted.getDeleted(), 3L);
    same(keys(deleted.getPrevKvs()), List.of("kv/a", "kv/b", "kv/c"));
    var future = GetOption.builder().withRevision(1_000_000).build();
    refused(kv.get(bytes("kv/a"), future),
        "OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision");
    refused(kv.put(bytes(""), bytes("x")), "INVALID_ARGUMENT: etcdserver: key is not provided");
  }

  private static void txn() throws Exception {
    put("txn/a", "1");
    var kv = client.getKVClient();
    var key = bytes("txn/a");
    var won = got(kv.txn()
        .If(new Cmp(key, Cmp.Op.EQUAL, CmpTarget.value(bytes("1"))),
            new Cmp(key, Cmp.Op.GREATER, CmpTarget.version(0)))
        .Then(Op.put(key, bytes("2"), PutOption.DEFAULT), Op.get(key, GetOption.DEFAULT),
            Op.txn(new Cmp[] {new Cmp(key, Cmp.Op.EQUAL, CmpTarget.value(bytes("1")))},
                new Op[] {Op.put(bytes("txn/inner"), bytes("y"), PutOption.DEFAULT)}, new Op[0]))
        .Else(Op.delete(key, DeleteOption.DEFAULT)).commit());
    same(won.isSucceeded(), true);
    same(won.getGetResponses().get(0).getKvs().get(0).getValue().toString(UTF_8), "2");
    same(won.getTxnResponses().get(0).isSucceeded(), true);
    same(value("txn/inner"), "y");
    var lost = got(kv.txn().If(new Cmp(key, Cmp.Op.EQUAL, CmpTarget.createRevision(0)))
        .Then(Op.put(key, bytes("3"), PutOption.DEFAULT))
        .Else(Op.delete(key, DeleteOption.DEFAULT)).commit());
    same(lost.isSucceeded(), false);
    same(lost.getDeleteResponses().get(0).getDeleted(), 1L);
  }

  private static void lease() throws Exception {
    var leases = client.getLeaseClient();
    long id = got(leases.grant(30)).getID();
    got(client.getKVClient().put(bytes("lease/a"), bytes("1"),
        PutOption.builder().withLeaseId(id).build()));
    same(got(leases.keepAliveOnce(id)).getTTL(), 30L);
    var left = got(leases.timeToLive(id, LeaseOption.builder().withAttachedKeys().build()));
    same(left.getGrantedTTL(), 30L);
    same(left.getKeys().get(0).toString(UTF_8), "lease/a");
    BlockingQueue<LeaseKeepAliveResponse> renewals = new LinkedBlockingQueue<>();
    try (CloseableClient kept = leases.keepAlive(id, Observers.observer(renewals::add))) {
      same(next(renewals).getTTL(), 30L);
      same(next(renewals).getTTL(), 30L);
    }
    got(leases.revoke(id));
    same(value("lease/a"), null);
    refused(leases.revoke(id), "NOT_FOUND: etcdserver: requested lease not found");
  }

  private static void watch() throws Exception {
    long first = put("watch/a", "1").getRevision();
    BlockingQueue<WatchResponse> answers = new LinkedBlockingQueue<>();
    var option = WatchOption.builder().isPrefix(true).withPrevKV(true).withRevision(first).build();
    try (Watch.Watcher watcher =
        client.getWatchClient().watch(bytes("watch/"), option, Watch.listener(answers::add))) {
      WatchEvent made = next(answers).getEvents().get(0);
      same(made.getEventType(), WatchEvent.EventType.PUT);
      same(made.getKeyValue().getModRevision(), first);
      got(client.getKVClient().delete(bytes("watch/a")));
      WatchEvent removed = next(answers).getEvents().get(0);
      same(removed.getEventType(), WatchEvent.EventType.DELETE);
      same(removed.getPrevKV().getValue().toString(UTF_8), "1");
      watcher.requestProgress();
      WatchResponse progress = next(answers);
      same(progress.isProgressNotify(), true);
      same(progress.getHeader().getRevision(), first + 1);
    }
  }

  private static void compacted() throws Exception {
    long old = put("compacted", "1").getRevision();
    long latest = put("compacted", "2").getRevision();
    got(client.getKVClient().compact(latest));
    BlockingQueue<Throwable> errors = new LinkedBlockingQueue<>();
    var option = WatchOption.builder().withRevision(old).build();
    try (Watch.Watcher watcher = client.getWatchClient().watch(bytes("compacted"), option,
        Watch.listener(answer -> {}, errors::add))) {
      CompactedException error = (CompactedException) next(errors);
      same(error.getCompactedRevision(), latest);
    }
    var past = GetOption.builder().withRevision(old).build();
    refused(client.getKVClient().get(bytes("compacted"), past),
        "OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
  }

  private static void lock() throws Exception {
    long mine = got(client.getLeaseClient().grant(60)).getID();
    long other = got(client.getLeaseClient().grant(60)).getID();
    ByteSequence held = got(client.getLockClient().lock(bytes("lock"), mine)).getKey();
    var waiting = client.getLockClient().lock(bytes("lock"), other);
    try {
      waiting.get(500, TimeUnit.MILLISECONDS);
      throw new AssertionError("two hold the lock");
    } catch (java.util.concurrent.TimeoutException expected) {
      got(client.getLockClient().unlock(held));
    }
    got(client.getLockClient().unlock(got(waiting).getKey()));
  }

  private static void election() throws Exception {
    var elections = client.getElectionClient();
    var name = bytes("election");
    same(refusal(elections.leader(name)).getClass(), NoLeaderException.class);
    BlockingQueue<String> leaders = new LinkedBlockingQueue<>();
    elections.observe(name, new Election.Listener() {
      @Override
      public void onNext(LeaderResponse response) {
        leaders.add(response.getKv().getValue().toString(UTF_8));
      }

      @Override
      public void onError(Throwable error) {
        leaders.add(error.toString());
      }

      @Override
      public void onCompleted() {}
    });
    long lease = got(client.getLeaseClient().grant(60)).getID();
    LeaderKey key = got(elections.campaign(name, lease, bytes("one"))).getLeader();
    same(next(leaders), "one");
    got(elections.proclaim(key, bytes("two")));
    same(next(leaders), "two");
    same(got(elections.leader(name)).getKv().getValue().toString(UTF_8), "two");
    got(elections.resign(key));
    same(refusal(elections.leader(name)).getClass(), NoLeaderException.class);
  }

  private static void namespace() throws Exception {
    try (Client inner =
        Client.builder().endpoints(ENDPOINT).namespace(bytes("space/")).build()) {
      got(inner.getKVClient().put(bytes("a"), bytes("1")));
      var all = GetOption.builder().isPrefix(true).build();
      same(keys(got(inner.getKVClient().get(bytes(""), all)).getKvs()), List.of("a"));
      same(value("space/a"), "1");
    }
  }

  private static void maintenance() throws Exception {
    var maintenance = client.getMaintenanceClient();
    same(got(maintenance.statusMember(ENDPOINT)).getLeader() != 0, true);
    same(got(maintenance.listAlarms()).getAlarms(), List.of());
    same(got(maintenance.hashKV(ENDPOINT, 0)).getHash() != 0, true);
    got(maintenance.defragmentMember(ENDPOINT));
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    long size = got(maintenance.snapshot(saved));
    same(size, (long) saved.size());
    same(size % 512, 32L);
  }

  private static void cluster() throws Exception {
    var members = got(client.getClusterClient().listMember()).getMembers();
    same(members.size(), 1);
    same(members.get(0).getName(), "default");
    same(members.get(0).isLearner(), false);
    EtcdException error = (EtcdException) refusal(client.getClusterClient().removeMember(7));
    same(error.getErrorCode(), ErrorCode.NOT_FOUND);
  }

  private static void auth() throws Exception {
    var auth = client.getAuthClient();
    got(auth.userAdd(bytes("root"), bytes("r")));
    got(auth.roleAdd(bytes("root")));
    got(auth.userGrantRole(bytes("root"), bytes("root")));
    got(auth.userAdd(bytes("ann"), bytes("a")));
    got(auth.roleAdd(bytes("team")));
    got(auth.roleGrantPermission(bytes("team"), bytes("team/"), bytes("team0"),
        Permission.Type.READWRITE));
    got(auth.userGrantRole(bytes("ann"), bytes("team")));
    same(got(auth.userList()).getUsers(), List.of("ann", "root"));
    var permission = got(auth.roleGet(bytes("team"))).getPermissions().get(0);
    same(permission.getKey().toString(UTF_8), "team/");
    got(auth.authEnable());
    try (Client ann = Client.builder().endpoints(ENDPOINT)
            .user(bytes("ann")).password(bytes("a")).build();
        Client root = Client.builder().endpoints(ENDPOINT)
            .user(bytes("root")).password(bytes("r")).build()) {
      got(ann.getKVClient().put(bytes("team/x"), bytes("1")));
      refused(ann.getKVClient().put(bytes("other"), bytes("1")),
          "PERMISSION_DENIED: etcdserver: permission denied");
      got(root.getAuthClient().authDisable());
    }
  }
}
