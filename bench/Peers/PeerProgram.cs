namespace JobSystem.Bench.Peers;

/// <summary>One peer in one setting, as a program that speaks the protocol of <see cref="PeerProcess"/>.</summary>
public sealed record PeerProgram(string Name, string Title, Setting Setting, int Jobs)
{
    public required string Conditions { get; init; }

    /// <summary>The program without addresses; those come with the turn.</summary>
    public required ProgramToRun Program { get; init; }

    /// <summary>Tools of the machine that it cannot do without.</summary>
    public string[] Tools { get; init; } = [];

    /// <summary>Installs what it needs, once for a run.</summary>
    public Func<CancellationToken, Task> Install { get; init; } = _ => Task.CompletedTask;

    public bool NeedsDatabase { get; init; }
    public bool NeedsRedis { get; init; }

    /// <summary>Queues and exchanges that it leaves on the broker.</summary>
    public BrokerLeftovers? Leftovers { get; init; }
}
