using System.Globalization;
using JobSystem.Api;
using JobSystem.JobApi.Audit;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Audit;

/// <summary>GET /audit/verify</summary>
static class VerifyAudit
{
    const int HashLength = 64;
    const string ExpectedHash = "the hash of that entry, 64 hexadecimal digits";

    public static async Task<Results<RecordAnswer<AuditVerdict>, ProblemHttpResult>> Handle(
        HttpRequest http, AuditVerification verification, AuditTrail trail, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["after_id", "after_hash"]);
        var id = 0L;
        query.Text("after_id", "the id of the last entry that was archived", x => long.TryParse(x, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id > 0);
        var hash = query.Text("after_hash", ExpectedHash, x => x.Length == HashLength && x.All(char.IsAsciiHexDigitLower));
        if (!errors.Any && (id == 0) != (hash is null))
        {
            errors.Expected(hash is null ? "after_hash" : "after_id", hash is null ? ExpectedHash : "the id of the entry with that hash", "nothing");
        }
        if (errors.Any)
        {
            return errors.ToProblem("Failed to verify the audit trail");
        }
        var result = await verification.Walk(hash is null ? AuditHead.None : new(id, hash), trail.Seen, cancellationToken);
        var verdict = new AuditVerdict
        {
            Valid = result.Broken is null,
            Entries = result.Entries,
            FirstBroken = result.Broken is { } broken ? new() { Id = broken.Id, Reason = $"Entry {broken.Id} {broken.Reason}." } : null,
            LastId = result.End.Id,
            LastHash = result.End.Hash,
        };
        return new RecordAnswer<AuditVerdict>(verdict, ApiJson.Default.AuditVerdict);
    }
}
