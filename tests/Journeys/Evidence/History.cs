using System.Collections.Concurrent;
using System.Net;

namespace JobSystem.Journeys.Evidence;

/// <summary>What the client asked for and what it knows of the outcome. Only <see cref="CallOutcome.Ok"/> is a promise that was made.</summary>
public sealed class History
{
    readonly ConcurrentQueue<Call> _calls = new();

    public IReadOnlyList<Call> Calls => [.. _calls];

    public Call Begin(string what)
    {
        var call = new Call(what, TimeProvider.System);
        _calls.Enqueue(call);
        return call;
    }
}

public enum CallOutcome
{
    /// <summary>No answer yet, none at all, or one that does not say whether it happened (a 5xx).</summary>
    Unknown,
    Ok,

    /// <summary>Refused (4xx): it did not happen.</summary>
    Fail,
}

public sealed class Call(string what, TimeProvider clock)
{
    readonly long _begun = clock.GetTimestamp();

    public string What => what;
    public DateTimeOffset BegunAt { get; } = clock.GetUtcNow();
    public DateTimeOffset EndedAt => BegunAt + (Took ?? TimeSpan.Zero);
    public CallOutcome Outcome { get; private set; }
    public HttpStatusCode? Status { get; private set; }
    public Exception? Broken { get; private set; }
    public TimeSpan? Took { get; private set; }

    /// <summary>The answer said when to come again.</summary>
    public bool SaysWhenToRepeat { get; private set; }

    internal void End(HttpStatusCode status, bool saysWhenToRepeat = false)
    {
        Status = status;
        SaysWhenToRepeat = saysWhenToRepeat;
        Took = clock.GetElapsedTime(_begun);
        Outcome = (int)status switch
        {
            < 400 => CallOutcome.Ok,
            < 500 => CallOutcome.Fail,
            _ => CallOutcome.Unknown,
        };
    }

    internal void End(Exception broken)
    {
        Broken = broken;
        Took = clock.GetElapsedTime(_begun);
    }

    public override string ToString() => $"{BegunAt:HH:mm:ss.fff} {what}: {Outcome} {(int?)Status} {Broken?.Message} after {Took?.TotalMilliseconds:F0} ms";
}
