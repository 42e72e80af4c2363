using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// What the instances of JobApi tell each other: one has requests of workers, another has jobs or hears that a worker leaves. Everything here may be lost, because each instance looks into the
/// table by itself now and then; it would take seconds.
/// </summary>
public sealed partial class PeerInstances(IServiceProvider services, WaitingJobs waiting, AttemptRequests requests, TimeProvider time, ILogger<PeerInstances> logger)
{
    /// <summary>Most levels of one message.</summary>
    const int MaxLevels = 1000;

    /// <summary>Each message costs as much as a job.</summary>
    static readonly TimeSpan betweenNews = TimeSpan.FromMilliseconds(10);
    static readonly TimeSpan validFor = TimeSpan.FromSeconds(JobsWanted.ValidSeconds);

    /// <summary>Interval at which an instance repeats that it wants jobs.</summary>
    public static readonly TimeSpan Repeat = validFor / 2.5;

    // Lazy, because the bus is still being built when this is created
    readonly Lazy<IBus> bus = new(services.GetRequiredService<IBus>);
    readonly Guid id = Guid.CreateVersion7();
    long? wantedAt;
    long? saidAt;
    long? toldAt;

    /// <summary>True if another instance has said that it wants jobs.</summary>
    bool AnyWants => wantedAt is { } at && time.GetElapsedTime(at) < validFor;

    /// <summary>Says that this instance has more requests than jobs, unless it has just said so.</summary>
    public void SayWanted()
    {
        if (saidAt is not { } at || time.GetElapsedTime(at) >= Repeat)
        {
            saidAt = time.GetTimestamp();
            Publish(new JobsWanted { InstanceId = id });
        }
    }

    /// <summary>Tells instances that want jobs of those that were added since the last time.</summary>
    /// <returns>When to call it again, because the last time was just before; null if there is nothing more to tell.</returns>
    public TimeSpan? TellWaiting()
    {
        if (!AnyWants)
        {
            return null;
        }
        if (toldAt is { } at && betweenNews - time.GetElapsedTime(at) is var left && left > TimeSpan.Zero)
        {
            return left;
        }
        var (levels, pinned) = waiting.TakeNews(MaxLevels);
        if (levels.Count + pinned.Count > 0)
        {
            toldAt = time.GetTimestamp();
            Publish(new JobsWaiting { InstanceId = id, Levels = levels, Pinned = pinned });
        }
        return null;
    }

    /// <summary>Another instance wants jobs.</summary>
    public void Hear(JobsWanted message)
    {
        if (message.InstanceId != id)
        {
            wantedAt = time.GetTimestamp();
            waiting.MarkAllAsNews();
        }
    }

    /// <summary>Another instance has jobs.</summary>
    public void Hear(JobsWaiting message)
    {
        if (message.InstanceId != id)
        {
            waiting.AddFromPeer(message);
        }
    }

    /// <summary>A worker drains or has stopped.</summary>
    public void SayLeft(string workerId)
    {
        requests.Leave(workerId);
        Publish(new WorkerLeft { WorkerId = workerId });
    }

    /// <summary>Another instance has heard that a worker drains or has stopped.</summary>
    public void Hear(WorkerLeft message) => requests.Leave(message.WorkerId);

    void Publish<T>(T message) where T : class => _ = TryPublish(message);

    async Task TryPublish<T>(T message) where T : class
    {
        using var limit = new CancellationTokenSource(validFor, time);
        try
        {
            await bus.Value.Publish(message, x => (x.Durable, x.TimeToLive) = (false, validFor), limit.Token);
        }
        catch (Exception exception)
        {
            LogUntold(exception.Message);
        }
    }

    [LoggerMessage(2153, LogLevel.Debug, "Could not tell the other instances of waiting jobs: {Reason}")]
    partial void LogUntold(string reason);
}
