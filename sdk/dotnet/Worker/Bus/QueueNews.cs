using JobSystem.Contracts;

namespace JobSystem.Worker.Bus;

/// <summary>Assembles announcements that JobApi sends in several messages. Parts of several instances may be interleaved, and parts may be lost.</summary>
sealed class QueueNews
{
    /// <summary>Limit of incomplete announcements; one with a lost part never becomes complete.</summary>
    const int MostOpen = 8;
    const int MostParts = 10_000;

    readonly List<(Guid Id, QueuesChanged?[] Parts)> open = [];

    /// <returns>All parts of the news that this message completes; none while some are missing.</returns>
    public IReadOnlyList<QueuesChanged> Take(QueuesChanged message)
    {
        if (message.Part is not { } part)
        {
            return [message];
        }
        if (part.Count is < 1 or > MostParts || part.Number < 1 || part.Number > part.Count)
        {
            return [];
        }
        var found = open.FindIndex(x => x.Id == part.NewsId && x.Parts.Length == part.Count);
        if (found < 0)
        {
            if (open.Count == MostOpen)
            {
                open.RemoveAt(0);
            }
            found = open.Count;
            open.Add((part.NewsId, new QueuesChanged?[part.Count]));
        }
        var parts = open[found].Parts;
        parts[part.Number - 1] = message;
        if (Array.Exists(parts, x => x is null))
        {
            return [];
        }
        open.RemoveAt(found);
        return parts!;
    }
}
