using System.Reflection;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Bus;

/// <summary>Identity of this worker: a stable name, and an id that is new at every start.</summary>
sealed class WorkerIdentity
{
    public WorkerIdentity(IOptions<JobWorkerOptions> options, TimeProvider time)
    {
        Name = options.Value.Name;
        StartedAt = time.GetUtcNow();
        // The id is part of a queue's name and of an address
        var plain = string.Concat(Name.Select(x => char.IsAsciiLetterOrDigit(x) || x is '-' or '.' ? x : '-'));
        Id = $"{plain}-{Guid.CreateVersion7().ToString("N")[^10..]}";
    }

    public string Name { get; }
    public string Id { get; }
    public DateTimeOffset StartedAt { get; }
    public string Version { get; } = Assembly.GetEntryAssembly()?.GetName().Version?.ToString(3) ?? "0.0.0";
}
