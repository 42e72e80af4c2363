using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tasks;

/// <summary>
/// Says which tasks have workers that announce different parameters for the same version: their arguments are not checked, and what one worker refuses another
/// one runs. While workers are replaced one after another this is normal for a while.
/// </summary>
sealed partial class ParameterConflicts(TimeProvider time, ILogger<ParameterConflicts> logger)
{
    static readonly TimeSpan tolerance = TimeSpan.FromMinutes(1);
    readonly Dictionary<(string Name, string Version), (long Since, bool IsLogged)> known = [];

    /// <summary>Called after each read of the tasks, by one caller at a time.</summary>
    public void Note(IEnumerable<KnownTask> tasks)
    {
        var found = tasks.Where(x => x.Schemas.Distinct().Count() > 1).Select(x => (x.Task.Name, x.Task.Version)).ToHashSet();
        foreach (var gone in known.Keys.Where(x => !found.Contains(x)).ToList())
        {
            known.Remove(gone);
        }
        foreach (var conflict in found)
        {
            var (since, isLogged) = known.GetValueOrDefault(conflict, (time.GetTimestamp(), false));
            var isDue = !isLogged && time.GetElapsedTime(since) >= tolerance;
            if (isDue)
            {
                LogConflict(conflict.Name, conflict.Version);
            }
            known[conflict] = (since, isLogged || isDue);
        }
    }

    [LoggerMessage(2042, LogLevel.Warning,
        "Workers announce different parameters for {TaskName} version {Version}, so its arguments are not checked: stop the old ones or change the version")]
    partial void LogConflict(string taskName, string version);
}
