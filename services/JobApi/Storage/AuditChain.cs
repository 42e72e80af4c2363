using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// What ties the entries together: each hash is the SHA-256 of the hash before it and of the entry's own values. docs/security.md has the
/// rule, so that anybody can check it without this code.
/// </summary>
static class AuditChain
{
    /// <summary>Previous hash of the first entry.</summary>
    public const string Start = "0000000000000000000000000000000000000000000000000000000000000000";

    public static string Hash(AuditRow row)
    {
        var text = new StringBuilder(512).Append(row.PreviousHash);
        foreach (var value in (ReadOnlySpan<string?>)
            [
                Invariant(row.Id), row.EntryKey.ToString(), row.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
                row.Actor, row.Credential, row.Surface, row.Action, row.ObjectType, row.ObjectId, row.Address, row.Outcome,
                row.Status is { } status ? Invariant(status) : null, row.Code, row.Details, row.TraceId,
            ])
        {
            Append(text, value);
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Includes the length, so that different values give different texts.</summary>
    static void Append(StringBuilder text, string? value)
    {
        if (value is null)
        {
            text.Append('-');
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(value)}:").Append(value);
        }
        text.Append(',');
    }

    static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
