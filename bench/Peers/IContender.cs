namespace JobSystem.Bench.Peers;

/// <summary>A system that takes part in the comparison.</summary>
public interface IContender
{
    /// <summary>What <c>--peers</c> calls it. Two settings of one system share a name.</summary>
    string Name { get; }

    string Title { get; }
    Setting Setting { get; }

    /// <summary>What it was set to, how jobs go in, and when a job counts as ended.</summary>
    string Conditions { get; }

    /// <summary>Jobs of a warm round; a slow system gets fewer, because rates are compared.</summary>
    int Jobs { get; }

    /// <summary>Returns why it cannot run here in one line, or null if it can. Builds and installs what it needs.</summary>
    Task<string?> Prepare(CancellationToken ct);

    /// <summary>Starts it, measures the first jobs after the start and a warm round, and ends it.</summary>
    Task<Turn> Run(CancellationToken ct);
}

/// <summary>Whether a system runs with its own defaults or with what makes it fast.</summary>
public enum Setting
{
    AsItComes,
    Tuned,
}

/// <summary>What one turn of a contender gave.</summary>
/// <param name="Cold">Jobs per second over the first jobs after the start; NaN if it was not started for this turn.</param>
/// <param name="Warm">Jobs per second of the round after the warm-up.</param>
/// <param name="Cost">What the turn cost.</param>
public sealed record Turn(double Cold, double Warm, TurnCost Cost);

/// <summary>What a job cost. A figure that does not apply is NaN.</summary>
/// <param name="CommitsPerJob">Database commits over the whole turn, set-up included.</param>
/// <param name="StatementsPerJob">Database statements over the whole turn, BEGIN and COMMIT left out.</param>
/// <param name="CpuMsPerJob">CPU time of the whole machine during the warm round.</param>
public sealed record TurnCost(double CommitsPerJob, double StatementsPerJob, double CpuMsPerJob);
