using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Audit;

/// <summary>Result of verifying the chain.</summary>
/// <param name="Broken">The first entry that is not what it was; null when all are.</param>
/// <param name="End">The last entry that was looked at and found well.</param>
public sealed record AuditVerificationResult(long Entries, BrokenLink? Broken, AuditHead End);

public sealed record BrokenLink(long Id, string Reason);

/// <summary>Verifies the chain from its beginning, or from the first entry after the archived ones, to its end at the start of the verification.</summary>
public sealed class AuditVerification(AuditQueries audit)
{
    const int PageSize = 500;

    /// <param name="archived">The last entry that was taken out of the table; <see cref="AuditHead.None"/> when none was.</param>
    /// <param name="seen">An entry that is known to have been the end.</param>
    public async Task<AuditVerificationResult> Walk(AuditHead archived, AuditHead seen, CancellationToken cancellationToken)
    {
        var end = await audit.LastId(cancellationToken);
        var (head, entries) = (archived, 0L);
        while (head.Id < end)
        {
            foreach (var row in await audit.Chain(head.Id, PageSize, cancellationToken))
            {
                if (FindBreak(row, head, seen) is { } broken)
                {
                    return new(entries, broken, head);
                }
                (head, entries) = (new(row.Id, row.Hash), entries + 1);
                if (head.Id >= end)
                {
                    break;
                }
            }
        }
        return new(entries, head.Id < seen.Id ? new(head.Id + 1, $"is missing: the trail ended with entry {seen.Id}") : null, head);
    }

    static BrokenLink? FindBreak(AuditRow row, AuditHead head, AuditHead seen)
    {
        if (row.Id != head.Id + 1)
        {
            return new(head.Id + 1, head.Id == 0 ? $"is missing: the trail begins with entry {row.Id}" : $"is missing: entry {row.Id} follows entry {head.Id}");
        }
        if (AuditChain.Hash(row) != row.Hash)
        {
            return new(row.Id, "is not what it was: its values do not give its hash");
        }
        if (row.PreviousHash != head.Hash)
        {
            // This entry is valid in itself, so the other one was replaced
            return head.Id == 0 ? new(row.Id, "does not begin the chain") : new(head.Id, $"is not what it was: entry {row.Id} names another hash");
        }
        return row.Id == seen.Id && row.Hash != seen.Hash ? new(row.Id, "is not what it was: this process has written it with another hash") : null;
    }
}
