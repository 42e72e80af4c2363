using JobSystem.Contracts;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tasks;

/// <summary>All versions of a task, the preferred one first, with their argument schemas.</summary>
sealed class TaskEntry
{
    readonly Dictionary<string, ArgumentSchema> byVersion = new(StringComparer.Ordinal);
    readonly ArgumentSchema? unversioned;

    public TaskEntry(KnownTask[] versions, Func<KnownTask, string, ArgumentSchema?> compile)
    {
        Versions = versions;
        foreach (var known in versions)
        {
            if (Agreed(known.Schemas) is { } hash && hash == KnownTasks.ParametersHash(known.Task) && compile(known, hash) is { } schema)
            {
                byVersion[known.Task.Version] = schema;
            }
        }
        unversioned = Unversioned();
    }

    public KnownTask[] Versions { get; }

    /// <summary>The schema on which all live workers that can run the job agree; null if they differ, if one has none, or if there is no worker.</summary>
    public ArgumentSchema? SchemaFor(string? version) => version is null ? unversioned : byVersion.GetValueOrDefault(version);

    /// <summary>A worker runs jobs without a version with its highest version of the task.</summary>
    ArgumentSchema? Unversioned()
    {
        var highest = new Dictionary<string, KnownTask>(StringComparer.Ordinal);
        foreach (var known in Versions.OrderBy(x => x.Task.Version, Comparer<string>.Create(TaskVersions.Compare)))
        {
            foreach (var worker in known.Workers)
            {
                highest[worker] = known;
            }
        }
        var schemas = highest.Values.Distinct().Select(x => byVersion.GetValueOrDefault(x.Task.Version)).Distinct().ToList();
        return schemas.Count == 1 ? schemas[0] : null;
    }

    static string? Agreed(IReadOnlyList<string?> hashes) => hashes.Count > 0 && hashes.All(x => x == hashes[0]) ? hashes[0] : null;
}
