using System.Reflection;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Transport;

/// <summary>Identity of this worker: a stable name, and an id that is new at every start.</summary>
sealed class WorkerIdentity
{
    public WorkerIdentity(IOptions<JobWorkerOptions> options, TimeProvider time)
    {
        Name = options.Value.Name;
        StartedAt = time.GetUtcNow();
        // The id is part of a queue's name and of an address
        PlainName = string.Concat(Name.Select(x => char.IsAsciiLetterOrDigit(x) || x is '-' or '.' ? x : '-'));
        Id = $"{PlainName}-{Guid.CreateVersion7().ToString("N")[^10..]}";
    }

    public string Name { get; }

    /// <summary>The name with nothing in it that an address cannot have.</summary>
    public string PlainName { get; }

    /// <summary>Set by a transport that gets its id from JobSystem.</summary>
    public string Id { get; set; }
    public DateTimeOffset StartedAt { get; }
    public string Version { get; } = Assembly.GetEntryAssembly()?.GetName().Version?.ToString(3) ?? "0.0.0";
}
