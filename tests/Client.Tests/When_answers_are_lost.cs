using System.Net;

namespace JobSystem.Client.Tests;

/// <summary>Requests that are carried out and whose answers do not arrive, on the whole system.</summary>
[Collection(nameof(ClientHost))]
public sealed class When_answers_are_lost(ClientHost host)
{
    [Fact]
    public async Task Should_enqueue_once()
    {
        var (tag, requests) = (ClientHost.NewTag(), 0);
        using var client = host.Through(LosesFirst(3, () => requests++));

        var handle = await client.Enqueue(new MakeNote("once"), x => x.Tag(tag));

        Assert.Equal((4, 1), (requests, await host.Count(tag)));
        Assert.Equal(tag, (await host.Client.Jobs.Get(handle.Id)).Tags[^1]);
    }

    [Fact]
    public async Task Should_enqueue_many_once()
    {
        var tag = ClientHost.NewTag();
        using var client = host.Through(LosesFirst(2));

        await client.EnqueueMany(Enumerable.Range(0, 1001).Select(x => new MakeNote($"{x}")), (x, _) => x.Tag(tag));

        Assert.Equal(1001, await host.Count(tag));
    }

    [Fact]
    public async Task Should_enqueue_once_when_answers_break_off()
    {
        var (tag, requests) = (ClientHost.NewTag(), 0);
        using var client = host.Through(new Tap(async (_, send) =>
        {
            var response = await send();
            if (++requests <= 2)
            {
                response.Content = new StreamContent(new BrokenStream());
            }
            return response;
        }));

        await client.Enqueue(new MakeNote("once"), x => x.Tag(tag));

        Assert.Equal((3, 1), (requests, await host.Count(tag)));
    }

    [Fact]
    public async Task Should_create_untyped_jobs_once()
    {
        var (tag, requests) = (ClientHost.NewTag(), 0);
        using var client = host.Through(LosesFirst(1, () => requests++));

        await client.Jobs.Create(new() { TaskName = "make_note", Kwargs = new("""{"text":"x"}"""), Tags = [tag], QueueName = "still" });

        Assert.Equal((2, 1), (requests, await host.Count(tag)));
    }

    [Fact]
    public async Task Should_run_a_job_once_while_the_caller_waits()
    {
        var (tag, requests) = (ClientHost.NewTag(), 0);
        using var client = host.Through(LosesFirst(1, () => requests++));

        var result = await client.Jobs.RunSync(new() { TaskName = "make_note", Kwargs = new("""{"text":"x"}"""), Tags = [tag] });

        Assert.Equal(("\"x\"", 2, 1), (result.ToString(), requests, await host.Count(tag)));
    }

    [Fact]
    public async Task Should_not_wait_again_for_a_job_that_goes_on()
    {
        var requests = 0;
        using var client = host.Through(LosesFirst(0, () => requests++));

        var waited = await Assert.ThrowsAsync<JobSystemException>(() =>
            client.Jobs.RunSync(new() { TaskName = "make_note", Kwargs = new("""{"text":"x"}"""), QueueName = "still", WaitTimeout = 0.2 }));

        Assert.Equal(("job_still_running", 1), (waited.Code, requests));
    }

    [Fact]
    public async Task Should_not_repeat_what_might_be_done_twice()
    {
        var requests = 0;
        using var client = host.Through(LosesFirst(1, () => requests++));
        var name = ClientHost.NewTag();

        await Assert.ThrowsAsync<JobSystemUnavailableException>(() => client.ApiKeys.Create(new() { Name = name }));

        Assert.Equal(1, requests);
        Assert.Single((await host.Client.ApiKeys.List(limit: 1000)).Items, x => x.Name == name);
    }

    [Fact]
    public async Task Should_give_up_after_its_patience()
    {
        using var client = host.Through(new Tap((_, _) => throw new HttpRequestException("lost")), patience: TimeSpan.FromSeconds(1));

        var away = await Assert.ThrowsAsync<JobSystemUnavailableException>(() => client.Enqueue(new RunNote("x")));

        Assert.IsType<HttpRequestException>(away.InnerException);
    }

    [Fact]
    public async Task Should_wait_as_long_as_the_server_asks()
    {
        var (requests, clock) = (0, System.Diagnostics.Stopwatch.StartNew());
        using var client = host.Through(new Tap((_, send) => ++requests == 1
            ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.TooManyRequests) { Headers = { RetryAfter = new(TimeSpan.FromSeconds(2)) } })
            : send()));

        await client.Queues.Pause("still");

        Assert.Equal(2, requests);
        Assert.InRange(clock.Elapsed.TotalSeconds, 1.9, 15);
    }

    [Fact]
    public async Task Should_not_wait_when_the_caller_does_not()
    {
        using var client = host.Through(new Tap((_, _) => throw new HttpRequestException("lost")));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Enqueue(new RunNote("x"), stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.System.Me(stop.Token));
    }

    [Fact]
    public async Task Should_end_a_request_that_takes_too_long()
    {
        using var client = new JobSystemClient(
            new JobSystemClientOptions { Url = host.Url, ApiKey = host.AdminKey, Patience = TimeSpan.Zero, RequestTimeout = TimeSpan.FromMilliseconds(200) },
            new SilentHandler());

        Assert.Equal("timeout", (await Assert.ThrowsAsync<JobSystemUnavailableException>(() => client.System.Me())).Code);
    }

    /// <summary>Carries out the first requests and throws their answers away.</summary>
    static Tap LosesFirst(int count, Action? onRequest = null)
    {
        var requests = 0;
        return new(async (_, send) =>
        {
            onRequest?.Invoke();
            var response = await send();
            if (Interlocked.Increment(ref requests) > count)
            {
                return response;
            }
            Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
            response.Dispose();
            throw new HttpRequestException("the answer is lost");
        });
    }

    sealed class SilentHandler : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new System.Diagnostics.UnreachableException();
        }
    }

    sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("broken off");

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => throw new IOException("broken off");

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new IOException("broken off");
    }
}
