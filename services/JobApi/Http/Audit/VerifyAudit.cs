using System.Globalization;
using JobSystem.JobApi.Audit;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Audit;

/// <summary>GET /audit/verify</summary>
static class VerifyAudit
{
    const int HashLength = 64;
    const string ExpectedHash = "the hash of that entry, 64 hexadecimal digits";

    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(HttpRequest http, AuditVerification verification, AuditTrail trail, CancellationToken cancellationToken)
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
        var verdict = await verification.Walk(hash is null ? AuditHead.None : new(id, hash), trail.Seen, cancellationToken);
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("valid"u8, verdict.Broken is null);
            json.WriteNumber("entries"u8, verdict.Entries);
            if (verdict.Broken is { } broken)
            {
                json.WriteStartObject("first_broken"u8);
                json.WriteNumber("id"u8, broken.Id);
                json.WriteString("reason"u8, $"Entry {broken.Id} {broken.Reason}.");
                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("first_broken"u8);
            }
            json.WriteNumber("last_id"u8, verdict.End.Id);
            json.WriteString("last_hash"u8, verdict.End.Hash);
            json.WriteEndObject();
        });
    }
}
