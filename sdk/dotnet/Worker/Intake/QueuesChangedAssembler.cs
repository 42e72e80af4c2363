using JobSystem.Contracts;

namespace JobSystem.Worker.Intake;

/// <summary>
/// Assembles announcements of queues that JobApi sends in several messages. Parts from several instances of JobApi may be interleaved, and
/// parts may be lost.
/// </summary>
sealed class QueuesChangedAssembler
{
    /// <summary>Maximum number of incomplete announcements; one with a lost part never becomes complete.</summary>
    const int MaxIncomplete = 8;
    const int MaxParts = 10_000;

    readonly List<(Guid Id, QueuesChanged?[] Parts)> incomplete = [];

    /// <summary>
    /// Adds one message. Returns all parts of the announcement if this message completes it, and none while parts are missing.
    /// </summary>
    public IReadOnlyList<QueuesChanged> Add(QueuesChanged message)
    {
        if (message.Part is not { } part)
        {
            return [message];
        }
        if (part.Count is < 1 or > MaxParts || part.Number < 1 || part.Number > part.Count)
        {
            return [];
        }
        var found = incomplete.FindIndex(x => x.Id == part.NewsId && x.Parts.Length == part.Count);
        if (found < 0)
        {
            if (incomplete.Count == MaxIncomplete)
            {
                incomplete.RemoveAt(0);
            }
            found = incomplete.Count;
            incomplete.Add((part.NewsId, new QueuesChanged?[part.Count]));
        }
        var parts = incomplete[found].Parts;
        parts[part.Number - 1] = message;
        if (Array.Exists(parts, x => x is null))
        {
            return [];
        }
        incomplete.RemoveAt(found);
        return parts!;
    }
}
