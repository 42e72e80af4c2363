using JobSystem.Client.Operations;

namespace JobSystem.Client.Tests;

/// <summary>Streams, on the whole system.</summary>
[Collection(nameof(ClientHost))]
public sealed class When_events_are_streamed(ClientHost host)
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Should_follow_a_job_to_its_end()
    {
        var handle = await host.Client.Enqueue(new RunNote("x"));
        using var stop = new CancellationTokenSource(patience);

        var words = new List<string>();
        await foreach (var step in host.Client.Jobs.Stream(handle.Id, stop.Token))
        {
            words.Add(step.Event);
        }

        Assert.Equal(["created", "reserved", "running", "completed"], words);
    }

    [Fact]
    public async Task Should_take_up_a_job_where_the_connection_was_lost()
    {
        var (requests, lost) = (new List<string?>(), false);
        using var client = host.Through(new Tap(async (request, send) =>
        {
            requests.Add(request.Headers.TryGetValues("Last-Event-ID", out var ids) ? ids.Single() : null);
            var response = await send();
            if (!lost && response.Content.Headers.ContentType?.MediaType == "text/event-stream")
            {
                lost = true;
                response.Content = new StringContent("id: 0\nevent: created\ndata: {\"event\":\"created\"}\n\n", null, "text/event-stream");
            }
            return response;
        }));
        var handle = await host.Client.Enqueue(new RunNote("x"));
        using var stop = new CancellationTokenSource(patience);

        var words = new List<string>();
        await foreach (var step in client.Jobs.Stream(handle.Id, stop.Token))
        {
            words.Add(step.Event);
        }

        Assert.Equal("completed", words[^1]);
        Assert.Equal([null, "0"], requests.Take(2));
    }

    [Fact]
    public async Task Should_follow_all_jobs()
    {
        using var stop = new CancellationTokenSource(patience);
        var filter = new EventSelection { TaskName = ["make_note"], Event = ["completed"] };
        await using var events = host.Client.Events.Stream(filter, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = events.MoveNextAsync().AsTask();
        var ids = new HashSet<string>();
        // The stream begins some time after the call; a job that comes after that is in it
        while (!next.IsCompleted)
        {
            ids.Add((await host.Client.Enqueue(new RunNote("x"))).Id);
            await Task.WhenAny(next, Task.Delay(200, stop.Token));
        }

        Assert.True(await next);
        Assert.Contains(events.Current.JobId, ids);
        Assert.Equal(("completed", "make_note", "default", "normal", 1), (events.Current.Event, events.Current.TaskName, events.Current.QueueName, events.Current.Priority, events.Current.Attempt));
        Assert.NotNull(events.Current.Id);
        Assert.NotNull(events.Current.RunSeconds);
    }

    [Fact]
    public async Task Should_say_why_a_stream_is_refused()
    {
        using var stop = new CancellationTokenSource(patience);
        await using var events = host.Client.Events.Stream(new() { Event = ["nothing"] }, stop.Token).GetAsyncEnumerator(stop.Token);

        Assert.Equal("validation_failed", (await Assert.ThrowsAsync<JobSystemException>(async () => await events.MoveNextAsync())).Code);
    }
}
