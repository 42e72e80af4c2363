using JobSystem.Contracts;
using JobSystem.JobApi.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.JobApi.Tests.Lifecycle;

public sealed class SessionInboxesTests
{
    static readonly TimeSpan wait = TimeSpan.FromSeconds(20);
    readonly SessionInboxes inboxes = new(new FakeTimeProvider());
    readonly AttemptControl attempt = new() { JobId = Guid.CreateVersion7(), Attempt = 1 };

    [Fact]
    public async Task Notice_OfWhatAHeartbeatHasFoundAlready_AnswersNoOther()
    {
        await Heartbeat([attempt]);
        Assert.Equal([attempt], inboxes.Take("worker").Cancel);

        inboxes.Hear(new() { WorkerId = "worker", Cancel = [attempt] });

        Assert.False(Heartbeat([attempt]).IsCompleted);
        Assert.Equal([attempt], inboxes.Take("worker").Cancel);
    }

    [Fact]
    public async Task Notice_OfSomethingNew_AnswersTheHeartbeatThatWaits()
    {
        var waiting = Heartbeat([]);
        Assert.False(waiting.IsCompleted);

        inboxes.Hear(new() { WorkerId = "worker", Cancel = [attempt] });

        await waiting;
        Assert.Equal([attempt], inboxes.Take("worker").Cancel);
    }

    Task Heartbeat(IReadOnlyList<AttemptControl> found) => inboxes.Wait("worker", new(found, [], []), wait, CancellationToken.None);
}
