using System.Diagnostics;
using System.Net;
using System.Text.Json;
using JobSystem.Support;

namespace JobSystem.Client.Tests;

/// <summary>Parallel calls share requests; each caller gets its own answer.</summary>
[Collection(nameof(ClientHost))]
public sealed class When_callers_enqueue_at_the_same_time(ClientHost host)
{
    [Fact]
    public async Task Should_share_requests()
    {
        var (tag, sizes) = (ClientHost.NewTag(), new List<int>());
        using var client = host.Through(Counting(sizes));

        var handles = await Task.WhenAll(Enumerable.Range(0, 3000).Select(x => client.Enqueue(new MakeNote($"{x}"), o => o.Tag(tag).Title($"{x}"))));

        Assert.Equal(3000, await host.Count(tag));
        Assert.Equal(3000, sizes.Sum());
        Assert.InRange(sizes.Count, 3, 300);
        Assert.True(sizes.Max() <= 1000);
        Assert.Equal("1234", (await host.Client.Jobs.Get(handles[1234].Id)).Title);
    }

    [Fact]
    public async Task Should_send_a_single_job_at_once()
    {
        var sizes = new List<int>();
        using var client = host.Through(Counting(sizes));

        await client.Enqueue(new MakeNote("a"));
        await client.Enqueue(new MakeNote("b"));

        Assert.Equal([1, 1], sizes);
    }

    [Fact]
    public async Task Should_refuse_only_the_jobs_that_are_wrong()
    {
        var (tag, sizes) = (ClientHost.NewTag(), new List<int>());
        using var gate = new Gate();
        using var client = host.Through(gate.Around(Counting(sizes)));
        var first = client.Enqueue(new MakeNote("first"), x => x.Tag(tag));
        await gate.Reached;

        var good = Enumerable.Range(0, 50).Select(x => client.Enqueue(new MakeNote($"{x}"), o => o.Tag(tag))).ToList();
        var longTag = client.Enqueue(new MakeNote("x"), x => x.Tag(new string('x', 65)));
        var unknown = client.Enqueue(new Unknown(1));
        good.AddRange(Enumerable.Range(50, 50).Select(x => client.Enqueue(new MakeNote($"{x}"), o => o.Tag(tag))));
        gate.Open();

        await Task.WhenAll([first, .. good]);
        Assert.Equal(101, await host.Count(tag));
        var refused = await Assert.ThrowsAsync<JobRefusedException>(() => longTag);
        Assert.Equal("validation_failed", refused.Code);
        Assert.StartsWith("tags", Assert.Single(refused.Errors.Keys), StringComparison.Ordinal);
        Assert.Equal(["task_name"], (await Assert.ThrowsAsync<JobRefusedException>(() => unknown)).Errors.Keys);
        // The jobs' shapes are checked before their tasks, so that it takes three requests until only good ones are left
        Assert.Equal([1, 102, 101, 100], sizes);
    }

    [Fact]
    public async Task Should_return_one_job_for_the_same_key()
    {
        var (tag, sizes) = (ClientHost.NewTag(), new List<int>());
        using var gate = new Gate();
        using var client = host.Through(gate.Around(Counting(sizes)));
        var first = client.Enqueue(new MakeNote("first"));
        await gate.Reached;

        var same = Enumerable.Range(0, 3).Select(_ => client.Enqueue(new MakeNote("same"), x => x.Tag(tag).IdempotencyKey(tag))).ToList();
        var other = client.Enqueue(new MakeNote("other"), x => x.Tag(tag).IdempotencyKey(tag));
        gate.Open();

        Assert.Single((await Task.WhenAll(same)).Select(x => x.Id).Distinct());
        Assert.Equal("idempotency_key_reused", (await Assert.ThrowsAsync<JobRefusedException>(() => other)).Code);
        Assert.Equal(1, await host.Count(tag));
        await first;
    }

    [Fact]
    public async Task Should_leave_out_the_jobs_of_callers_who_have_left()
    {
        var (tag, sizes) = (ClientHost.NewTag(), new List<int>());
        using var gate = new Gate();
        using var client = host.Through(gate.Around(Counting(sizes)));
        var first = client.Enqueue(new MakeNote("first"));
        await gate.Reached;
        using var stop = new CancellationTokenSource();

        var leaves = client.Enqueue(new MakeNote("leaves"), x => x.Tag(tag), stop.Token);
        var stays = client.Enqueue(new MakeNote("stays"), x => x.Tag(tag));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        gate.Open();

        await Task.WhenAll(first, stays);
        Assert.Equal([1, 1], sizes);
        Assert.Equal(1, await host.Count(tag));
    }

    [Fact]
    public async Task Should_abandon_a_request_that_all_callers_have_left()
    {
        var aborted = new TaskCompletionSource();
        using var client = new JobSystemClient(
            new JobSystemClientOptions { Url = host.Url, ApiKey = host.AdminKey }, new AbortedHandler(aborted));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Enqueue(new MakeNote("x"), stop.Token));

        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Should_refuse_what_waits_when_the_client_is_disposed()
    {
        using var gate = new Gate();
        var client = host.Through(gate.Around(Counting([])));
        var first = client.Enqueue(new MakeNote("first"));
        await gate.Reached;
        var waits = client.Enqueue(new MakeNote("waits"));

        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waits);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => first);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Enqueue(new MakeNote("late")));
    }

    [Fact]
    public async Task Should_send_the_trace_of_a_single_caller()
    {
        string? sent = null;
        using var client = host.Through(new Tap((request, send) =>
        {
            sent = Activity.Current?.TraceId.ToString();
            return send();
        }));
        using var activity = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();

        await client.Enqueue(new MakeNote("x"));

        Assert.Equal(activity.TraceId.ToString(), sent);
    }

    [Fact]
    public async Task Should_link_the_traces_of_several_callers()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = x => x.Name == "JobSystem.Client",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        var batches = new List<Activity>();
        listener.ActivityStopped = x =>
        {
            lock (batches)
            {
                batches.Add(x);
            }
        };
        ActivitySource.AddActivityListener(listener);
        using var gate = new Gate();
        using var client = host.Through(gate.Around(Counting([])));
        var first = client.Enqueue(new MakeNote("first"));
        await gate.Reached;
        var (one, one_) = EnqueueInTrace(client);
        var (two, two_) = EnqueueInTrace(client);
        gate.Open();
        await Task.WhenAll(first, one, two);

        await Eventually.Holds(() =>
        {
            lock (batches)
            {
                return batches.Exists(x => x.Links.Select(link => link.Context.TraceId).ToHashSet().SetEquals([one_, two_]));
            }
        });
    }

    static (Task Enqueued, ActivityTraceId Trace) EnqueueInTrace(JobSystemClient client)
    {
        using var activity = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        return (client.Enqueue(new MakeNote("x")), activity.TraceId);
    }

    static Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> CountingPass(List<int> sizes) => async (request, send) =>
    {
        var body = JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync());
        sizes.Add(body.RootElement.GetProperty("jobs").GetArrayLength());
        return await send();
    };

    static Tap Counting(List<int> sizes) => new(CountingPass(sizes));

    /// <summary>Holds up the first request, so that what follows comes at the same time.</summary>
    sealed class Gate : IDisposable
    {
        readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public void Open() => open.TrySetResult();

        public DelegatingHandler Around(HttpMessageHandler inner) => new Handler(this) { InnerHandler = inner };

        public void Dispose() => Open();

        sealed class Handler(Gate gate) : DelegatingHandler
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                gate.reached.TrySetResult();
                await gate.open.Task.WaitAsync(cancellationToken);
                return await base.SendAsync(request, cancellationToken);
            }
        }
    }

    sealed class AbortedHandler(TaskCompletionSource aborted) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                aborted.SetResult();
                throw;
            }
            return new HttpResponseMessage(HttpStatusCode.OK);
        }
    }
}
