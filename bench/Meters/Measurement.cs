using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Meters;

/// <summary>All meters around one figure. Counters cover everything from <see cref="Begin"/> to <see cref="Finish"/>, CPU only the rounds.</summary>
public sealed class Measurement : IAsyncDisposable
{
    // An idle PostgreSQL backend hands in its counters within 10 s, the broker's channels theirs every 5 s.
    static readonly TimeSpan Settle = TimeSpan.FromSeconds(11);

    readonly DatabaseMeter _database;
    readonly BrokerMeter _broker;
    readonly ProcessMeter _processes;
    readonly List<(ProcessMeter.Sample Before, ProcessMeter.Sample After)> _rounds = [];
    readonly DatabaseMeter.Sample _databaseBefore;
    readonly BrokerMeter.Sample _brokerBefore;

    Measurement(DatabaseMeter database, BrokerMeter broker, ProcessMeter processes, DatabaseMeter.Sample databaseBefore, BrokerMeter.Sample brokerBefore) =>
        (_database, _broker, _processes, _databaseBefore, _brokerBefore) = (database, broker, processes, databaseBefore, brokerBefore);

    /// <param name="env">Where to measure.</param>
    /// <param name="database">Another database of the same server, for systems that we compare with.</param>
    /// <param name="ct">Cancellation.</param>
    public static async Task<Measurement> Begin(StackEnv env, CancellationToken ct, string? database = null)
    {
        var meter = await DatabaseMeter.Open(database ?? env.Postgres, ct);
        var broker = new BrokerMeter(env);
        await Task.Delay(Settle, ct);
        return new Measurement(meter, broker, new ProcessMeter(env.PidDirectory), await meter.Take(ct), await broker.Take(ct));
    }

    public async Task<T> Round<T>(Func<Task<T>> round)
    {
        var before = _processes.Take();
        var result = await round();
        _rounds.Add((before, _processes.Take()));
        return result;
    }

    public async Task Finish(Section section, int jobs, int topStatements, CancellationToken ct, Floor? commits = null, Floor? messages = null)
    {
        await Task.Delay(Settle, ct);
        var (databaseAfter, brokerAfter) = (await _database.Take(ct), await _broker.Take(ct));
        _database.AddTo(section, _databaseBefore, databaseAfter, jobs, topStatements, commits);
        BrokerMeter.AddTo(section, _brokerBefore, brokerAfter, jobs, messages);
        section.Processes.AddRange(_processes.Sum(_rounds, jobs));
        var total = section.Processes.Sum(p => p.CpuMsPerJob ?? 0);
        section.Add("cpu_ms_per_job", "CPU per job, everything", total, "ms");
    }

    /// <summary>The same counters per second, for a stack that has nothing to do.</summary>
    public async Task FinishIdle(Section section, CancellationToken ct)
    {
        var (databaseAfter, brokerAfter) = (await _database.Take(ct), await _broker.Take(ct));
        var seconds = TimeProvider.System.GetElapsedTime(_rounds[0].Before.At, _rounds[0].After.At).TotalSeconds;
        section
            .Add("commits_per_second", "database commits per second", (databaseAfter.Commits - _databaseBefore.Commits) / seconds, "/s")
            .Add("statements_per_second", "database statements per second", DatabaseMeter.StatementCalls(_databaseBefore, databaseAfter) / seconds, "/s")
            .Add("messages_per_second", "broker messages published per second", (brokerAfter.Published - _brokerBefore.Published) / seconds, "/s");
        section.Processes.AddRange(_processes.Sum(_rounds, null));
    }

    public async ValueTask DisposeAsync()
    {
        _broker.Dispose();
        await _database.DisposeAsync();
    }
}
