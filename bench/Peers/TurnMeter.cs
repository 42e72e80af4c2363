using JobSystem.Bench.Meters;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Peers;

/// <summary>
/// What a contender's turn costs. The database's counters cover the turn from before the start to after the end of its processes, so that
/// no backend still holds some back; CPU covers the warm round.
/// </summary>
public sealed class TurnMeter : IAsyncDisposable
{
    readonly StackEnv env;
    readonly string? connectionString;
    readonly DatabaseMeter? meter;
    readonly DatabaseMeter.Sample? before;

    TurnMeter(StackEnv env, string? connectionString, DatabaseMeter? meter, DatabaseMeter.Sample? before) =>
        (this.env, this.connectionString, this.meter, this.before) = (env, connectionString, meter, before);

    /// <param name="env">The stack.</param>
    /// <param name="connectionString">The database that the contender works on; null if it has none.</param>
    /// <param name="ct">Cancellation.</param>
    public static async Task<TurnMeter> Begin(StackEnv env, string? connectionString, CancellationToken ct)
    {
        // So that no contender pays for writing back what the one before it has changed
        await PostgresServer.Execute(env, "checkpoint", ct);
        if (connectionString is null)
        {
            return new TurnMeter(env, null, null, null);
        }
        var meter = await DatabaseMeter.Open(connectionString, ct);
        return new TurnMeter(env, connectionString, meter, await meter.Take(ct));
    }

    /// <summary>Runs the warm round and returns its CPU milliseconds per job with its result.</summary>
    public static async Task<(T Result, double CpuMsPerJob)> Warm<T>(int jobs, Func<Task<T>> round)
    {
        var start = MachineCpu.BusySeconds();
        var result = await round();
        return (result, (MachineCpu.BusySeconds() - start) * 1000 / jobs);
    }

    /// <param name="jobs">All jobs of the turn.</param>
    /// <param name="cpuMsPerJob">What <see cref="Warm"/> returned.</param>
    /// <param name="ct">Cancellation.</param>
    public async Task<TurnCost> End(int jobs, double cpuMsPerJob, CancellationToken ct)
    {
        if (meter is null || before is null || connectionString is null)
        {
            return new TurnCost(double.NaN, double.NaN, cpuMsPerJob);
        }
        await PostgresServer.Disconnected(env, connectionString, ct);
        var after = await meter.Take(ct);
        var statements = meter.HasStatements ? DatabaseMeter.StatementsWithoutTransactionControl(before, after) / jobs : double.NaN;
        return new TurnCost(DatabaseMeter.Commits(before, after) / jobs, statements, cpuMsPerJob);
    }

    public async ValueTask DisposeAsync()
    {
        if (meter is not null)
        {
            await meter.DisposeAsync();
        }
    }
}
