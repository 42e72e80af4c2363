using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using JobSystem.Bench.Stack;
using Npgsql;

namespace JobSystem.Bench.Meters;

/// <summary>Where a figure comes from: commit, machine, versions, and every setting that trades safety for speed.</summary>
public static class Surroundings
{
    static readonly string[] Settings =
        ["fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "wal_level", "commit_delay", "shared_buffers", "max_connections", "shared_preload_libraries"];

    public static async Task<Dictionary<string, string>> Environment(BenchStack stack, BenchOptions options, CancellationToken ct)
    {
        using var broker = new BrokerMeter(stack.Env);
        using var overview = await broker.Get("/api/overview", ct);
        return new Dictionary<string, string>
        {
            ["commit"] = await Git("rev-parse", "--short", "HEAD") + (await Git("status", "--porcelain", "--untracked-files=no") is "" ? "" : " with local changes"),
            ["machine"] = string.Create(CultureInfo.InvariantCulture,
                $"{System.Environment.ProcessorCount} cores, {CpuModel()}, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1024.0 / 1024 / 1024:F1} GiB"),
            ["system"] = RuntimeInformation.OSDescription,
            [".NET"] = RuntimeInformation.FrameworkDescription,
            ["PostgreSQL"] = await Scalar(stack.Env, "show server_version", ct),
            ["RabbitMQ"] = overview.RootElement.GetProperty("rabbitmq_version").GetString()!,
            ["stack"] = stack.IsOwn ? $"started for this run: {options.JobApis} JobApi, {options.Executors} executor, {options.Slots} slots each" : "given with --env",
        };
    }

    public static async Task<Dictionary<string, string>> Durability(StackEnv env, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>();
        foreach (var name in Settings)
        {
            settings[name] = await Scalar(env, "show " + name, ct);
        }
        settings["weaker for some role"] = await Scalar(env,
            "select coalesce(string_agg(array_to_string(setconfig, ' '), '; '), 'none') from pg_db_role_setting where array_to_string(setconfig, ' ') ~ 'synchronous_commit|fsync'", ct);
        settings["unlogged tables"] = await Scalar(env, "select coalesce(string_agg(relname, ', '), 'none') from pg_class where relpersistence = 'u'", ct);
        settings["data on"] = FileSystem(await Scalar(env, "show data_directory", ct));
        using var broker = new BrokerMeter(env);
        await AddQueues(settings, broker, ct);
        return settings;
    }

    static async Task AddQueues(Dictionary<string, string> settings, BrokerMeter broker, CancellationToken ct)
    {
        using var queues = await broker.Get("/api/queues", ct);
        var all = queues.RootElement.EnumerateArray().ToLookup(q => q.GetProperty("durable").GetBoolean(), q => q.GetProperty("name").GetString()!);
        settings["durable queues"] = string.Join(", ", all[true].Order());
        settings["transient queues"] = string.Join(", ", all[false].Order());
        using var consumers = await broker.Get("/api/consumers", ct);
        settings["consumers"] = string.Join(", ", consumers.RootElement.EnumerateArray().Select(Consumer).Order().Distinct());
    }

    static string Consumer(JsonElement consumer) =>
        $"{consumer.GetProperty("queue").GetProperty("name").GetString()} prefetch {consumer.GetProperty("prefetch_count").GetInt32()} {(consumer.GetProperty("ack_required").GetBoolean() ? "acknowledged" : "NO ACK")}";

    static string FileSystem(string path)
    {
        // the longest mount point that the path begins with
        var mount = File.ReadLines("/proc/mounts").Select(line => line.Split(' '))
            .Where(m => path.StartsWith(m[1].TrimEnd('/') + "/", StringComparison.Ordinal)).MaxBy(m => m[1].Length);
        return mount is null ? path : $"{mount[2]} ({mount[0]})";
    }

    static string CpuModel() => File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    static async Task<string> Scalar(StackEnv env, string sql, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(env.Postgres);
        await using var command = source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    static async Task<string> Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = BenchStack.RepositoryRoot(), RedirectStandardOutput = true })!;
        var output = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        return output.Trim();
    }
}
