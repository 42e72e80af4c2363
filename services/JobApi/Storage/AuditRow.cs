using System.Text;
using JobSystem.ServiceDefaults.Audit;

namespace JobSystem.JobApi.Storage;

/// <summary>An entry of the audit chain. The database prevents changes and removals.</summary>
public sealed class AuditRow
{
    const int Longest = 200;
    const int LongestDetails = 256 * 1024;

    /// <summary>1, 2, 3, … without gaps.</summary>
    public long Id { get; init; }
    public Guid EntryKey { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Actor { get; init; }
    public required string Credential { get; init; }
    public required string Surface { get; init; }
    public required string Action { get; init; }
    public string? ObjectType { get; init; }
    public string? ObjectId { get; init; }
    public string? Address { get; init; }
    public required string Outcome { get; init; }
    public int? Status { get; init; }
    public string? Code { get; init; }
    public string? Details { get; init; }
    public string? TraceId { get; init; }

    /// <summary>Of the entry with the id before this one.</summary>
    public required string PreviousHash { get; init; }
    public string Hash { get; private set; } = "";

    public static AuditRow After(AuditHead head, AuditEntry entry)
    {
        var row = new AuditRow
        {
            Id = head.Id + 1,
            EntryKey = entry.Key,
            At = Rfc3339.ToMicroseconds(entry.At),
            Actor = Storable(entry.Actor)!,
            Credential = Storable(entry.Credential)!,
            Surface = Storable(entry.Surface)!,
            Action = Storable(entry.Action)!,
            ObjectType = Storable(entry.ObjectType),
            ObjectId = Storable(entry.ObjectId),
            Address = Storable(entry.Address),
            Outcome = Storable(entry.Outcome)!,
            Status = entry.Status,
            Code = Storable(entry.Code),
            Details = entry.Details is { Length: > LongestDetails } much ? $"{{\"omitted\":{much.Length}}}" : Storable(entry.Details, LongestDetails),
            TraceId = Storable(entry.TraceId),
            PreviousHash = head.Hash,
        };
        row.Hash = AuditChain.Hash(row);
        return row;
    }

    /// <summary>Makes caller-supplied texts storable.</summary>
    static string? Storable(string? text, int longest = Longest)
    {
        if (text is null)
        {
            return null;
        }
        text = text.Length <= longest ? text : text[..longest];
        // Halves of surrogate pairs become U+FFFD on the way through UTF-8
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace("\0", "", StringComparison.Ordinal)));
    }
}

/// <summary>The last entry of the chain.</summary>
public sealed record AuditHead(long Id, string Hash)
{
    public static readonly AuditHead None = new(0, AuditChain.Start);
}
