namespace JobSystem.Api;

/// <summary>A line that a task logged.</summary>
[Schema("JobLogLine")]
public sealed record LogLine
{
    /// <summary>When it was logged.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The attempt that logged it.</summary>
    public required int Attempt { get; init; }

    /// <summary>Level, as <c>information</c>.</summary>
    public required string Level { get; init; }

    /// <summary>The text.</summary>
    public required string Message { get; init; }

    /// <summary>
    /// What the line has besides its text: <c>values</c>, the structured values of its template, and <c>scopes</c>, an array from the
    /// outermost scope inwards, each an object of values or a text. Null for none.
    /// </summary>
    public required RawJson? Fields { get; init; }
}

/// <summary>Log lines of a job, oldest first.</summary>
[Schema("JobLogPage")]
public sealed record LogPage
{
    /// <summary>The lines.</summary>
    public required IReadOnlyList<LogLine> Items { get; init; }

    /// <summary>The parameter <c>offset</c> of the next page; null when this was all.</summary>
    public required int? NextOffset { get; init; }
}
