// Command etcd-go speaks to a store as programs in Go do: etcd's own client with its concurrency,
// namespace, leasing and mirror packages. It prints one line per check, "ok <name>" or
// "FAIL <name>: <why>", and exits with 1 if one failed. ENDPOINTS names the store, which is empty.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.etcd.io/etcd/client/v3/leasing"
	"go.etcd.io/etcd/client/v3/mirror"
	"go.etcd.io/etcd/client/v3/namespace"
	"go.uber.org/zap"
)

var endpoints = strings.Split(os.Getenv("ENDPOINTS"), ",")

func connect(user, password string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{
		Endpoints: endpoints, DialTimeout: 5 * time.Second, Username: user, Password: password,
		Logger: zap.NewNop(),
	})
}

func main() {
	client, err := connect("", "")
	if err != nil {
		panic(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	failed := false
	for _, each := range []struct {
		name string
		run  func(context.Context, *clientv3.Client) error
	}{
		{"kv", kv}, {"txn", txn}, {"errors", refusals}, {"lease", lease}, {"watch", watch},
		{"watchCompacted", watchCompacted}, {"watchProgress", watchProgress},
		{"watchFragments", watchFragments}, {"mutex", mutex}, {"election", election}, {"stm", stm},
		{"session", session}, {"namespace", namespaces}, {"leasing", leased}, {"mirror", mirrors},
		{"maintenance", maintenance}, {"cluster", cluster}, {"auth", auth},
	} {
		if err := each.run(ctx, client); err != nil {
			failed = true
			fmt.Printf("FAIL %s: %v\n", each.name, err)
			continue
		}
		fmt.Printf("ok %s\n", each.name)
	}
	if failed {
		os.Exit(1)
	}
}

// Equal or an error that shows both.
func same(what string, got, want any) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}

func refused(what string, got error, want error) error {
	// A watch's error is the status as it came.
	if errors.Is(got, want) || got != nil && strings.HasSuffix(got.Error(), want.Error()) {
		return nil
	}
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}

func keys(kvs []*mvccpb.KeyValue) (all []string) {
	for _, each := range kvs {
		all = append(all, string(each.Key)+"="+string(each.Value))
	}
	return all
}

func kv(ctx context.Context, c *clientv3.Client) error {
	for _, each := range []string{"b=3", "a=1", "c=2"} {
		key, value, _ := strings.Cut(each, "=")
		if _, err := c.Put(ctx, "kv/"+key, value); err != nil {
			return err
		}
	}
	first, err := c.Put(ctx, "kv/a", "9", clientv3.WithPrevKV())
	if err != nil {
		return err
	}
	all, err := c.Get(ctx, "kv/", clientv3.WithPrefix())
	if err != nil {
		return err
	}
	sorted, err := c.Get(ctx, "kv/", clientv3.WithPrefix(), clientv3.WithLimit(2),
		clientv3.WithSort(clientv3.SortByValue, clientv3.SortDescend))
	if err != nil {
		return err
	}
	before, err := c.Get(ctx, "kv/a", clientv3.WithRev(first.Header.Revision-1))
	if err != nil {
		return err
	}
	local, err := c.Get(ctx, "kv/", clientv3.WithFromKey(), clientv3.WithSerializable(),
		clientv3.WithKeysOnly())
	if err != nil {
		return err
	}
	deleted, err := c.Delete(ctx, "kv/", clientv3.WithPrefix(), clientv3.WithPrevKV())
	if err != nil {
		return err
	}
	none, err := c.Get(ctx, "kv/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return err
	}
	return errors.Join(
		same("previous", string(first.PrevKv.Value), "1"),
		same("all", keys(all.Kvs), []string{"kv/a=9", "kv/b=3", "kv/c=2"}),
		same("sorted", keys(sorted.Kvs), []string{"kv/a=9", "kv/b=3"}),
		same("more", sorted.More, true), same("count", sorted.Count, int64(3)),
		same("before", keys(before.Kvs), []string{"kv/a=1"}),
		same("keys only", keys(local.Kvs)[0], "kv/a="),
		same("deleted", deleted.Deleted, int64(3)), same("previous pairs", len(deleted.PrevKvs), 3),
		same("none", none.Count, int64(0)),
	)
}

func txn(ctx context.Context, c *clientv3.Client) error {
	if _, err := c.Put(ctx, "txn/a", "1"); err != nil {
		return err
	}
	nested := clientv3.OpTxn([]clientv3.Cmp{clientv3.Compare(clientv3.Version("txn/a"), "=", 1)},
		[]clientv3.Op{clientv3.OpPut("txn/nested", "x")}, nil)
	won, err := c.Txn(ctx).If(
		clientv3.Compare(clientv3.Value("txn/a"), "=", "1"),
		clientv3.Compare(clientv3.CreateRevision("txn/").WithPrefix(), ">", 0),
		clientv3.Compare(clientv3.LeaseValue("txn/a"), "=", clientv3.NoLease),
	).Then(nested, clientv3.OpGet("txn/", clientv3.WithPrefix(), clientv3.WithCountOnly())).Commit()
	if err != nil {
		return err
	}
	lost, err := c.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision("txn/a"), "<", 1)).
		Then(clientv3.OpPut("txn/a", "2")).Else(clientv3.OpGet("txn/a")).Commit()
	if err != nil {
		return err
	}
	return errors.Join(same("won", won.Succeeded, true), same("lost", lost.Succeeded, false),
		same("nested", won.Responses[0].GetResponseTxn().Succeeded, true),
		same("seen", won.Responses[1].GetResponseRange().Count, int64(2)),
		same("else", keys(lost.Responses[0].GetResponseRange().Kvs), []string{"txn/a=1"}))
}

func refusals(ctx context.Context, c *clientv3.Client) error {
	now, err := c.Put(ctx, "errors/a", "1")
	if err != nil {
		return err
	}
	revision := now.Header.Revision
	_, empty := c.Put(ctx, "", "x")
	_, future := c.Get(ctx, "errors/a", clientv3.WithRev(revision+100))
	_, unknown := c.Put(ctx, "errors/a", "x", clientv3.WithLease(12345))
	_, absent := c.Put(ctx, "errors/none", "", clientv3.WithIgnoreValue())
	put := clientv3.OpPut("errors/twice", "x")
	_, twice := c.Txn(ctx).Then(put, put).Commit()
	many := make([]clientv3.Op, 129)
	for i := range many {
		many[i] = clientv3.OpPut(fmt.Sprintf("errors/%d", i), "x")
	}
	_, tooMany := c.Txn(ctx).Then(many...).Commit()
	_, large := c.Put(ctx, "errors/large", string(make([]byte, 1600*1024)))
	_, revoked := c.Revoke(ctx, 12345)
	_, ttl := c.Grant(ctx, 9_000_000_001)
	_, member := c.MemberRemove(ctx, 12345)
	_, compact := c.Compact(ctx, revision+100)
	if _, err := c.Compact(ctx, revision); err != nil {
		return err
	}
	_, past := c.Get(ctx, "errors/a", clientv3.WithRev(revision-1))
	_, again := c.Compact(ctx, revision)
	return errors.Join(
		refused("empty key", empty, rpctypes.ErrEmptyKey),
		refused("future", future, rpctypes.ErrFutureRev),
		refused("lease", unknown, rpctypes.ErrLeaseNotFound),
		refused("absent", absent, rpctypes.ErrKeyNotFound),
		refused("twice", twice, rpctypes.ErrDuplicateKey),
		refused("too many", tooMany, rpctypes.ErrTooManyOps),
		refused("large", large, rpctypes.ErrRequestTooLarge),
		refused("revoke", revoked, rpctypes.ErrLeaseNotFound),
		refused("ttl", ttl, rpctypes.ErrLeaseTTLTooLarge),
		refused("member", member, rpctypes.ErrMemberNotFound),
		refused("compact", compact, rpctypes.ErrFutureRev),
		refused("past", past, rpctypes.ErrCompacted),
		refused("again", again, rpctypes.ErrCompacted),
	)
}

func lease(ctx context.Context, c *clientv3.Client) error {
	granted, err := c.Grant(ctx, 5)
	if err != nil {
		return err
	}
	if _, err := c.Put(ctx, "lease/a", "1", clientv3.WithLease(granted.ID)); err != nil {
		return err
	}
	alive, cancel := context.WithCancel(ctx)
	kept, err := c.KeepAlive(alive, granted.ID)
	if err != nil {
		cancel()
		return err
	}
	renewed := <-kept
	cancel()
	for range kept {
	}
	once, err := c.KeepAliveOnce(ctx, granted.ID)
	if err != nil {
		return err
	}
	left, err := c.TimeToLive(ctx, granted.ID, clientv3.WithAttachedKeys())
	if err != nil {
		return err
	}
	leases, err := c.Leases(ctx)
	if err != nil {
		return err
	}
	if _, err := c.Revoke(ctx, granted.ID); err != nil {
		return err
	}
	gone, err := c.Get(ctx, "lease/a")
	if err != nil {
		return err
	}
	_, lost := c.KeepAliveOnce(ctx, granted.ID)
	expired, err := c.TimeToLive(ctx, granted.ID)
	if err != nil {
		return err
	}
	short, err := c.Grant(ctx, 1)
	if err != nil {
		return err
	}
	watching := c.Watch(ctx, "lease/short")
	if _, err := c.Put(ctx, "lease/short", "x", clientv3.WithLease(short.ID)); err != nil {
		return err
	}
	<-watching
	deleted := <-watching
	return errors.Join(
		same("renewed", renewed.TTL, int64(5)), same("once", once.TTL, int64(5)),
		same("keys", string(bytes.Join(left.Keys, nil)), "lease/a"),
		same("granted", left.GrantedTTL, int64(5)), same("leases", len(leases.Leases), 1),
		same("gone", gone.Count, int64(0)), refused("lost", lost, rpctypes.ErrLeaseNotFound),
		same("expired", expired.TTL, int64(-1)),
		same("deleted", deleted.Events[0].Type, mvccpb.DELETE),
	)
}

func watch(ctx context.Context, c *clientv3.Client) error {
	first, err := c.Put(ctx, "watch/a", "1")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all := c.Watch(ctx, "watch/", clientv3.WithPrefix(), clientv3.WithRev(first.Header.Revision),
		clientv3.WithPrevKV())
	deletes := c.Watch(ctx, "watch/a", clientv3.WithFilterPut(), clientv3.WithCreatedNotify())
	if created := <-deletes; !created.Created {
		return errors.New("the first answer does not say that the watch is created")
	}
	ops := []clientv3.Op{clientv3.OpPut("watch/b", "2"), clientv3.OpPut("watch/c", "3")}
	if _, err := c.Txn(ctx).Then(ops...).Commit(); err != nil {
		return err
	}
	if _, err := c.Delete(ctx, "watch/a"); err != nil {
		return err
	}
	var seen []string
	for len(seen) < 4 {
		answer, open := <-all
		if !open || answer.Err() != nil {
			return fmt.Errorf("watch ended: %v", answer.Err())
		}
		for _, event := range answer.Events {
			text := fmt.Sprintf("%s %s", event.Type, event.Kv.Key)
			if event.PrevKv != nil {
				text += " " + string(event.PrevKv.Value)
			}
			seen = append(seen, text)
		}
	}
	only := <-deletes
	return errors.Join(
		same("all", seen, []string{"PUT watch/a", "PUT watch/b", "PUT watch/c", "DELETE watch/a 1"}),
		same("only deletes", only.Events[0].Type, mvccpb.DELETE))
}

func watchCompacted(ctx context.Context, c *clientv3.Client) error {
	var last int64
	for range 5 {
		put, err := c.Put(ctx, "compacted", "x")
		if err != nil {
			return err
		}
		last = put.Header.Revision
	}
	if _, err := c.Compact(ctx, last); err != nil {
		return err
	}
	answer := <-c.Watch(ctx, "compacted", clientv3.WithRev(last-2))
	kept := <-c.Watch(ctx, "compacted", clientv3.WithRev(last))
	return errors.Join(refused("compacted", answer.Err(), rpctypes.ErrCompacted),
		same("revision", answer.CompactRevision, last), same("kept", len(kept.Events), 1))
}

func watchProgress(ctx context.Context, c *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watching := c.Watch(ctx, "progress/", clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	<-watching
	put, err := c.Put(ctx, "elsewhere", "x")
	if err != nil {
		return err
	}
	if err := c.RequestProgress(ctx); err != nil {
		return err
	}
	answer := <-watching
	if !answer.IsProgressNotify() || answer.Header.Revision < put.Header.Revision {
		return fmt.Errorf("no progress to %d: %+v", put.Header.Revision, answer)
	}
	return nil
}

func watchFragments(ctx context.Context, c *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var from int64
	for i := range 4 {
		put, err := c.Put(ctx, fmt.Sprintf("fragment/%d", i), strings.Repeat("x", 1<<20))
		if err != nil {
			return err
		}
		if i == 0 {
			from = put.Header.Revision
		}
	}
	watching := c.Watch(ctx, "fragment/", clientv3.WithPrefix(), clientv3.WithRev(from),
		clientv3.WithFragment())
	events := 0
	for events < 4 {
		answer, open := <-watching
		if !open || answer.Err() != nil {
			return fmt.Errorf("watch ended: %v", answer.Err())
		}
		events += len(answer.Events)
	}
	_, err := c.Delete(ctx, "fragment/", clientv3.WithPrefix())
	return errors.Join(err, same("events", events, 4))
}

func mutex(ctx context.Context, c *clientv3.Client) error {
	var sessions [2]*concurrency.Session
	for i := range sessions {
		session, err := concurrency.NewSession(c, concurrency.WithTTL(10))
		if err != nil {
			return err
		}
		defer session.Close()
		sessions[i] = session
	}
	first := concurrency.NewMutex(sessions[0], "mutex")
	second := concurrency.NewMutex(sessions[1], "mutex")
	if err := first.Lock(ctx); err != nil {
		return err
	}
	try := second.TryLock(ctx)
	locked := make(chan error)
	go func() { locked <- second.Lock(ctx) }()
	fenced, err := c.Txn(ctx).If(first.IsOwner()).Then(clientv3.OpPut("guarded", "first")).Commit()
	if err != nil {
		return err
	}
	if err := first.Unlock(ctx); err != nil {
		return err
	}
	if err := <-locked; err != nil {
		return err
	}
	late, err := c.Txn(ctx).If(first.IsOwner()).Then(clientv3.OpPut("guarded", "late")).Commit()
	if err != nil {
		return err
	}
	return errors.Join(refused("try", try, concurrency.ErrLocked), second.Unlock(ctx),
		same("owner", fenced.Succeeded, true), same("late", late.Succeeded, false))
}

func election(ctx context.Context, c *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var candidates [2]*concurrency.Election
	for i := range candidates {
		session, err := concurrency.NewSession(c, concurrency.WithTTL(10))
		if err != nil {
			return err
		}
		defer session.Close()
		candidates[i] = concurrency.NewElection(session, "election")
	}
	_, nobody := candidates[0].Leader(ctx)
	seen := candidates[1].Observe(ctx)
	if err := candidates[0].Campaign(ctx, "first"); err != nil {
		return err
	}
	next := make(chan error)
	go func() { next <- candidates[1].Campaign(ctx, "second") }()
	var leaders []string
	note := func(until string) {
		for answer := range seen {
			leader := string(answer.Kvs[0].Value)
			leaders = append(leaders, leader)
			if leader == until {
				return
			}
		}
	}
	note("first")
	if err := candidates[0].Proclaim(ctx, "still first"); err != nil {
		return err
	}
	note("still first")
	if err := candidates[0].Resign(ctx); err != nil {
		return err
	}
	if err := <-next; err != nil {
		return err
	}
	note("second")
	leader, err := candidates[0].Leader(ctx)
	if err != nil {
		return err
	}
	return errors.Join(refused("nobody", nobody, concurrency.ErrElectionNoLeader),
		same("leaders", leaders, []string{"first", "still first", "second"}),
		same("leader", string(leader.Kvs[0].Value), "second"), candidates[1].Resign(ctx))
}

func stm(ctx context.Context, c *clientv3.Client) error {
	for _, each := range []string{"stm/a", "stm/b"} {
		if _, err := c.Put(ctx, each, strings.Repeat("x", 50)); err != nil {
			return err
		}
	}
	var group sync.WaitGroup
	failures := make([]error, 8)
	for i := range failures {
		group.Go(func() {
			_, failures[i] = concurrency.NewSTM(c, func(s concurrency.STM) error {
				from, to := s.Get("stm/a"), s.Get("stm/b")
				s.Put("stm/a", from[1:])
				s.Put("stm/b", to+"x")
				return nil
			}, concurrency.WithAbortContext(ctx))
		})
	}
	group.Wait()
	all, err := c.Get(ctx, "stm/", clientv3.WithPrefix())
	if err != nil {
		return err
	}
	return errors.Join(errors.Join(failures...), same("a", len(all.Kvs[0].Value), 42),
		same("b", len(all.Kvs[1].Value), 58))
}

func session(ctx context.Context, c *clientv3.Client) error {
	session, err := concurrency.NewSession(c, concurrency.WithTTL(5))
	if err != nil {
		return err
	}
	if _, err := c.Revoke(ctx, session.Lease()); err != nil {
		return err
	}
	select {
	case <-session.Done():
		return nil
	case <-ctx.Done():
		return errors.New("a session outlives its lease")
	}
}

func namespaces(ctx context.Context, c *clientv3.Client) error {
	inner := namespace.NewKV(c.KV, "ns/")
	watching := namespace.NewWatcher(c.Watcher, "ns/").Watch(ctx, "a")
	if _, err := inner.Put(ctx, "a", "1"); err != nil {
		return err
	}
	outer, err := c.Get(ctx, "ns/a")
	if err != nil {
		return err
	}
	event := (<-watching).Events[0]
	return errors.Join(same("outer", keys(outer.Kvs), []string{"ns/a=1"}),
		same("event", string(event.Kv.Key), "a"))
}

func leased(ctx context.Context, c *clientv3.Client) error {
	cached, closeCache, err := leasing.NewKV(c, "leasing/")
	if err != nil {
		return err
	}
	defer closeCache()
	if _, err := c.Put(ctx, "cached", "1"); err != nil {
		return err
	}
	first, err := cached.Get(ctx, "cached")
	if err != nil {
		return err
	}
	if _, err := cached.Put(ctx, "cached", "2"); err != nil {
		return err
	}
	second, err := cached.Get(ctx, "cached")
	if err != nil {
		return err
	}
	return errors.Join(same("first", keys(first.Kvs), []string{"cached=1"}),
		same("second", keys(second.Kvs), []string{"cached=2"}))
}

func mirrors(ctx context.Context, c *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for i := range 30 {
		if _, err := c.Put(ctx, fmt.Sprintf("mirror/%02d", i), "x"); err != nil {
			return err
		}
	}
	syncer := mirror.NewSyncer(c, "mirror/", 0)
	answers, failures := syncer.SyncBase(ctx)
	base := 0
	for answer := range answers {
		base += len(answer.Kvs)
	}
	if err := <-failures; err != nil {
		return err
	}
	updates := syncer.SyncUpdates(ctx)
	if _, err := c.Put(ctx, "mirror/new", "x"); err != nil {
		return err
	}
	event := (<-updates).Events[0]
	return errors.Join(same("base", base, 30), same("update", string(event.Kv.Key), "mirror/new"))
}

func maintenance(ctx context.Context, c *clientv3.Client) error {
	status, err := c.Status(ctx, endpoints[0])
	if err != nil {
		return err
	}
	hash, err := c.HashKV(ctx, endpoints[0], 0)
	if err != nil {
		return err
	}
	again, err := c.HashKV(ctx, endpoints[0], 0)
	if err != nil {
		return err
	}
	if _, err := c.Defragment(ctx, endpoints[0]); err != nil {
		return err
	}
	alarms, err := c.AlarmList(ctx)
	if err != nil {
		return err
	}
	_, transferee := c.MoveLeader(ctx, 12345)
	snapshot, err := c.Snapshot(ctx)
	if err != nil {
		return err
	}
	size, err := io.Copy(io.Discard, snapshot)
	if err != nil {
		return err
	}
	if status.DbSize <= 0 || status.RaftAppliedIndex == 0 || status.Leader == 0 {
		return fmt.Errorf("status: %+v", status)
	}
	return errors.Join(same("hash", hash.Hash, again.Hash), same("snapshot", size%512, int64(32)),
		same("alarms", len(alarms.Alarms), 0),
		refused("move", transferee, rpctypes.ErrBadLeaderTransferee))
}

func cluster(ctx context.Context, c *clientv3.Client) error {
	members, err := c.MemberList(ctx)
	if err != nil {
		return err
	}
	if err := c.Sync(ctx); err != nil {
		return err
	}
	_, promoted := c.MemberPromote(ctx, members.Members[0].ID)
	_, updated := c.MemberUpdate(ctx, 12345, []string{"http://127.0.0.1:1"})
	return errors.Join(same("members", len(members.Members), len(endpoints)),
		refused("promoted", promoted, rpctypes.ErrMemberNotLearner),
		refused("updated", updated, rpctypes.ErrMemberNotFound))
}

func auth(ctx context.Context, c *clientv3.Client) error {
	_, early := c.AuthEnable(ctx)
	steps := []func() error{
		func() error { _, err := c.UserAdd(ctx, "root", "r"); return err },
		func() error { _, err := c.RoleAdd(ctx, "root"); return err },
		func() error { _, err := c.UserGrantRole(ctx, "root", "root"); return err },
		func() error { _, err := c.UserAdd(ctx, "ann", "a"); return err },
		func() error { _, err := c.RoleAdd(ctx, "team"); return err },
		func() error {
			_, err := c.RoleGrantPermission(ctx, "team", "team/", "team0",
				clientv3.PermissionType(clientv3.PermReadWrite))
			return err
		},
		func() error { _, err := c.UserGrantRole(ctx, "ann", "team"); return err },
		func() error { _, err := c.AuthEnable(ctx); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	root, err := connect("root", "r")
	if err != nil {
		return err
	}
	defer root.Close()
	defer root.AuthDisable(ctx)
	ann, err := connect("ann", "a")
	if err != nil {
		return err
	}
	defer ann.Close()
	_, anonymous := c.Get(ctx, "team/x")
	_, wrong := connect("ann", "wrong")
	_, allowed := ann.Put(ctx, "team/x", "1")
	_, denied := ann.Get(ctx, "other")
	_, inTxn := ann.Txn(ctx).Then(clientv3.OpPut("team/x", "2"), clientv3.OpGet("other")).Commit()
	_, admin := ann.UserAdd(ctx, "x", "y")
	watched := <-ann.Watch(ctx, "other")
	_, again := root.UserAdd(ctx, "ann", "a")
	_, unknown := root.RoleGet(ctx, "none")
	// Rights change: the client's token is stale, and it signs in again by itself.
	if _, err := root.UserRevokeRole(ctx, "ann", "team"); err != nil {
		return err
	}
	_, revoked := ann.Put(ctx, "team/x", "2")
	return errors.Join(allowed, refused("early", early, rpctypes.ErrRootUserNotExist),
		refused("anonymous", anonymous, rpctypes.ErrUserEmpty),
		refused("wrong", wrong, rpctypes.ErrAuthFailed),
		refused("denied", denied, rpctypes.ErrPermissionDenied),
		refused("txn", inTxn, rpctypes.ErrPermissionDenied),
		refused("admin", admin, rpctypes.ErrPermissionDenied),
		refused("watched", watched.Err(), rpctypes.ErrPermissionDenied),
		refused("again", again, rpctypes.ErrUserAlreadyExist),
		refused("unknown", unknown, rpctypes.ErrRoleNotFound),
		refused("revoked", revoked, rpctypes.ErrPermissionDenied))
}
