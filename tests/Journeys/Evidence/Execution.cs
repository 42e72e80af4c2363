namespace JobSystem.Journeys.Evidence;

/// <summary>One run of a task, as the ledger saw it from outside: one HTTP call that an executor made.</summary>
public sealed class Execution
{
    /// <summary>Place in the order of starts, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Last segment of the called path: the test's own name for the job.</summary>
    public required string Label { get; init; }
    public required string JobId { get; init; }
    public required int Attempt { get; init; }
    public required string WorkerId { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; private set; }
    public ExecutionEnd End { get; private set; }

    /// <summary>The status that was sent; 0 when none was.</summary>
    public int Status { get; private set; }

    /// <summary>Worker ids begin with the worker's name.</summary>
    public bool WasOn(string worker) => WorkerId.StartsWith(worker, StringComparison.Ordinal);

    internal void Close(ExecutionEnd end, int status, DateTimeOffset at) => (End, Status, EndedAt) = (end, status, at);

    public override string ToString() =>
        $"#{Number} {Label} {JobId} attempt {Attempt} on {WorkerId} from {StartedAt:HH:mm:ss.fff} to {EndedAt:HH:mm:ss.fff} {End} {Status}";
}

public enum ExecutionEnd
{
    /// <summary>Still running.</summary>
    None,

    /// <summary>The ledger sent its answer.</summary>
    Answered,

    /// <summary>The caller went away first: it was cancelled or killed.</summary>
    Aborted,
}
