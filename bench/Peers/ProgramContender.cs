using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Peers;

/// <summary>A peer that runs as a program of its own on the stack's servers, in a database of its own, for one turn at a time.</summary>
public sealed class ProgramContender(BenchStack stack, BenchOptions options, PeerProgram peer) : IContender
{
    public string Name => peer.Name;
    public string Title => peer.Title;
    public Setting Setting => peer.Setting;
    public string Conditions => peer.Conditions;
    public int Jobs => peer.Jobs;

    public async Task<string?> Prepare(CancellationToken ct)
    {
        var missing = peer.Tools.Where(tool => !Programs.Exists(tool)).ToList();
        if (missing.Count > 0)
        {
            return "this machine lacks " + string.Join(" and ", missing);
        }
        try
        {
            await peer.Install(ct);
            return null;
        }
        catch (InvalidOperationException failed)
        {
            return failed.Message;
        }
    }

    public async Task<Turn> Run(CancellationToken ct)
    {
        await using var database = peer.NeedsDatabase ? await PeerDatabase.Create(stack.Env, peer.Name, ct) : null;
        await using var redis = peer.NeedsRedis ? await RedisServer.Start(stack.Folder, ct) : null;
        await using var meter = await TurnMeter.Begin(stack.Env, database?.ConnectionString, ct);
        try
        {
            var (cold, warm, cpu) = await Measure(Addressed(database, redis), ct);
            return new Turn(cold, warm, await meter.End(options.ColdJobs + (options.WarmUps + 1) * Jobs, cpu, ct));
        }
        finally
        {
            await (peer.Leftovers?.Remove(stack.Env) ?? Task.CompletedTask);
        }
    }

    async Task<(double Cold, double Warm, double CpuMsPerJob)> Measure(ProgramToRun program, CancellationToken ct)
    {
        await using var process = PeerProcess.Start(program);
        await process.Ready(ct);
        var cold = options.ColdJobs / (await process.Round(options.ColdJobs, ct)).TotalSeconds;
        for (var i = 0; i < options.WarmUps; i++)
        {
            await process.Round(Jobs, ct);
        }
        var (elapsed, cpu) = await TurnMeter.Warm(Jobs, () => process.Round(Jobs, ct));
        return (cold, Jobs / elapsed.TotalSeconds, cpu);
    }

    ProgramToRun Addressed(PeerDatabase? database, RedisServer? redis)
    {
        var environment = new Dictionary<string, string>(peer.Program.Environment)
        {
            [PeerAddresses.RabbitMq] = stack.Env.RabbitMq.ToString(),
        };
        if (database is not null)
        {
            environment[PeerAddresses.Postgres] = database.ConnectionString;
            environment[PeerAddresses.PostgresUrl] = database.Url;
        }
        if (redis is not null)
        {
            environment[PeerAddresses.Redis] = redis.Address;
        }
        return peer.Program with { Environment = environment };
    }
}

/// <summary>Environment variables in which a peer finds the servers.</summary>
public static class PeerAddresses
{
    public const string Postgres = "JOBSYSTEM_BENCH_POSTGRES";
    public const string PostgresUrl = "JOBSYSTEM_BENCH_POSTGRES_URL";
    public const string RabbitMq = "JOBSYSTEM_BENCH_RABBITMQ";
    public const string Redis = "JOBSYSTEM_BENCH_REDIS";
}
