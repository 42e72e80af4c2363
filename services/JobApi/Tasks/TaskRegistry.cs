using System.Collections.Frozen;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Tasks;

/// <summary>
/// The tasks that executors have announced, kept in memory because every submission asks for one. It is read again after an
/// announcement, when a look-up misses, and every few seconds, since other instances hear announcements too.
/// </summary>
public sealed class TaskRegistry(IJobStore store, TimeProvider time, ILoggerFactory loggers) : BackgroundDuty, IDisposable
{
    const int MostSchemas = 10_000;
    static readonly TimeSpan interval = TimeSpan.FromSeconds(5);
    readonly SemaphoreSlim turn = new(1, 1);
    readonly Dictionary<string, ArgumentSchema?> schemas = new(StringComparer.Ordinal);
    readonly ParameterConflicts conflicts = new(time, loggers.CreateLogger<ParameterConflicts>());
    volatile FrozenDictionary<string, TaskEntry> byName = FrozenDictionary<string, TaskEntry>.Empty;
    long readSince = long.MinValue;

    /// <summary>All versions of a task, the preferred one first; empty if the task was never announced.</summary>
    public IReadOnlyList<KnownTask> Versions(string name) => byName.TryGetValue(name, out var entry) ? entry.Versions : [];

    /// <summary>The task of that version; without a version the preferred one.</summary>
    public KnownTask? Find(string name, string? version)
    {
        if (!byName.TryGetValue(name, out var entry))
        {
            return null;
        }
        return version is null ? entry.Versions[0] : Array.Find(entry.Versions, x => x.Task.Version == version);
    }

    /// <summary>
    /// What is wrong with the arguments of a job; nothing when the workers do not agree on what they have to be. See <see cref="TaskEntry.SchemaFor"/>.
    /// </summary>
    /// <param name="args">JSON text: an array, or null for none.</param>
    /// <param name="kwargs">JSON text: an object, or null for none.</param>
    public async ValueTask<IReadOnlyList<ArgumentProblem>> Compare(
        string name, string? version, string? args, string? kwargs, CancellationToken cancellationToken)
    {
        if (Compare(name, version, args, kwargs) is { Count: 0 } none)
        {
            return none;
        }
        // A worker may have announced a change to another instance
        await Refresh(cancellationToken);
        return Compare(name, version, args, kwargs);
    }

    IReadOnlyList<ArgumentProblem> Compare(string name, string? version, string? args, string? kwargs)
    {
        if (!byName.TryGetValue(name, out var entry) || entry.SchemaFor(version) is not { } schema)
        {
            return [];
        }
        using var list = Parse(args);
        using var members = Parse(kwargs);
        return schema.Check(list?.RootElement, members?.RootElement);
    }

    static JsonDocument? Parse(string? json) => json is null ? null : JsonDocument.Parse(json);

    /// <summary>All tasks by name, each with its preferred version first.</summary>
    public IReadOnlyList<KnownTask> All() => [.. byName.OrderBy(x => x.Key, StringComparer.Ordinal).SelectMany(x => x.Value.Versions)];

    /// <summary>Reads the tasks that were announced before this call. Concurrent callers share one read.</summary>
    public async Task Refresh(CancellationToken cancellationToken)
    {
        var called = time.GetTimestamp();
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (readSince < called)
            {
                await Read(cancellationToken);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Stores an announcement and updates the registry.</summary>
    public async Task Announce(string workerId, IReadOnlyList<AnnouncedTask> tasks, CancellationToken cancellationToken)
    {
        await store.AnnounceTasks(workerId, tasks, cancellationToken);
        await turn.WaitAsync(cancellationToken);
        try
        {
            await Read(cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    async Task Read(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        var tasks = await store.Tasks(cancellationToken);
        if (schemas.Count > MostSchemas)
        {
            schemas.Clear();
        }
        byName = tasks.GroupBy(x => x.Task.Name, StringComparer.Ordinal)
            .ToFrozenDictionary(x => x.Key, x => new TaskEntry([.. x.Order(Preference.Instance)], Compile), StringComparer.Ordinal);
        readSince = since;
        conflicts.Note(tasks);
    }

    /// <summary>Caches parsed schemas across reads.</summary>
    ArgumentSchema? Compile(KnownTask known, string hash)
    {
        if (!schemas.TryGetValue(hash, out var schema))
        {
            schemas[hash] = schema = ArgumentSchema.Read(known.Task.Parameters);
        }
        return schema;
    }

    /// <summary>The first time at once.</summary>
    protected override Task Wait(CancellationToken stoppingToken) =>
        readSince == long.MinValue ? Task.CompletedTask : Task.Delay(interval, time, stoppingToken);

    protected override Task Work(CancellationToken stoppingToken) => Refresh(stoppingToken);

    public void Dispose() => turn.Dispose();

    /// <summary>Versions with live workers first, then higher versions first.</summary>
    sealed class Preference : IComparer<KnownTask>
    {
        public static readonly Preference Instance = new();

        public int Compare(KnownTask? a, KnownTask? b)
        {
            var live = (b!.Workers.Count > 0).CompareTo(a!.Workers.Count > 0);
            return live != 0 ? live : TaskVersions.Compare(b.Task.Version, a.Task.Version);
        }
    }
}
