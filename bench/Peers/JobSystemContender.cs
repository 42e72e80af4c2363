using JobSystem.Bench.Load;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Peers;

/// <summary>
/// JobSystem itself through its gateway. Its services run only during its turn, so that each turn has a cold start and nobody else's turn
/// has them in the background. A stack that was given with <c>--env</c> stays as it is.
/// </summary>
public sealed class JobSystemContender(BenchStack stack, BenchOptions options, Setting setting, bool isOneByOne) : IContender
{
    const int TunedSlots = 256;

    public string Name => "jobsystem";
    public string Title => isOneByOne ? "JobSystem, one by one" : "JobSystem, batches";
    public Setting Setting => setting;
    public bool IsOneByOne => isOneByOne;
    public int Jobs => options.Jobs;

    public string Conditions => $"{Processes}; {HandedIn}; ended when the API says so, result kept";

    string Processes => stack.IsOwn
        ? $"{options.JobApis} JobApi, {options.Executors} executor, {Slots} slots each"
        : "the stack as it runs";

    string HandedIn => isOneByOne
        ? $"single POSTs over {options.Connections} connections"
        : $"batches of {options.Batch}, {options.Submitters} at a time";

    int Slots => setting == Setting.AsItComes ? options.Slots : TunedSlots;

    public Task<string?> Prepare(CancellationToken ct) => Task.FromResult(stack.IsOwn || setting == Setting.Tuned
        ? null
        : "the stack is given with --env, so it keeps the slots that it has");

    public async Task<Turn> Run(CancellationToken ct)
    {
        await using var meter = await TurnMeter.Begin(stack.Env, stack.IsOwn ? stack.Env.Postgres : null, ct);
        if (!stack.IsOwn)
        {
            var (_, running, used) = await Measure(isCold: false, ct);
            return new Turn(double.NaN, running, await meter.End(0, used, ct));
        }
        await stack.StartServices(Slots, ct);
        var (cold, warm, cpu) = await Measure(isCold: true, ct);
        await stack.StopServices(ct);
        return new Turn(cold, warm, await meter.End(options.ColdJobs + (options.WarmUps + 1) * Jobs, cpu, ct));
    }

    async Task<(double Cold, double Warm, double CpuMsPerJob)> Measure(bool isCold, CancellationToken ct)
    {
        using var first = new ThroughputRound(stack.Env, Submission(options.ColdJobs), options.ColdJobs);
        using var round = new ThroughputRound(stack.Env, Submission(Jobs), Jobs);
        var cold = isCold ? (await first.Run(ct)).JobsPerSecond(options.ColdJobs) : double.NaN;
        for (var i = 0; i < options.WarmUps; i++)
        {
            await round.Run(ct);
        }
        var (time, cpu) = await TurnMeter.Warm(Jobs, () => round.Run(ct));
        return (cold, time.JobsPerSecond(Jobs), cpu);
    }

    Submission Submission(int jobs) => isOneByOne
        ? Load.Submission.Singles(jobs, options.Connections)
        : Load.Submission.Batches(jobs, options.Batch, options.Submitters);
}
